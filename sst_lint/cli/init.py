"""``sst-lint init``: look at a project, propose how to set it up, and write that after a yes."""

from __future__ import annotations

import difflib
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from sst_lint.cli.teaching import closing
from sst_lint.cli.terminal import UsageProblem, check_writable, print_result, say, write_file

if TYPE_CHECKING:
    from sst_lint.adoption import Look, Plan, Proposal
    from sst_lint.engine import Examined, Options

_RULES = 6  #: as many stand in the line about findings
#: What may be left out; ``adoption.plan.Part`` has the same.
PARTS = ("config", "helpers", "baseline", "hook", "ci")
_EPILOG = closing(
    "0 written or nothing to write",
    ("sst-lint init --dry-run", "what it would write, and nothing else"),
    ("sst-lint init", "the same, written after a yes"),
    ("sst-lint init --yes --skip ci", "without a question, but for CI"),
    ("sst-lint init --ci gitlab --vendor", "for GitLab, with a copy of the helpers"),
)


@click.command("init", epilog=_EPILOG)
@click.argument("project", type=click.Path(path_type=Path), default=Path())
@click.option("--yes", "-y", is_flag=True, help="Write without asking.")
@click.option("--dry-run", is_flag=True, help="Show every line that would be written, and write nothing.")
@click.option("--skip", multiple=True, type=click.Choice(PARTS), help="Leave this out; may be repeated.")
@click.option(
    "--ci", type=click.Choice(["auto", "github", "gitlab", "script"]), default="auto", help="For which CI; auto: found."
)
@click.option("--vendor", is_flag=True, help="Copy the runtime helpers into the package too, for fixes to import.")
def command(project: Path, yes: bool, dry_run: bool, skip: tuple[str, ...], ci: str, vendor: bool) -> int:
    """Set a project up: configuration, baseline, pre-commit hook and CI, after a yes.

    PROJECT is a directory, by default the working directory. Files that are there are never overwritten: the
    configuration is added to the end of pyproject.toml, and for all else that is there already `init` says what to add.
    """
    from sst_lint.adoption import look, plan

    root = _root(project)
    seen = look(root, _examined(root))
    if not seen.files:
        raise UsageProblem(f"{project}: there are no Python files to check")
    wanted = plan(seen, skip, ci, vendor)
    print_result(_as_text(seen, wanted))
    if not wanted.proposals:
        return 0
    if dry_run:
        print_result("".join(f"\n{_diff(each)}" for each in wanted.proposals))
        return 0
    if not yes and not _agreed():
        say("nothing was written")
        return 0
    for each in wanted.proposals:
        _write(each, root)
    print_result("Commit these files. `sst-lint check` now fails for what is new; `sst-lint doctor` looks all over.\n")
    return 0


def _root(project: Path) -> Path:
    """The root that is set up; ``UsageProblem`` for places that are no project."""
    from sst_lint.adoption.look import root_of

    if not project.exists():
        raise UsageProblem(f"{project}: no such file or directory")
    root = root_of(project if project.is_dir() else project.parent)
    if root == Path(root.anchor) or root.resolve() == Path.home().resolve():
        raise UsageProblem(f"{root}: is {'your home directory' if root.parent != root else 'the root'}, no project")
    return root


def _examined(root: Path) -> Examined:
    from sst_lint.catalogue import CatalogueError
    from sst_lint.checks.own import OwnCheckError
    from sst_lint.config import ConfigError, load_config
    from sst_lint.engine import examine, survey
    from sst_lint.findings.baseline import BaselineError

    try:
        named = load_config(root).baseline
        examined = (survey if named and (root / named).exists() else examine)(root, _options())
    except (ConfigError, CatalogueError, OwnCheckError, BaselineError) as error:
        raise UsageProblem(str(error)) from error
    for problem in examined.problems:
        say(f"error: {problem}")
    if examined.problems:
        raise UsageProblem(f"{os.path.relpath(root)}: nothing is proposed, because the run is not complete")
    return examined


def _options() -> Options:
    """Use what is known, and as many processes as fit."""
    from sst_lint.engine import Options

    return Options(jobs=0, cache=True)


def _agreed() -> bool:
    """Ask; ``UsageProblem`` when there is nobody to answer."""
    try:
        return click.confirm("Write these?", default=False, err=True)
    except click.Abort:
        if sys.stdin is not None and sys.stdin.isatty():
            raise
        raise UsageProblem("nobody answered, so nothing was written: --yes writes, --dry-run shows") from None


def _as_text(seen: Look, wanted: Plan) -> str:
    from sst_lint.output.style import count, escape

    lines = [f"{escape(seen.root.name)}: {count(seen.files, 'file')}, {count(seen.lines, 'line')}", ""]
    lines += [f"  {name:<13}{escape(text)}" for name, text in _facts(seen) if text]
    lines += ["", "To write:" if wanted.proposals else "Nothing to write."]
    for each in wanted.proposals:
        how = "new" if each.old is None else f"+{each.text.count(chr(10)) - each.old.count(chr(10))} lines"
        place = os.path.relpath(each.place / each.path, seen.root).replace(os.sep, "/")
        lines.append(f"  {escape(place):<32} {how:<9} {each.why}")
    if wanted.advice:
        lines += ["", "By hand:"]
        lines += [f"  - {escape_lines(each)}" for each in wanted.advice]
    return "\n".join(lines) + "\n"


def escape_lines(text: str) -> str:
    """Text of several lines, harmless; all but the first are to be copied as they stand."""
    from sst_lint.output.style import escape

    return "\n".join(escape(line) for line in text.split("\n"))


def _facts(seen: Look) -> list[tuple[str, str]]:
    """What was seen, a line each."""
    habits, ranked = seen.habits, sorted(seen.rules, key=lambda each: (-each[1], each[0]))
    rules = ", ".join(
        [*(f"{rule} {number:,}" for rule, number in ranked[:_RULES]), *(["..."] if ranked[_RULES:] else [])]
    )
    writers = [f"{each.path}:{each.line} {each.name}" for each in habits.writers]
    runtime = "sst-lint is among them" if "sst-lint" in seen.dependencies else "sst-lint is not among them"
    return [
        ("configured", seen.configured),
        ("packages", _some(seen.packages)),
        ("tools", ", ".join(seen.tools)),
        ("CI", ", ".join(seen.hosts)),
        ("logs with", ", ".join(f"{name} ({number} modules)" for name, number in habits.loggers)),
        ("whole files", _some(writers) and f"written by {_some(writers)}"),
        ("in order", _some(habits.listers) and f"listed by {_some(habits.listers)}"),
        ("waivers", ", ".join(f"{word} ({number})" for word, number in seen.comments.waivers)),
        ("reasons for", ", ".join(f"{entry} ({number})" for entry, number in seen.comments.accepted)),
        ("dependencies", f"{len(seen.dependencies)}; {runtime}" if seen.dependencies else ""),
        ("not read", f"{seen.unread} files" if seen.unread else ""),
        ("findings", f"{seen.findings:,} ({rules})" if seen.findings else "none"),
    ]


def _some(names: list[str] | tuple[str, ...]) -> str:
    more = f" and {len(names) - 3} more" if len(names) > 3 else ""
    return ", ".join(names[:3]) + more


def _diff(each: Proposal) -> str:
    from sst_lint.output.style import escape

    if each.part in ("baseline", "helpers"):
        return f"{each.path}: {each.why}\n"
    old = (each.old or "").splitlines()
    before = each.path if each.old is not None else "/dev/null"
    lines = difflib.unified_diff(old, each.text.splitlines(), before, each.path, lineterm="")
    return "".join(f"{escape(line)}\n" for line in lines)


def _write(each: Proposal, root: Path) -> None:
    """Write one file, unless somebody else did since the plan was made."""
    file = each.place / each.path
    if os.path.lexists(file) if each.old is None else _read(file) != each.old:
        raise UsageProblem(f"{each.path}: was written by somebody else meanwhile; nothing more was done")
    if each.part == "helpers":
        _vendor(file)
    elif each.part == "baseline":
        _write_baseline(root, each.path)
    else:
        file.parent.mkdir(parents=True, exist_ok=True)
        check_writable(file)
        write_file(file, each.text)
        if each.path.endswith(".sh"):
            file.chmod(0o755)
    print_result(f"wrote {os.path.relpath(file)}\n")


def _read(file: Path) -> str | None:
    try:
        return file.read_bytes().decode("utf-8")
    except (OSError, UnicodeDecodeError):
        return None


def _vendor(directory: Path) -> None:
    from sst_lint.fixes.vendoring import VendorError, vendor

    try:
        vendor(directory)
    except VendorError as error:
        raise UsageProblem(str(error)) from error


def _write_baseline(root: Path, name: str) -> None:
    """The findings under the configuration that was just written."""
    from sst_lint.engine import compare_project
    from sst_lint.findings.baseline import Baseline, entries_of, render

    compared, problems = compare_project(root, _options(), Baseline(name))
    if problems:
        raise UsageProblem(f"{name}: not written, because the run is not complete: {problems[0]}")
    write_file(root / name, render(entries_of(compared.findings)))
