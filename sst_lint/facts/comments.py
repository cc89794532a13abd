"""Does somebody say in a comment why a clause is as it is? Words count; directives to tools and dead code do not."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import libcst as cst

#: To tools, or of what is still to be done.
_DIRECTIVE = re.compile(
    r"^[#!:\s]*(noqa|pragma|type:|pylint|pyright|mypy|ruff|nosec|nosonar|sst:|flake8|fmt:|isort|yapf|pyre|skipcq|lint|"
    r"coverage|todo|fixme|xxx|hack|-+|=+)",
    re.IGNORECASE,
)
_CODE = re.compile(
    r"^[#\s]*((raise|return|import|from|pass|print|del|assert|yield|continue|break)\b|[\w.]+\(.*\)$|[\w.\[\]]+ ?=)"
)
_WORD = re.compile(r"[^\W\d_]{2,}")
#: ``E722``, ``SST402``: the name of a rule is no reason.
_CODE_OF_RULE = re.compile(r"\b[A-Z]+\d+\b")
#: So many words are a reason; fewer are a heading.
_WORDS = 3


def is_explained(node: Any) -> bool:
    """Whether a comment above, beside or directly inside a clause (or a ``with``) explains it."""
    return any(_explains(text) for text in _comments(node))


def _explains(comment: str) -> bool:
    if _DIRECTIVE.match(comment) or _CODE.match(comment):
        return False
    return len(_WORD.findall(_CODE_OF_RULE.sub("", comment))) >= _WORDS


def _comments(node: Any) -> Iterator[str]:
    body = node.body
    lines = list(node.leading_lines)
    if isinstance(body, cst.IndentedBlock):
        lines += [body.header, *body.footer]
        for statement in body.body:
            lines += getattr(statement, "leading_lines", ())
            if isinstance(statement, cst.SimpleStatementLine):
                lines.append(statement.trailing_whitespace)
    for line in lines:
        if line.comment is not None:
            yield line.comment.value
