"""``sst-lint explain``: say what a rule means, what is known of a line, or who writes a file."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from sst_lint.cli.questions import FileQuestion, LineQuestion, check_file, check_line, understand
from sst_lint.cli.teaching import closing, complete_rules
from sst_lint.cli.terminal import UsageProblem, print_result, say, wants_color

if TYPE_CHECKING:
    from sst_lint.engine import Examined, Options
    from sst_lint.output import Style


_EPILOG = closing(
    "0 explained",
    ("sst-lint explain SST201", "what a rule means, with examples"),
    ("sst-lint explain src/a.py:12", "what stands on a line, and what it reaches"),
    ("sst-lint explain manifest.json", "who writes a file, from what, and who reads it"),
)


@click.command("explain", epilog=_EPILOG)
@click.argument("subject", metavar="RULE|FILE:LINE|ARTIFACT", shell_complete=complete_rules)
@click.argument("project", type=click.Path(path_type=Path), default=Path())
@click.option("--config", type=click.Path(path_type=Path), metavar="FILE", help="Read this configuration file.")
@click.option("--isolated", is_flag=True, help="Read no configuration file.")
@click.option("--output-format", "--format", "form", type=click.Choice(["text", "json"]), default="text")
@click.option("--color", type=click.Choice(["auto", "always", "never"]), default="auto", help="Color the text.")
def command(subject: str, project: Path, config: Path | None, isolated: bool, form: str, color: str) -> int:
    """Say what a rule means, what is known of a line, or who writes a file.

    RULE is a code or a name. FILE:LINE is a line of source: what stands on it, what it reaches or why it reaches
    nothing, and every finding there, those that are not shown too. ARTIFACT is the name of a file that the program
    writes, a part of its path, or a glob: who writes it, from what, under which protocol, and who reads it.

    PROJECT is a directory of the project that is asked about, by default the working directory.
    """
    from sst_lint.catalogue import load_rules
    from sst_lint.engine import Options
    from sst_lint.output import Style

    question = understand(subject, project, load_rules())
    options, style, as_json = Options(config, isolated, jobs=0, cache=True), Style(wants_color(color)), form == "json"
    if isinstance(question, LineQuestion):
        print_result(_line(question, options, style, as_json))
    elif isinstance(question, FileQuestion):
        print_result(_file(question, project, options, style, as_json))
    else:
        from sst_lint.output.prose import explain_rule, rules_json

        print_result(rules_json([question]) if as_json else explain_rule(question))
    return 0


def _line(question: LineQuestion, options: Options, style: Style, as_json: bool) -> str:
    from sst_lint.output.explanation import LineAnswer, explain_line, line_json
    from sst_lint.source.discover import absolute_path, relative_path

    examined = _examined(question.root, options, (question.file,))
    path = relative_path(absolute_path(question.file), question.root)
    text = _text(examined, path)
    sites = tuple(examined.project.answers.at(path, question.line))
    steps = [step for finding, _ in examined.findings for step in finding.trace]
    places = [*((finding.path, finding.line) for finding, _ in examined.findings), *((s.path, s.line) for s in steps)]
    if not sites and (path, question.line) not in places:
        check_line(path, question.line, text, examined.project.answers.lines(path))
    lines = text.splitlines()
    source = lines[question.line - 1] if question.line <= len(lines) else ""
    answer = LineAnswer(path, question.line, source, sites, examined.findings)
    return line_json(answer) if as_json else explain_line(answer, style)


def _file(question: FileQuestion, project: Path, options: Options, style: Style, as_json: bool) -> str:
    from sst_lint.flow.provenance import Provenance
    from sst_lint.output.explanation import explain_file, file_json
    from sst_lint.source import find_root

    if not project.exists():
        raise UsageProblem(f"{project}: no such file or directory")
    examined = _examined(find_root(project), options, ())
    answer = Provenance(examined.project).of(question.text)
    check_file(question.text, answer)
    return file_json(answer) if as_json else explain_file(answer, examined.findings, style)


def _examined(root: Path, options: Options, files: tuple[Path, ...]) -> Examined:
    """The linked project; what went wrong on the way is said, and does not stop the answer."""
    from sst_lint.catalogue import CatalogueError
    from sst_lint.checks.own import OwnCheckError
    from sst_lint.config import ConfigError
    from sst_lint.engine import examine

    try:
        examined = examine(root, options, files)
    except (ConfigError, CatalogueError, OwnCheckError) as error:
        raise UsageProblem(str(error)) from error
    for problem in examined.problems:
        say(f"error: {problem}")
    return examined


def _text(examined: Examined, path: str) -> str:
    """The text of a file of the project; ``UsageProblem`` says why there is none."""
    for source in examined.read.sources:
        if source.path == path:
            return source.text
    for unreadable in examined.read.unreadable:
        if unreadable.path == path:
            raise UsageProblem(f"{path}:{unreadable.line}: {unreadable.message}")
    raise UsageProblem(next((note for note in examined.notes if note.startswith(path)), f"{path}: is not checked"))
