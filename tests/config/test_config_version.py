"""Version clauses, with packaging as the oracle where it is installed."""

from __future__ import annotations

import pytest

from sst_lint.config.version import VersionProblem, allows
from sst_lint.config.waivers import parse_accepted, parse_waiver

VERSIONS = ["0.1.0", "0.1", "0.2.0", "0.10.0", "1.0", "1.0.0", "1.0rc1", "1.0a2", "1.0.dev3", "1.0.post1", "1.2.3"]
CLAUSES = ["", "==", "!=", ">=", "<=", ">", "<", "~="]


@pytest.mark.parametrize("clause", CLAUSES)
@pytest.mark.parametrize("wanted", ["0.1", "0.2.0", "1.0", "1.0.0", "1.2"])
def test_packaging_agrees(clause: str, wanted: str) -> None:
    specifiers = pytest.importorskip("packaging.specifiers")
    oracle = specifiers.SpecifierSet((clause or "==") + wanted)
    for version in VERSIONS:
        if any(mark in version for mark in ("rc", "a", "dev", "post")) and clause in ("<", ">", "<=", "~=", "=="):
            continue  # PEP 440's special cases of pre-releases are not this tool's
        assert allows(clause + wanted, version) == oracle.contains(version, prereleases=True), version


@pytest.mark.parametrize(
    ("specifier", "version", "expected"),
    [
        (">=0.3,<1", "0.9", True),
        (">=0.3, <1", "1.0", False),
        (">= 0.3", "0.10", True),
        ("==1.*", "1.9", True),
        ("!=1.*", "1.9", False),
        ("1.2.*", "1.2", True),
        ("==1.2.*", "1.20", False),
        (">=1.0", "1.0rc1", False),
        ("~=1.4", "2.0", False),
        ("~=1.4.2", "1.4.9", True),
    ],
)
def test_clauses(specifier: str, version: str, expected: bool) -> None:
    assert allows(specifier, version) is expected


@pytest.mark.parametrize("specifier", ["soon", ">=", "=>1", "~=1", ">=1.*", "1,,2", ">=1 <2", "==1.0+local"])
def test_no_clauses(specifier: str) -> None:
    with pytest.raises(VersionProblem):
        allows(specifier, "1.0")


def test_waiver_entries() -> None:
    assert parse_waiver("OK") == ("OK", ())
    assert parse_waiver("OK = SST2, SST3") == ("OK", ("SST2", "SST3"))
    assert parse_accepted("noqa:ble001") == ("noqa", "BLE001", ("SST4",))
    assert parse_accepted("pylint:broad-except=SST403") == ("pylint", "BROAD-EXCEPT", ("SST403",))
