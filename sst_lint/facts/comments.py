"""Does somebody say in a comment why a clause is as it is? Words count; directives to tools and dead code do not."""

from __future__ import annotations

import ast
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
#: What a directive to a linter may be followed by: a reason of its own.
_SILENCED = re.compile(r"^#\s*noqa(:\s*[A-Z]+\d+([,\s]+[A-Z]+\d+)*)?[\s:,;.-]*", re.IGNORECASE)
#: So many words are a reason; fewer are a heading.
_WORDS = 3
#: Few words that are a reason all the same.
_REASON = re.compile(
    r"\bbest[- ]effort\b|\bignor(e|es|ed|ing)\b.*\b(errors?|failures?|exceptions?|problems?|it|them|all|any)\b"
    r"|\bnot (critical|fatal|important)\b|\bnon-?(critical|fatal)\b|\bharmless\b|\bnever mind\b|\bdon'?t care\b",
    re.IGNORECASE,
)
#: What a comment above a ``try`` speaks of, if it is about the failure and not about what is tried.
_OF_FAILURES = re.compile(
    r"\b(exceptions?|errors?|failures?|catch(es|ing)?|swallow(s|ed|ing)?|ignor(e|es|ed|ing)|rais(e|es|ed|ing)"
    r"|best[- ]effort|(may|can|could|might|will|would|sometimes) (also )?fail|fails? (if|when|on|with|here|because))\b",
    re.IGNORECASE,
)


def is_explained(node: Any) -> bool:
    """Whether a comment above, beside or directly inside a clause (or a ``with``) explains it."""
    return any(_explains(text) for text in _comments(node))


def is_foreseen(node: Any) -> bool:
    """Whether the comment above a ``try`` speaks of the failure."""
    text = " ".join(line.comment.value.lstrip("#! ") for line in node.leading_lines if line.comment is not None)
    return _OF_FAILURES.search(text) is not None and _explains(f"# {text}")


def _explains(comment: str) -> bool:
    comment = _SILENCED.sub("# ", comment)
    if _DIRECTIVE.match(comment) or (_CODE.match(comment) and _is_code(comment)):
        return False
    return len(_WORD.findall(_CODE_OF_RULE.sub("", comment))) >= _WORDS or _REASON.search(comment) is not None


def _is_code(comment: str) -> bool:
    """Whether a comment is a statement that was put out of use: English that begins like one is none."""
    try:
        ast.parse(comment.lstrip("#! \t"))
    except (SyntaxError, ValueError):
        return False
    return True


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
