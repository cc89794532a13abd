"""The long form of the properties, for ``make corpus``: does the command live through everything that is installed?

Each tree is checked twice, with another hash seed and environment: the same bytes, no internal error, no file refused
that the interpreter takes. One refusal is expected, counted and told: LibCST has no grammar for the annotation of a
name in brackets, ``(name): int``, which the standard library's tests of annotations hold. The trees are a generated
file of 60,000 lines, the standard library and site-packages, or those that are named as arguments.
"""

from __future__ import annotations

import ast
import hashlib
import json
import os
import subprocess
import sys
import sysconfig
import tempfile
import time
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

GENERATED_LINES = 60_000
TIMEOUT = 3600  #: seconds that one run may take


def trees(arguments: list[str], place: Path) -> Iterator[tuple[str, Path]]:
    """Name and path of each tree; behind a link, so that no configuration or repository above it counts."""
    found = [Path(word).resolve() for word in arguments]
    if not found:
        generated = place / "generated"
        generated.mkdir()
        rows = (f"ROW_{number} = ({number}, 'name {number}', None)\n" for number in range(GENERATED_LINES))
        (generated / "rows.py").write_text("".join(rows))
        found = [generated, *(Path(sysconfig.get_path(name)) for name in ("stdlib", "purelib"))]
    for number, path in enumerate(found):
        link = place / f"tree{number}"
        link.symlink_to(path, target_is_directory=True)
        yield path.name, link


def run(tree: Path, seed: str, padding: int) -> tuple[int, bytes, str, float]:
    """Exit code, output, messages and seconds of one run."""
    command = [sys.executable, "-m", "sst_lint", "check", "--isolated", "--format", "json", "--select", "ALL"]
    env = {**os.environ, "PYTHONHASHSEED": seed, "PADDING": "x" * padding}
    start = time.perf_counter()
    command += ["--min-confidence", "low", os.fspath(tree)]
    try:
        done = subprocess.run(command, env=env, capture_output=True, check=False, timeout=TIMEOUT)
    except subprocess.TimeoutExpired:
        return 124, b"", f"not done after {TIMEOUT} s", float(TIMEOUT)
    return done.returncode, done.stdout, done.stderr.decode("utf-8", "replace"), time.perf_counter() - start


def problems(tree: Path, runs: list[tuple[int, bytes, str, float]]) -> Iterator[str]:
    """What is wrong with the runs on one tree."""
    for code, out, err, _ in runs:
        if code not in (0, 1) or not out:
            yield f"exit code {code}: {err.strip()[-2000:]}"
            return
        if err.strip():
            yield f"said: {err.strip()[:2000]}"
    if len({out for _, out, _, _ in runs}) > 1:
        yield "two runs differ"
    for finding in refusals(tree, runs):
        if not annotates_in_brackets(tree / finding["path"], finding["line"]):
            yield f"{finding['path']}:{finding['line']}: {finding['message']}, but the interpreter takes the file"


def refusals(tree: Path, runs: list[tuple[int, bytes, str, float]]) -> list[dict[str, Any]]:
    """Findings that say that a file, which the interpreter takes, could not be read in whole."""
    found = json.loads(runs[0][1])["findings"] if runs[0][1] else []
    return [each for each in found if each["rule"] == "SST900" and compiles(tree / each["path"])]


def annotates_in_brackets(file: Path, line: int) -> bool:
    """Whether the statement that the parser stops at, on that line or the one before, annotates a name in brackets."""
    return any(
        isinstance(node, ast.AnnAssign) and not node.simple and node.end_lineno in (line - 1, line)
        and isinstance(node.target, (ast.Name, ast.Attribute)) and node.col_offset < node.target.col_offset
        for node in ast.walk(ast.parse(file.read_bytes()))
    )  # fmt: skip


def compiles(file: Path) -> bool:
    """Whether the interpreter itself takes the file."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            compile(file.read_bytes(), file.name, "exec", dont_inherit=True)
    except (OSError, SyntaxError, ValueError, RecursionError, MemoryError):
        return False
    return True


def main(arguments: list[str]) -> int:
    """Check each tree and print a line about it; 1 when anything is wrong."""
    wrong = 0
    with tempfile.TemporaryDirectory() as directory:
        for name, tree in trees(arguments, Path(directory)):
            runs = [run(tree, "0", 0), run(tree, "4242", 60_000)]
            found = list(problems(tree, runs))
            wrong += len(found)
            summary = json.loads(runs[0][1])["summary"] if runs[0][1] else {}
            seconds = " and ".join(f"{each[3]:.0f}" for each in runs)
            digest = hashlib.sha256(runs[0][1]).hexdigest()[:12]
            print(f"{name}: {summary.get('files')} files, {summary.get('findings')} findings, {seconds} s, {digest}")
            for each in refusals(tree, runs):
                if annotates_in_brackets(tree / each["path"], each["line"]):
                    print(
                        f"  {each['path']}:{each['line']}: `(name): annotation`, which LibCST does not parse: expected"
                    )
            print("".join(f"  {line}\n" for line in found), end="", flush=True)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
