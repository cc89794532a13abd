"""Does the kernel's own answer lead to the same results as the seam's? Real system calls, made to fail by strace."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from .processes import WORKER
from .subject import Figures, Subject, is_temp

CALLS = ("bytes", "text", "json", "yaml", "open", "exclusive", "path", "batch", "parents", "upsert", "latest")
_TRACED = (
    "open,openat,creat,write,writev,pwrite64,fsync,fdatasync,rename,renameat,renameat2,link,linkat,unlink,unlinkat,close,"
    "lseek,ftruncate,mkdir,mkdirat,flock,fchmod,fchown,stat,lstat,fstat,newfstatat,faccessat2,readlink,read"
)
_LINE = re.compile(r"^(\w+)\((.*)\) += (.*)$")
OLD = {
    "file": b"old" * 1000,
    "index.json": (
        b'{"entries":{"a:s":{"payload":{"n":1},"run_id":"a","seq":1,"stage":"s"}},"next_seq":2,'
        b'"schema":{"name":"sst-index","version":1}}\n'
    ),
}


@dataclass(frozen=True)
class Place:
    """The `ordinal`th call of this system call in the process."""

    name: str
    ordinal: int


def why_not() -> str:
    """Why strace cannot be used here; empty if it can."""
    if not sys.platform.startswith("linux"):
        return "strace exists on Linux only"
    if shutil.which("strace") is None:
        return "strace is not installed (Debian package strace)"
    probe = ["strace", "-o", "/dev/null", "-e", "trace=fsync", "-e", "inject=fsync:error=EIO", "true"]
    result = subprocess.run(probe, capture_output=True, text=True, check=False)
    return "" if result.returncode == 0 else f"strace may not trace here: {result.stderr.strip()[:100]}"


def run_syscalls(subject: Subject, *, calls: tuple[str, ...] = CALLS, errnos: tuple[str, ...] = ("EIO",)) -> Figures:
    """Each public writer, with SIGKILL and with errors at every system call that it makes."""
    figures = Figures("real syscalls")
    reason = why_not()
    if reason:
        figures.skipped.append(reason)
        return figures
    for call in calls:
        places, problem = _places(subject, call)
        figures.violations += [problem] if problem else []
        if not any(place.name in ("rename", "renameat", "renameat2", "link", "linkat") for place in places):
            figures.violations.append(f"{call}: no rename was seen between the markers: {places}")
        for place in places:
            for effect in ("signal=SIGKILL", *(f"error={code}" for code in errnos)):
                figures.cases += 1
                label = f"{call}, {effect} at {place.name} number {place.ordinal}"
                figures.violations += [f"{label}: {text}" for text in _inject(subject, call, place, effect, figures)]
    return figures


def _run(subject: Subject, call: str, root: Path, *options: str) -> tuple[int, str, str, list[str]]:
    """The worker under strace: its status, what it printed, its errors, and the lines of the trace."""
    for name, content in OLD.items():
        (root / name).write_bytes(content)
    log = root.parent / "trace"
    config = json.dumps({**subject.spec(), "role": "call", "call": call, "root": str(root)})
    command = ["strace", "-o", str(log), "-e", f"trace=?{_TRACED.replace(',', ',?')}", *options]
    result = subprocess.run(
        [*command, sys.executable, "-S", "-s", str(WORKER), config],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
        env={"PYTHONHASHSEED": "0", "PYTHONDONTWRITEBYTECODE": "1", "PATH": "/usr/bin:/bin"},
    )
    return result.returncode, result.stdout, result.stderr, log.read_text(errors="replace").splitlines()


def _places(subject: Subject, call: str) -> tuple[list[Place], str]:
    """Every system call between the markers of an undisturbed run."""
    with tempfile.TemporaryDirectory() as directory:
        root = Path(directory) / "root"
        root.mkdir()
        status, out, err, lines = _run(subject, call, root)
        if status != 0 or json.loads(out)["answer"] != "returned":
            return [], f"{call}: undisturbed, but {out or err[-500:]}"
    counts: dict[str, int] = {}
    places, inside = [], False
    for line in lines:
        match = _LINE.match(line)
        if not match:
            continue
        counts[match[1]] = counts.get(match[1], 0) + 1
        if '"/marker-' in match[2]:
            inside = "begin" in match[2]
        elif inside:
            places.append(Place(match[1], counts[match[1]]))
    return places, ""


def _inject(subject: Subject, call: str, place: Place, effect: str, figures: Figures) -> Iterator[str]:
    with tempfile.TemporaryDirectory() as directory:
        root = Path(directory) / "root"
        root.mkdir()
        option = f"inject={place.name}:{effect}:when={place.ordinal}"
        status, out, err, lines = _run(subject, call, root, "-e", option)
        begun = any('"/marker-begin"' in line for line in lines)
        if "SIGKILL" in effect:
            fired = any("killed by SIGKILL" in line for line in lines)
        else:
            fired = sum("(INJECTED)" in line for line in lines) == 1
        if not (fired and begun):
            yield f"the injection did not happen where it should: {lines[-3:]}"
            return
        figures.bump("fired")
        torn, new = _contents(call, root)
        if torn:
            yield f"torn: {torn}"
        if "SIGKILL" in effect:
            return
        if status != 0:
            yield f"ended with {status}: {err[-300:]}"
            return
        answer = json.loads(out)["answer"]
        if answer == "returned" and not new:
            yield "returned, but the content is old"
        if "committed=False" in answer and new and call != "batch":
            yield f"{answer}, but the content is new"
        if "committed=True" in answer and not new:
            yield f"{answer}, but the content is old"
        left = [path.name for path in root.rglob("*") if is_temp(path.name)]
        if left and not place.name.startswith("unlink"):
            yield f"left behind: {left}"


def _contents(call: str, root: Path) -> tuple[str, bool]:
    """What is torn, and whether the call's own target is new."""
    target = {"upsert": "index.json", "latest": "s/LATEST.json", "exclusive": "fresh", "parents": "a/b/fresh"}
    new = {"bytes": b"new" * 1000, "json": None, "yaml": None}.get(call, b"new" * 1000)
    changed = False
    for path in sorted(root.rglob("*")):
        name = str(path.relative_to(root))
        if path.is_dir() or is_temp(path.name) or name.endswith(".lock"):
            continue
        data, own = path.read_bytes(), name == target.get(call, "file")
        if data == OLD.get(name):
            continue
        changed = changed or own
        if name in ("index.json", "s/LATEST.json") or call == "json":
            try:
                json.loads(data)
            except ValueError:
                return name, changed
        elif call == "yaml":
            if data != b"new:\n" + b"  - 1.5\n" * 100:
                return name, changed
        elif data != new:
            return name, changed
    return "", changed
