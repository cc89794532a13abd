"""The command. Everything heavy is imported by the verb that needs it, so that ``--version`` is quick."""

from __future__ import annotations

import gc
import sys
from collections.abc import Sequence
from typing import NoReturn


def main(arguments: Sequence[str] | None = None) -> NoReturn:
    """Run the command line and exit: 0 clean, 1 findings, 2 usage, configuration or internal error, 130 interrupt."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    if words in (["--version"], ["-V"]):
        from sst_lint import __version__

        print(f"sst-lint {__version__}")  # nothing at all where stdout is closed
        sys.exit(0)
    try:
        from sst_lint.cli.app import run
    except KeyboardInterrupt:
        sys.exit(130)
    code = run(words)
    gc.freeze()  # at its end the interpreter looks for garbage once more, among everything that there is
    sys.exit(code)
