"""How does a project get the runtime as plain files, and how does it see that they are still the originals?"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sst_lint import __version__, runtime

MANIFEST = "VENDORED.json"
LICENSE_NAME = "LICENSE"
_SCHEMA = ("sst-vendored", 1)
_HEADER = f"""\
# SPDX-FileCopyrightText: 2026 the sst-lint authors
# SPDX-License-Identifier: MIT
# Copied from sst-lint {__version__} by `sst-lint vendor`. Edits are reported by `sst-lint vendor --check`.
"""
#: the repository's LICENSE, which an installed package does not always carry; a test compares the two
LICENSE_TEXT = """\
MIT License

Copyright (c) 2026 the sst-lint authors

Permission is hereby granted, free of charge, to any person obtaining a copy
of this software and associated documentation files (the "Software"), to deal
in the Software without restriction, including without limitation the rights
to use, copy, modify, merge, publish, distribute, sublicense, and/or sell
copies of the Software, and to permit persons to whom the Software is
furnished to do so, subject to the following conditions:

The above copyright notice and this permission notice shall be included in all
copies or substantial portions of the Software.

THE SOFTWARE IS PROVIDED "AS IS", WITHOUT WARRANTY OF ANY KIND, EXPRESS OR
IMPLIED, INCLUDING BUT NOT LIMITED TO THE WARRANTIES OF MERCHANTABILITY,
FITNESS FOR A PARTICULAR PURPOSE AND NONINFRINGEMENT. IN NO EVENT SHALL THE
AUTHORS OR COPYRIGHT HOLDERS BE LIABLE FOR ANY CLAIM, DAMAGES OR OTHER
LIABILITY, WHETHER IN AN ACTION OF CONTRACT, TORT OR OTHERWISE, ARISING FROM,
OUT OF OR IN CONNECTION WITH THE SOFTWARE OR THE USE OR OTHER DEALINGS IN THE
SOFTWARE.
"""


class VendorError(Exception):
    """The directory cannot take a copy; the text is one line that says why."""


@dataclass(frozen=True)
class VendorStatus:
    """What a directory holds: `state` is absent, current, outdated or edited; `problems` are lines for people."""

    state: str
    version: str | None
    problems: tuple[str, ...]


def rendered() -> dict[str, bytes]:
    """The files of a copy by name, in order, without its manifest."""
    package = Path(runtime.__file__).parent
    names = [str(path) for path in runtime.glob_sorted(package, "*.py")]
    files = {name: _HEADER.encode() + (package / name).read_bytes().replace(b"\r\n", b"\n") for name in names}
    return {LICENSE_NAME: LICENSE_TEXT.encode(), **files}


def vendor(directory: Path, *, force: bool = False) -> VendorStatus:
    """Write the copy into `directory`, which becomes the package. Only a former copy may be replaced, edited ones by
    `force`."""
    if not directory.name.isidentifier():
        raise VendorError(f"{directory} would be a package that cannot be imported: {directory.name!r} is no name")
    before = status(directory)
    if before.state == "absent" and directory.exists() and any(directory.iterdir()):
        raise VendorError(f"{directory} exists and is no copy of the runtime: choose a directory of its own")
    if before.state == "edited" and not force:
        raise VendorError(f"{directory} was edited ({'; '.join(before.problems)}): give --force to overwrite it")
    files = rendered()
    stale = [name for name in _recorded(directory) if name not in files and (directory / name).is_file()]
    try:
        with runtime.atomic_batch(make_parents=True) as batch:
            for name, content in files.items():
                batch.write_bytes(directory / name, content)
            batch.write_json(directory / MANIFEST, _manifest(files), indent=2)
        for name in stale:
            (directory / name).unlink()
    except OSError as error:
        raise VendorError(str(error)) from error
    return VendorStatus("current", __version__, ())


def status(directory: Path) -> VendorStatus:
    """Compare `directory` with its own manifest (edited?) and with this version of the product (outdated?)."""
    manifest = _read_manifest(directory)
    if manifest is None:
        return VendorStatus("absent", None, (f"no {MANIFEST} there",))
    found = {name: _digest_of(directory / name) for name in manifest["files"]}
    problems = [
        f"{name} is missing" if found[name] is None else f"{name} was edited"
        for name, digest in manifest["files"].items()
        if found[name] != digest
    ]
    strangers = [str(path) for path in runtime.glob_sorted(directory, "*.py") if str(path) not in manifest["files"]]
    problems.extend(f"{name} was added" for name in strangers)
    if manifest["checksum"] != runtime.digest(manifest["files"]):
        problems.append(f"{MANIFEST} was edited")
    version = str(manifest["version"])
    if problems:
        return VendorStatus("edited", version, tuple(problems))
    if manifest["files"] != _manifest(rendered())["files"]:
        return VendorStatus("outdated", version, (f"copied from {version}, this is {__version__}",))
    return VendorStatus("current", version, ())


def _manifest(files: dict[str, bytes]) -> dict[str, Any]:
    digests = {name: hashlib.sha256(content).hexdigest() for name, content in files.items()}
    return {
        "schema": {"name": _SCHEMA[0], "version": _SCHEMA[1]},
        "source": "sst-lint",
        "version": __version__,
        "license": "MIT",
        "files": digests,
        "checksum": runtime.digest(digests),
    }


def _read_manifest(directory: Path) -> dict[str, Any] | None:
    path = directory / MANIFEST
    try:
        manifest = runtime.read_artifact(path, schema=_SCHEMA)
    except (FileNotFoundError, NotADirectoryError):
        return None
    except (OSError, ValueError) as error:
        raise VendorError(f"{path} cannot be read: {error}") from error
    files = manifest.get("files")
    if not isinstance(files, dict) or not all(Path(name).name == name for name in files):
        raise VendorError(f"{path} cannot be read: its list of files is damaged")
    return {"version": None, "checksum": None, **manifest}


def _recorded(directory: Path) -> list[str]:
    manifest = _read_manifest(directory)
    return [] if manifest is None else runtime.sorted_keys(manifest["files"])


def _digest_of(path: Path) -> str | None:
    try:
        return hashlib.sha256(path.read_bytes()).hexdigest()
    except FileNotFoundError:
        return None
