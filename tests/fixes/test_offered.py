"""Does `check` say which findings a fix would mend, which want helpers first, and which are for a person?"""

from __future__ import annotations

import json
from pathlib import Path

from sst_lint.catalogue import load_rules
from sst_lint.engine import Options, check
from sst_lint.fixes.plan import FIXERS
from sst_lint.fixes.suggestions import SUGGESTIONS
from sst_lint.output.machine import render_json
from sst_lint.output.style import Style
from sst_lint.output.text import render_concise, render_text

CODE = """\
import json
import time


def save(target, data):
    with open(target / "data.json", "w", encoding="utf-8") as handle:
        json.dump(data, handle)


def newest(folder):
    return max(folder.glob("*.json"), key=lambda path: path.stat().st_mtime)
"""


def test_marks_and_figures(tmp_path: Path) -> None:
    (tmp_path / "module.py").write_text(CODE)
    (tmp_path / "sst-lint.toml").write_text('helpers = "acme.io"\n')
    report = check([tmp_path], Options(fixes=True))
    lines = render_concise(report, Style()).splitlines()
    assert [line.split(" ")[1:3] for line in lines] == [
        ["SST101", "[*]"],
        ["SST103", "`json.dump`"],
        ["SST206", lines[2].split(" ")[2]],
    ]
    text = render_text(report, Style())
    assert text.count("unsafe fix") == 1 and text.count("; safe fix") == 1
    assert f"suggested: {SUGGESTIONS['SST206']}" in text
    assert text.endswith("1 fixable with `sst-lint fix` (1 more with --unsafe-fixes).\n")
    fixes = [each["fix"] for each in json.loads(render_json(report, Style()))["findings"]]
    assert [fix["safety"] for fix in fixes] == ["safe", "unsafe", "suggested"]
    assert [bool(fix["edits"]) for fix in fixes] == [True, True, False]


def test_without_helpers_it_says_so(tmp_path: Path) -> None:
    (tmp_path / "module.py").write_text(CODE)
    (tmp_path / "sst-lint.toml").write_text("")
    text = render_text(check([tmp_path], Options(fixes=True)), Style())
    assert (
        "0 fixable with `sst-lint fix` (1 more with --unsafe-fixes, 1 more with helpers, see `sst-lint vendor`)."
        in text
    )
    assert "needs the helper" not in text


def test_a_check_alone_does_not_look_for_fixes(tmp_path: Path) -> None:
    (tmp_path / "module.py").write_text(CODE)
    (tmp_path / "sst-lint.toml").write_text("")
    assert all(finding.fix is None for finding in check([tmp_path], Options()).findings)


def test_every_rule_says_what_its_fix_does() -> None:
    """A rule with a fix says how safe the best of it is; one without says what a person can do."""
    for rule in load_rules():
        if rule.code in FIXERS or (rule.code in SUGGESTIONS and rule.default):
            assert rule.fix.split(":")[0].split(",")[0].strip() in ("Safe", "Unsafe", "Suggested"), rule.code
        else:
            assert not rule.fix, rule.code


def test_a_number_that_was_counted_is_for_a_person(tmp_path: Path) -> None:
    """`exist_ok=True` would give two runs that count at the same time one directory."""
    (tmp_path / "module.py").write_text(
        "def fresh(base):\n"
        "    folder = base / str(len(list(base.iterdir())))\n"
        "    folder.mkdir()\n"
        "    spare = base / 'spare'\n"
        "    if not spare.exists():\n"
        "        spare.mkdir()\n"
    )
    found = json.loads(render_json(check([tmp_path], Options(fixes=True)), Style()))["findings"]
    assert [(each["rule"], each["line"], each["fix"]["safety"]) for each in found if each["rule"] == "SST112"] == [
        ("SST112", 3, "suggested"),
        ("SST112", 6, "unsafe"),
    ]
