"""What must a SARIF 2.1.0 log look like, as far as ours goes? The parts that we write, stricter than the standard.

The official schema is not part of this repository; where ``SARIF_SCHEMA`` names a copy of it, the tests use it too.
"""

from __future__ import annotations

from typing import Any


def record(required: dict[str, Any], **optional: Any) -> dict[str, Any]:
    """An object with these properties and no others."""
    return {
        "type": "object",
        "properties": {**required, **optional},
        "required": sorted(required),
        "additionalProperties": False,
    }


def items(of: dict[str, Any], **limits: Any) -> dict[str, Any]:
    return {"type": "array", "items": of, **limits}


TEXT = {"type": "string", "minLength": 1}
NUMBER = {"type": "integer", "minimum": 1}
MESSAGE = record({"text": TEXT})
LEVEL = {"enum": ["error", "warning", "note", "none"]}
ARTIFACT = record({"uri": {"type": "string", "pattern": r"^[!$&-;=?-Z_a-z~%]+$"}, "uriBaseId": {"const": "%SRCROOT%"}})
REGION = record({"startLine": NUMBER}, startColumn=NUMBER, endLine=NUMBER, endColumn=NUMBER)
PLACE = record({"artifactLocation": ARTIFACT, "region": REGION})
LOGICAL = items(record({"fullyQualifiedName": TEXT}))
LOCATION = record({"physicalLocation": PLACE}, logicalLocations=LOGICAL)
STEP = record({"location": record({"physicalLocation": PLACE, "message": MESSAGE})})
FLOW = record({"threadFlows": items(record({"locations": items(STEP, minItems=1, maxItems=1000)}), minItems=1)})
REPLACEMENT = record({"deletedRegion": REGION, "insertedContent": record({"text": {"type": "string"}})})
CHANGE = record({"artifactLocation": ARTIFACT, "replacements": items(REPLACEMENT, minItems=1)})
FIX = record({"artifactChanges": items(CHANGE, minItems=1)})
SUPPRESSION = record({"kind": {"enum": ["inSource", "external"]}}, justification={"type": "string"})
HASH = {"type": "string", "pattern": "^[0-9a-f]{16}:[0-9]+$"}
FINGERPRINTS = record({"primaryLocationLineHash": HASH}, **{"sstLintFinding/v1": TEXT})
RESULT = record(
    {
        "ruleId": {"type": "string", "pattern": "^[A-Z]+[0-9]+$"},
        "ruleIndex": {"type": "integer", "minimum": 0},
        "level": LEVEL,
        "message": MESSAGE,
        "locations": items(LOCATION, minItems=1, maxItems=1),
        "partialFingerprints": FINGERPRINTS,
    },
    properties={"type": "object"},
    codeFlows=items(FLOW, minItems=1),
    fixes=items(FIX, minItems=1),
    suppressions=items(SUPPRESSION),
)
RULE = record(
    {"id": TEXT, "name": TEXT},
    shortDescription=MESSAGE,
    fullDescription=MESSAGE,
    help=record({"text": TEXT, "markdown": TEXT}),
    defaultConfiguration=record({"enabled": {"type": "boolean"}, "level": LEVEL}),
    properties={"type": "object"},
)
DRIVER = record({"name": TEXT, "version": TEXT, "semanticVersion": TEXT, "rules": items(RULE, uniqueItems=True)})
NOTIFICATION = record({"level": LEVEL, "message": MESSAGE})
INVOCATION = record({"executionSuccessful": {"type": "boolean"}}, toolExecutionNotifications=items(NOTIFICATION))
RUN = record(
    {
        "tool": record({"driver": DRIVER}),
        "invocations": items(INVOCATION, minItems=1, maxItems=1),
        "columnKind": {"const": "unicodeCodePoints"},
        "results": items(RESULT, maxItems=5000),
    }
)
SCHEMA = record({"$schema": TEXT, "version": {"const": "2.1.0"}, "runs": items(RUN, minItems=1, maxItems=1)})
