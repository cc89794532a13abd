"""What does a help page teach beside the options: a few lines to try, what the exit code means, which words fit?"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import click

_FAILED = "2 usage, configuration or internal error, 130 interrupted"


def closing(codes: str, *examples: tuple[str, str]) -> str:
    """Return the end of a help page: examples (command, what it does), and exit codes: ``codes`` and the usual ones."""
    width = max(len(command) for command, _ in examples)
    lines = [f"  {command:<{width}}  {text}".rstrip() for command, text in examples]
    body = "\n".join(lines)
    return f"\b\nExamples:\n{body}\n\n\b\nExit codes: {codes}, {_FAILED}."


def complete_rules(context: click.Context, parameter: click.Parameter, begun: str) -> list[str]:
    """Rules that the word begun on the command line may become, the last of a list ``A,B``."""
    from sst_lint.catalogue import load_rules

    before, comma, last = begun.rpartition(",")
    words = ["ALL", "DEFAULT", *(word for rule in load_rules() for word in (rule.code, rule.name))]
    return [f"{before}{comma}{word}" for word in words if last and word.lower().startswith(last.lower())]


def complete_formats(context: click.Context, parameter: click.Parameter, begun: str) -> list[str]:
    """Formats that the word may become."""
    from sst_lint.output import FORMATS

    return _beginning(list(FORMATS), begun)


def complete_matrices(context: click.Context, parameter: click.Parameter, begun: str) -> list[str]:
    """Names of matrices that the word may become."""
    return _beginning(["writes", "exceptions", "order"], begun)


def _beginning(words: Sequence[str], begun: str) -> list[str]:
    return [word for word in words if word.startswith(begun)]
