"""How does a reader of each format understand it? Parsers after the formats' own documentation, as strict as it allows.

Each reader returns what every format says of a finding: (path, line, rule, severity), in the order of the output.
"""

from __future__ import annotations

import json
import os
import re
import xml.etree.ElementTree as ElementTree
from collections.abc import Callable
from pathlib import Path
from urllib.parse import unquote_to_bytes

import jsonschema
from sarif_schema import SCHEMA

Seen = list[tuple[str, int, str, str]]


def escaped(path: str) -> str:
    """A path as the formats show it that are no place for odd characters."""
    from sst_lint.output.style import escape

    return escape(path)


def read_json(text: str) -> Seen:
    """JSON, version 1: the findings that count."""
    record = json.loads(text)
    assert record["version"] == 1
    return _records(record["findings"])


def read_json_lines(text: str) -> Seen:
    return _records([json.loads(line) for line in text.splitlines()])


def _records(findings: list[dict[str, object]]) -> Seen:
    shown = [each for each in findings if not each["suppressed"] and each["baseline"] not in ("known", "moved")]
    return [(escaped(str(e["path"])), int(str(e["line"])), str(e["rule"]), str(e["severity"])) for e in shown]


def read_sarif(text: str) -> Seen:
    log = json.loads(text)
    jsonschema.validate(log, SCHEMA)
    if os.environ.get("SARIF_SCHEMA"):
        jsonschema.validate(log, json.loads(Path(os.environ["SARIF_SCHEMA"]).read_text(encoding="utf-8")))
    (run,) = log["runs"]
    rules = run["tool"]["driver"]["rules"]
    seen: Seen = []
    for result in run["results"]:
        place = result["locations"][0]["physicalLocation"]
        assert rules[result["ruleIndex"]]["id"] == result["ruleId"]
        assert place["region"]["endLine"] == place["region"]["startLine"]
        path = os.fsdecode(unquote_to_bytes(place["artifactLocation"]["uri"]))
        seen.append((escaped(path), place["region"]["startLine"], result["ruleId"], result["level"]))
    hashes = [result["partialFingerprints"]["primaryLocationLineHash"] for result in run["results"]]
    assert len(set(hashes)) == len(hashes)
    return seen


def read_gitlab(text: str) -> Seen:
    records = json.loads(text)
    assert isinstance(records, list)
    prints = [each["fingerprint"] for each in records]
    assert len(set(prints)) == len(prints)
    levels = {"critical": "error", "major": "error", "minor": "warning"}
    assert {each["severity"] for each in records} <= {"info", "minor", "major", "critical", "blocker"}
    return [
        (each["location"]["path"], each["location"]["lines"]["begin"], each["check_name"], levels[each["severity"]])
        for each in records
    ]


def read_junit(text: str) -> Seen:
    root = ElementTree.fromstring(text)
    assert root.tag == "testsuites"
    suites = root.findall("testsuite")
    for figure in ("tests", "failures", "errors"):
        assert int(root.attrib[figure]) == sum(int(suite.attrib[figure]) for suite in suites)
    seen: Seen = []
    for suite in suites:
        cases = suite.findall("testcase")
        assert len(cases) == int(suite.attrib["tests"]) > 0
        assert int(suite.attrib["failures"]) == len(suite.findall("testcase/failure"))
        for case in cases:
            failure = case.find("failure")
            if failure is not None:
                assert failure.text
                rule = case.attrib["name"].split()[0]
                seen.append((case.attrib["file"], int(case.attrib["line"]), rule, failure.attrib["type"]))
    return seen


def read_rdjson(text: str) -> Seen:
    """By the protocol buffer definition of RDFormat: unknown fields are errors."""
    result = json.loads(text)
    assert set(result) <= {"diagnostics", "source", "severity"} and set(result["source"]) <= {"name", "url"}
    seen: Seen = []
    for each in result["diagnostics"]:
        known = {"message", "location", "severity", "source", "code", "suggestions", "original_output"}
        assert set(each) <= {*known, "related_locations"} and {"message", "location"} <= set(each)
        assert set(each["location"]) <= {"path", "range"}
        for range_ in [each["location"]["range"], *(r["location"]["range"] for r in each.get("related_locations", ()))]:
            assert set(range_) <= {"start", "end"}
            assert all(set(position) <= {"line", "column"} for position in range_.values())
            assert all(number >= 1 for position in range_.values() for number in position.values())
        assert each["severity"] in ("UNKNOWN_SEVERITY", "ERROR", "WARNING", "INFO")
        place = each["location"]
        seen.append((place["path"], place["range"]["start"]["line"], each["code"]["value"], each["severity"].lower()))
    return seen


_COMMAND = re.compile(r"::(error|warning) ([^:\r\n]*(?:%3A[^:\r\n]*)*)::(.*)\Z")


def read_github(text: str) -> Seen:
    """As the runner does: a line is a command when it begins, white space aside, with two colons."""
    seen: Seen = []
    for line in text.split("\n"):
        if not line.lstrip().startswith("::"):
            assert "##[" not in line  # the older form of a command, read anywhere in a line
            continue
        match = _COMMAND.match(line)
        assert match, line
        given = dict(pair.split("=", 1) for pair in match[2].split(","))
        values = {name: _decoded(value) for name, value in given.items()}
        assert set(values) <= {"file", "line", "endLine", "col", "endColumn", "title"}
        seen.append((values["file"], int(values["line"]), values["title"].split()[0], match[1]))
    return seen


def _decoded(value: str) -> str:
    for encoded, char in (("%0D", "\r"), ("%0A", "\n"), ("%3A", ":"), ("%2C", ","), ("%25", "%")):
        value = value.replace(encoded, char)
    return value


_LINE = re.compile(r"(.*?):(\d+):\d+: ([A-Z]+\d+) ")


def read_concise(text: str) -> Seen:
    """One finding a line; the text does not say how severe it is."""
    matches = [_LINE.match(line) for line in text.splitlines()]
    return [(match[1], int(match[2]), match[3], "") for match in matches if match]


def read_text(text: str) -> Seen:
    return read_concise("\n".join(line for line in text.splitlines() if not line.startswith("    ")))


def read_markdown(text: str) -> Seen:
    seen: Seen = []
    for line in text.splitlines():
        cells = [cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]]
        if len(cells) == 4 and cells[2] in ("error", "warning"):
            path, _, number = cells[0].strip("`").strip().replace("\\|", "|").rpartition(":")
            seen.append((path, int(number), cells[1], cells[2]))
    return seen


#: format -> its reader
READERS: dict[str, Callable[[str], Seen]] = {
    "text": read_text,
    "concise": read_concise,
    "json": read_json,
    "json-lines": read_json_lines,
    "sarif": read_sarif,
    "github": read_github,
    "gitlab": read_gitlab,
    "junit": read_junit,
    "rdjson": read_rdjson,
    "markdown": read_markdown,
}
