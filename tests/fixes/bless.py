"""Write the expected bytes beside the cases of fixes: ``python -m tests.fixes.bless``. Then read the difference."""

from __future__ import annotations

import tempfile
from pathlib import Path

from tests.fixes.fixing import CASES, expected, run_copy


def main() -> None:
    """Bless what the fixes make of each case today."""
    for case in sorted((CASES / "fixes").glob("*.py")):
        for safe in (False, True):
            with tempfile.TemporaryDirectory() as directory:
                after = run_copy(case, Path(directory), unsafe=not safe).after[case.name]
            expected(case, safe=safe).write_bytes(after)


if __name__ == "__main__":
    main()
