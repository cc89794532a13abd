"""From a unit's text to its facts: parse it alone, find positions, descend once.

No unit is left out because of the names in it: ``bench/speed/GATING.md`` tells what that would win.
"""

from __future__ import annotations

from collections.abc import Sequence

import libcst as cst

from sst_lint.facts.build import Frame
from sst_lint.facts.positions import Positions
from sst_lint.facts.records import Kind, Scope, UnitFacts
from sst_lint.facts.statements import Statements
from sst_lint.source.records import Unit


def read_unit(unit: Unit) -> UnitFacts:
    """The facts of ``unit``. They depend on its text and kind alone.

    Raises ``libcst.ParserSyntaxError`` when the text is no Python that LibCST knows.
    """
    text, lines = _to_parse(unit)
    try:
        module = cst.parse_module(text)
    except cst.ParserSyntaxError:
        cst.parse_module("if 1:\n" + unit.text if unit.indent else unit.text)  # the same, with its right line
        raise
    positions = Positions(module, text, lines)
    reader = Statements(positions, ":=" in unit.text)
    reader.scopes.append(None)
    body = module.body
    if unit.indent and body and isinstance(body[0], cst.If):
        body = body[0].body.body  # type: ignore[assignment]
    definition = next((s for s in body if isinstance(s, (cst.FunctionDef, cst.ClassDef))), None)
    if unit.kind == "function" and isinstance(definition, cst.FunctionDef):
        reader.frame = Frame(0, None, -1)
        reader.function(definition, definition.name.value, 0, None)
    elif unit.kind == "class" and isinstance(definition, cst.ClassDef):
        reader.frame = Frame(0, None, -1)
        reader.class_body(definition, 0, None)
    else:
        _module(reader, module)
    return reader.finish()


def _to_parse(unit: Unit) -> tuple[str, Sequence[int]]:
    """What is parsed, and which line of the unit each line of it is: what is empty in place of definitions is left
    out, because the parser makes nodes of each empty line."""
    parts, numbers, at = (["if 1:"], [0], 0) if unit.indent else ([], [], 0)
    lines = unit.text.split("\n")
    for last, empty in (*unit.gaps, (len(lines), 0)):
        parts += lines[at:last]
        numbers += range(at + 1, last + 1)
        at = last + empty
    return "\n".join(parts), numbers


def _module(reader: Statements, module: cst.Module) -> None:
    reader.frame = frame = Frame(0, None, -1)
    frame.returns = reader.node(Kind.RETURN, None, "<module>")
    reader.fields = []
    reader.walrus_names = sorted(reader.bindings.of(module)) if reader.has_walrus else ()
    reader.block(module)
    reader.publish(frame)
    reader.scopes[0] = Scope("<module>", "module", -1, (), frame.returns)
