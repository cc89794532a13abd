"""Does the linker know every file that `sst-lint vendor` writes as a copy of the runtime?"""

from __future__ import annotations

from sst_lint.facts import extract
from sst_lint.fixes.vendoring import rendered
from sst_lint.flow import FileFacts
from sst_lint.source.units import split_units


def is_copy(text: str) -> bool:
    unit = split_units(text)[0]
    return FileFacts("pkg/_sst/x.py", ((unit, extract(unit)),)).is_copy


def test_what_vendor_writes_is_a_copy_and_nothing_else_is() -> None:
    files = {name: content.decode() for name, content in rendered().items() if name.endswith(".py")}
    assert len(files) > 5
    assert [name for name, text in files.items() if not is_copy(text)] == []
    originals = {name: text.split("vendor --check`.\n", 1)[1] for name, text in files.items()}
    assert [name for name, text in originals.items() if is_copy(text)] == []
