"""``sst-lint matrix``: every write, every except clause, every unordered iteration, and whether the files say so."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click

from sst_lint.cli.teaching import closing, complete_matrices
from sst_lint.cli.terminal import UsageProblem, check_writable, print_result, say, write_file

if TYPE_CHECKING:
    from sst_lint.config import Config
    from sst_lint.engine import Examined
    from sst_lint.matrices import Matrix
    from sst_lint.matrices.compare import Style

_NAMES = ("writes", "exceptions", "order")
_DEFAULTS = {
    "writes": "WRITE_LOCATIONS_MATRIX.md",
    "exceptions": "EXCEPTIONS_MATRIX.md",
    "order": "ORDER_MATRIX.md",
}
_FORMATS = ("md", "json", "csv")
_WORDS = ("bad", "suppressed", "known", "unsure", "off", "ok")


@dataclass(frozen=True)
class _Asked:
    """How a matrix is to look, as far as it was said."""

    form: str | None
    group_by: str | None
    lines: bool
    only: tuple[str, ...]


_EPILOG = closing(
    "0 printed, written or current, 1 --check: out of date",
    ("sst-lint matrix writes", "every write, with verdict and evidence"),
    ("sst-lint matrix exceptions --only bad", "the clauses that are findings"),
    ("sst-lint matrix order --update", "write the committed file"),
    ("sst-lint matrix --check", "are all committed files current?"),
)


@click.command("matrix", epilog=_EPILOG)
@click.argument("name", metavar="[writes|exceptions|order]", required=False, shell_complete=complete_matrices)
@click.argument("project", type=click.Path(path_type=Path), required=False)
@click.option(
    "--format", "form", type=click.Choice(_FORMATS), help="By default Markdown, or what the file's name says."
)
@click.option("--output", "-o", type=click.Path(path_type=Path), metavar="FILE", help="In place of the committed file.")
@click.option("--group-by", type=click.Choice(["file", "function", "kind"]), help="What the tables of Markdown go by.")
@click.option("--only", multiple=True, type=click.Choice(_WORDS), help="Rows of this verdict; may be repeated.")
@click.option("--lines", is_flag=True, help="Show line numbers; then an edit rewrites more than its own rows.")
@click.option("--check", "checks", is_flag=True, help="Compare with the committed file; exit 1 when it is out of date.")
@click.option("--update", is_flag=True, help="Write the committed file.")
@click.option("--config", type=click.Path(path_type=Path), metavar="FILE", help="Read this configuration file.")
@click.option("--isolated", is_flag=True, help="Read no configuration file.")
def command(
    name: str | None,
    project: Path | None,
    output: Path | None,
    checks: bool,
    update: bool,
    config: Path | None,
    isolated: bool,
    **given: object,
) -> int:
    """Print every write, every except clause, or every unordered iteration of PROJECT, with verdict and evidence.

    The committed files are those of `matrices` in the configuration, else WRITE_LOCATIONS_MATRIX.md,
    EXCEPTIONS_MATRIX.md and ORDER_MATRIX.md in the project root. `--check` and `--update` without a name go through
    all of them that are configured or there.
    """
    from sst_lint.source import find_root

    asked = _Asked(**given)  # type: ignore[arg-type]
    name, project = _understood(name, project)
    _refuse(name, output, checks, update, asked)
    if not project.exists():
        raise UsageProblem(f"{project}: no such file or directory")
    root = find_root(project)
    if output is not None and not checks:
        check_writable(output)
    examined = _examined(root, config, isolated)
    settings = examined.policy.config
    targets = _targets(root, name, output, settings) if checks or update else []
    names = [each for each, _, _ in targets] or [str(name)]
    matrices = {each: _matrix(each, root, examined) for each in names}
    for note in [note for matrix in matrices.values() for note in matrix.stale]:
        say(f"note: {note}")
    if update:
        for each, file, shown in targets:
            _update(matrices[each], file, shown, asked)
    elif checks:
        current = [_is_current(matrices[each], file, shown) for each, file, shown in targets]
        stale = any(matrix.stale for matrix in matrices.values())
        return 2 if examined.problems else int(stale or not all(current))
    else:
        _show(matrices[str(name)], output, asked)
    return 2 if examined.problems else 0


def _understood(name: str | None, project: Path | None) -> tuple[str | None, Path]:
    """Tell a matrix from a directory that stands alone: `sst-lint matrix --check services/train`."""
    if name is None or name in _NAMES:
        return name, project or Path()
    if project is None and Path(name).is_dir():
        return None, Path(name)
    from sst_lint.catalogue import nearest

    raise UsageProblem(f"no matrix `{name}`{nearest(name, _NAMES)}; the matrices are {', '.join(_NAMES)}")


def _refuse(name: str | None, output: Path | None, checks: bool, update: bool, asked: _Asked) -> None:
    """Raise ``UsageProblem`` for options that contradict each other."""
    if checks and update:
        raise UsageProblem("--check compares and --update writes: give one of them")
    if name is None and not (checks or update):
        raise UsageProblem(f"say which matrix: {', '.join(_NAMES)}")
    if name is None and output is not None:
        raise UsageProblem("--output is one file: say which matrix goes there")
    if asked.only and (checks or update):
        raise UsageProblem("a committed matrix holds every row: --only does not go with --check and --update")


def _examined(root: Path, config: Path | None, isolated: bool) -> Examined:
    from sst_lint.catalogue import CatalogueError
    from sst_lint.checks.own import OwnCheckError
    from sst_lint.config import ConfigError
    from sst_lint.engine import Options, survey
    from sst_lint.findings.baseline import BaselineError

    try:
        examined = survey(root, Options(config, isolated, jobs=0, cache=True))
    except (ConfigError, CatalogueError, OwnCheckError, BaselineError) as error:
        raise UsageProblem(str(error)) from error
    for problem in examined.problems:
        say(f"error: {problem}")
    return examined


def _targets(root: Path, name: str | None, output: Path | None, config: Config) -> list[tuple[str, Path, str]]:
    """Each matrix that is meant, with its committed file and what messages call that."""
    if output is not None:
        return [(str(name), output, os.fspath(output))]
    named = dict(config.matrices)
    files = {each: named.get(each, _DEFAULTS[each]) for each in _NAMES}
    meant = [name] if name else [each for each in _NAMES if each in named or (root / files[each]).exists()]
    if not meant:
        raise UsageProblem("no matrix is configured or there; `sst-lint matrix writes --update` writes the first")
    return [(each, root / files[each], files[each]) for each in meant]


def _matrix(name: str, root: Path, examined: Examined) -> Matrix:
    from sst_lint.matrices import LAYOUTS, build, without
    from sst_lint.matrices.notes import NotesError, annotated, load

    texts = {source.path: source.text for source in examined.read.sources}
    settings = examined.policy.config
    matrix = build(name, examined.project, examined.findings, texts, examined.unread)
    matrix = without(matrix, settings.matrix_exclude)
    file = settings.matrix_notes
    if not file:
        return matrix
    try:
        return annotated(matrix, load(root / file, file, LAYOUTS))
    except NotesError as error:
        raise UsageProblem(str(error)) from error


def _show(matrix: Matrix, output: Path | None, asked: _Asked) -> None:
    from sst_lint.matrices import only
    from sst_lint.matrices.compare import format_of, render

    form = asked.form or (format_of(os.fspath(output)) if output else "") or "md"
    text = render(only(matrix, asked.only), _style(form, asked), asked.only)
    if output is None:
        print_result(text)
    else:
        write_file(output, text)


def _style(form: str, asked: _Asked) -> Style:
    from sst_lint.matrices.compare import Style

    return Style(form, asked.group_by or "file", asked.lines)  # type: ignore[arg-type]


def _update(matrix: Matrix, file: Path, shown: str, asked: _Asked) -> None:
    """Write the committed file, in the way in which it was written before, unless the options say otherwise."""
    from sst_lint.matrices.compare import Style, render, style_of

    form = asked.form or _format(shown)
    old = _read(file, shown)
    before = style_of(old, form) if old is not None else Style(form)
    text = render(matrix, Style(form, asked.group_by or before.group_by, asked.lines or before.lines))  # type: ignore[arg-type]
    if text != old:
        check_writable(file)
        write_file(file, text)
    print_result(f"{shown}: {len(matrix.rows):,} rows{', as before' if text == old else ''}\n")


def _is_current(matrix: Matrix, file: Path, shown: str) -> bool:
    """Compare, and say what is not true any more."""
    from sst_lint.matrices.compare import CommittedError, compare

    again = f"`sst-lint matrix {matrix.layout.name} --update` writes it"
    text = _read(file, shown)
    if text is None:
        print_result(f"{shown}: is not there; {again}\n")
        return False
    try:
        difference = compare(text, shown, matrix, _format(shown))
    except CommittedError as error:
        print_result(f"{_printable(str(error))}\n")
        return False
    if difference:
        print_result(f"{shown}: out of date; {again}: {_printable(difference.told())}\n")
    return not difference


def _format(shown: str) -> str:
    from sst_lint.matrices.compare import format_of

    form = format_of(shown)
    if not form:
        raise UsageProblem(f"{shown}: a matrix is a file of {', '.join(f'.{each}' for each in _FORMATS)}")
    return form


def _read(file: Path, shown: str) -> str | None:
    """The text of a committed file, None when there is none."""
    try:
        return file.read_bytes().decode("utf-8-sig").replace("\r\n", "\n")
    except FileNotFoundError:
        return None
    except (OSError, UnicodeDecodeError) as error:
        why = "it is not UTF-8" if isinstance(error, UnicodeDecodeError) else error.strerror or error
        raise UsageProblem(f"{shown}: cannot be read: {why}") from error


def _printable(text: str) -> str:
    from sst_lint.output.style import escape

    return "\n".join(escape(line) for line in text.split("\n"))
