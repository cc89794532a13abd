"""Do the promises hold where there is little space, few descriptors, odd names, many signals, strange mounts?"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import stat
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from .processes import finish, scratch, start
from .subject import Figures, Subject, is_temp
from .syscalls import CALLS, OLD, _contents

NOBODY = 65534


class Skip(Exception):
    """This machine does not offer the environment; the text says what is missing."""


@contextlib.contextmanager
def _open_to_all() -> Iterator[Path]:
    """A directory that an unprivileged child may enter."""
    with scratch(memory=False) as root:
        root.chmod(0o755)
        try:
            yield root
        finally:
            root.chmod(0o755)  # or an ordinary user could not remove it


def _fill(root: Path) -> None:
    for name, content in OLD.items():
        (root / name).write_bytes(content)


def _judge(call: str, answer: str, root: Path, wanted: str) -> Iterator[str]:
    """The call failed as it had to, and left everything as it was."""
    torn, new = _contents(call, root)
    if torn:
        yield f"{call}: {torn} is torn"
    if not answer.startswith(wanted):
        yield f"{call}: {answer} instead of {wanted}"
    if answer != "returned" and new:
        yield f"{call}: {answer}, but the content is new"
    left = [path.name for path in root.rglob("*") if is_temp(path.name)]
    if left:
        yield f"{call}: left behind: {left}"


@contextlib.contextmanager
def _mounted(root: Path, *arguments: str) -> Iterator[None]:
    command = shutil.which("mount")
    if command is None or not hasattr(os, "getuid"):
        raise Skip("there is no mount command")
    result = subprocess.run([command, *arguments, str(root)], capture_output=True, text=True, check=False)
    if result.returncode != 0:
        raise Skip(f"mounting is not permitted: {' '.join(result.stderr.split())[:80]}")
    try:
        yield
    finally:
        subprocess.run(["umount", str(root)], check=False, capture_output=True)


def full_disk(subject: Subject) -> Iterator[str]:
    """ENOSPC: a tmpfs with no page left."""
    for call in CALLS:
        with scratch(memory=False) as root, _mounted(root, "-t", "tmpfs", "-o", "size=96k", "none"):
            _fill(root)
            with (root / "ballast").open("wb", buffering=0) as handle, contextlib.suppress(OSError):
                while True:
                    handle.write(b"x" * 4096)
            answer = finish(start(subject, "call", call=call, root=str(root)), 60)["answer"]
            (root / "ballast").unlink()
            yield from _judge(call, answer, root, "ENOSPC")


def file_too_big(subject: Subject) -> Iterator[str]:
    """EFBIG: the process may not write files of that size."""
    for call in ("bytes", "text", "open", "batch", "parents"):
        with scratch(memory=False) as root:
            _fill(root)
            limits = {"RLIMIT_FSIZE": 1000}
            answer = finish(start(subject, "call", call=call, root=str(root), limits=limits), 60)["answer"]
            yield from _judge(call, answer, root, "EFBIG")


def few_descriptors(subject: Subject) -> Iterator[str]:
    """EMFILE: none to five descriptors are free."""
    with scratch(memory=False) as root:
        found = finish(start(subject, "descriptors", root=str(root)), 60)
    answers = set()
    for free, answer, content, left in found["results"]:
        answers.add(answer)
        if content != ("new" if answer == "returned" else "old") or left:
            yield f"with {free} free descriptors: {answer}, content {content}, {left} more files"
    if answers != {"returned", "EMFILE"}:
        yield f"the limit made no difference: {sorted(answers)}"
    if found["open"] > 8:
        yield f"{found['open']} descriptors are open in the end"


def closed_directory(subject: Subject) -> Iterator[str]:
    """A directory that the user may not write."""
    for call in CALLS:
        with _open_to_all() as root:
            _fill(root)
            root.chmod(0o555)
            for name in OLD:
                (root / name).chmod(0o666)
            answer = finish(_as_nobody(subject, call, root), 60)["answer"]
            yield from _judge(call, answer, root, "EACCES")


def _as_nobody(subject: Subject, call: str, root: Path) -> subprocess.Popen[str]:
    return start(subject, "call", call=call, root=str(root), user=NOBODY)


def foreign_owner(subject: Subject) -> Iterator[str]:
    """A file of somebody else in a directory that everybody may write: replaced, with no right more than before."""
    if os.getuid() != 0:
        raise Skip("only the superuser can make files of two owners")
    with _open_to_all() as root:
        _fill(root)
        root.chmod(0o777)
        (root / "file").chmod(0o666)
        answer = finish(_as_nobody(subject, "bytes", root), 60)["answer"]
        yield from _judge("bytes", answer, root, "returned")
        mode = stat.S_IMODE((root / "file").stat().st_mode)
        if mode & ~0o666:
            yield f"the mode became {mode:04o}"


def masks(subject: Subject) -> Iterator[str]:
    """New files get what the umask leaves of 0666; existing ones keep what they have."""
    for mask in (0o000, 0o022, 0o027, 0o077):
        with scratch(memory=False) as root:
            _fill(root)
            (root / "file").chmod(0o604)
            for call, name, wanted in (("exclusive", "fresh", 0o666 & ~mask), ("bytes", "file", 0o604)):
                finish(start(subject, "call", call=call, root=str(root), umask=mask), 60)
                mode = stat.S_IMODE((root / name).stat().st_mode)
                if mode != wanted:
                    yield f"umask {mask:03o}: {name} has the mode {mode:04o} instead of {wanted:04o}"


def odd_names(subject: Subject) -> Iterator[str]:
    """Names of 255 bytes, names that are no text, names with blanks, dots, line breaks."""
    with scratch(memory=False) as root:
        names = [b"n" * 255, b"\xff\xfe\x80", b"a b\n", b"...", b"-rf", b"*?[", "ü".encode() * 127, b"x.tmp"]
        for name in names:
            path = os.fsencode(root) + b"/" + name
            for content in (b"one", b"two"):
                subject.api.write_atomic_bytes(path, content)
                with open(path, "rb") as handle:  # noqa: PTH123 - bytes are no pathlib path
                    if handle.read() != content:
                        yield f"{name!r} does not hold {content!r}"
        found = {os.fsencode(str(path)) for path in subject.api.iterdir_sorted(root, exclude=())}
        if found != set(names):
            yield f"listed: {sorted(found ^ set(names))}"
        try:
            subject.api.write_atomic_bytes(os.fsencode(root) + b"/" + b"n" * 256, b"x")
            yield "a name of 256 bytes was accepted"
        except OSError:
            pass


def signals(subject: Subject) -> Iterator[str]:
    """A handler that runs thousands of times a second (EINTR)."""
    with scratch(memory=False) as root:
        found = finish(start(subject, "storm", root=str(root), count=60), 120)
    if found["bad"] or found["left"]:
        yield f"wrong after {found['bad']}, left behind {found['left']}"
    if found["signals"] < 100:
        yield f"only {found['signals']} signals arrived"


def overlay(subject: Subject) -> Iterator[str]:
    """An overlay file system, as in containers: the old file lies in the lower layer."""
    with scratch(memory=True) as parts, scratch(memory=False) as root:
        for name in ("lower", "upper", "work"):
            (parts / name).mkdir()
        _fill(parts / "lower")
        (parts / "lower" / "file").chmod(0o640)
        layers = f"lowerdir={parts}/lower,upperdir={parts}/upper,workdir={parts}/work"
        with _mounted(root, "-t", "overlay", "overlay", "-o", layers):
            for call in CALLS:
                answer = finish(start(subject, "call", call=call, root=str(root)), 60)["answer"]
                yield from _judge(call, answer, root, "returned")
                _fill(root)
            if stat.S_IMODE((root / "file").stat().st_mode) != 0o640:
                yield "the mode of the lower file was lost"


def own_mount(subject: Subject) -> Iterator[str]:
    """A file that is mounted on its own cannot be replaced, and must not be written in place."""
    with scratch(memory=False) as root:
        _fill(root)
        with _mounted(root / "file", "--bind", str(root / "file")):
            answer = finish(start(subject, "call", call="bytes", root=str(root)), 60)["answer"]
            yield from _judge("bytes", answer, root, "EBUSY")


def large_file(subject: Subject) -> Iterator[str]:
    """More than 2 GiB at once."""
    size = (1 << 31) + 16
    with scratch(memory=True) as root:
        if shutil.disk_usage(root).free < 3 * size:
            raise Skip("there is no room for three files of 2 GiB")
        found = finish(start(subject, "large", root=str(root), size=size), 300)
    if found["size"] != found["wanted"] or found["tail"] != "end":
        yield f"{found}"


def pythons(subject: Subject) -> Iterator[str]:
    """The same bytes on every Python of this machine."""
    document = json.loads(Path(__file__).with_name("vectors.json").read_text(encoding="utf-8"))["corpus"]
    for python in other_pythons():
        found = finish(start(subject, "corpus", python=python, arguments=document["arguments"]), 60)
        if found != document["sha256"]:
            yield f"{python} writes other bytes"


def other_pythons() -> list[str]:
    """Interpreters that start, each version once."""
    found: dict[str, str] = {}
    for minor in range(10, 15):
        for candidate in _candidates(minor):
            probe = "import sys; print(sys.version_info[:2])"
            result = subprocess.run([candidate, "-c", probe], capture_output=True, text=True, check=False)
            if result.returncode == 0 and result.stdout.strip() == f"(3, {minor})":
                found.setdefault(f"3.{minor}", candidate)
    return [found[version] for version in sorted(found)]


def _candidates(minor: int) -> Iterator[str]:
    name = shutil.which(f"python3.{minor}")
    if name:
        yield name
    for base in (os.environ.get("PYENV_ROOT", ""), str(Path.home() / ".pyenv")):
        yield from sorted(map(str, Path(base, "versions").glob(f"3.{minor}.*/bin/python"))) if base else ()


Case = Callable[[Subject], Iterator[str]]
SHORT: tuple[Case, ...] = (file_too_big, few_descriptors, closed_directory, masks, odd_names, signals, own_mount)
LONG: tuple[Case, ...] = (*SHORT, full_disk, foreign_owner, overlay, large_file, pythons)


def run_environment(subject: Subject, cases: tuple[Case, ...]) -> Figures:
    """Each of these environments; what this machine does not offer is skipped with its reason."""
    figures = Figures("environment")
    for case in cases:
        name = case.__name__.replace("_", " ")
        if sys.platform == "win32":
            figures.skipped.append(f"{name}: POSIX only")
            continue
        try:
            problems: list[Any] = list(case(subject))
        except Skip as reason:
            figures.skipped.append(f"{name}: {reason}")
            continue
        figures.cases += 1
        figures.violations += [f"{name}: {problem}" for problem in problems]
    return figures


def temporary_root() -> str:
    """Where `scratch(memory=False)` lies, for the report."""
    return tempfile.gettempdir()
