"""How fast is the tool beside others that read Python, on the same files, in the same minutes?

Every round runs every command once, one after the other, so that what else the machine does hits all of them alike;
the table gives the median of the rounds, the spread of its ratio to this tool, and the peak of memory. Two corpora: the
standard library of this interpreter, and a generated project in which nearly every function holds a site. The floor is
LibCST parsing the files and nothing more. What was aimed at stands below the table with what was measured.

    python bench/speed/run.py [--lines 30000] [--rounds 3] [--write RESULTS.md] [--plot plot.svg]
    python bench/speed/run.py --profile [PATH]      where the time of one run goes, stage by stage
"""

from __future__ import annotations

import argparse
import os
import platform
import shutil
import statistics
import subprocess
import sys
import sysconfig
import tempfile
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import pairwise
from pathlib import Path

from draw import Row, draw

#: Four rules of the same intent as ours, for Semgrep.
SEMGREP = """\
rules:
  - {id: listing, languages: [python], severity: WARNING, message: m, pattern: "os.listdir(...)"}
  - {id: glob, languages: [python], severity: WARNING, message: m, pattern: "$X.glob(...)"}
  - {id: write, languages: [python], severity: WARNING, message: m, pattern: "open(..., 'w', ...)"}
  - id: bare
    languages: [python]
    severity: WARNING
    message: m
    pattern: |
      try:
          ...
      except:
          ...
"""

#: One stage of a generated pipeline: 85 % of its lines stand in functions that hold a site.
STAGE = '''\
"""Stage {n} of the pipeline."""

import json
import os
from pathlib import Path

LIMIT = {n}


def listed_{n}(root):
    """Files of the stage."""
    found = []
    for name in os.listdir(root):
        path = Path(root) / name
        if path.suffix == ".json" and path.stat().st_size > LIMIT:
            found.append(path)
    return found


def merged_{n}(paths):
    """All records of the stage, later ones win."""
    merged = {{}}
    for path in paths:
        try:
            merged.update(json.loads(path.read_text()))
        except Exception:
            merged[path.name] = None
    return merged


def tagged_{n}(records, tags={{"a", "b"}}):
    """Records with their tags."""
    rows = []
    for tag in tags:
        for key, value in records.items():
            rows.append({{"tag": tag, "key": key, "value": value}})
    return rows


def save_{n}(root, out):
    """Write the manifest of the stage."""
    rows = tagged_{n}(merged_{n}(listed_{n}(root)))
    with open(os.path.join(out, "manifest_{n}.json"), "w") as handle:
        json.dump({{"rows": rows, "stage": LIMIT}}, handle)
    return {before}(rows, out) if rows else None
'''


@dataclass(frozen=True)
class Command:
    """One contender."""

    name: str
    words: Callable[[Path], Sequence[str]]
    prepare: Callable[[Path], object] = lambda corpus: None
    codes: tuple[int, ...] = (0, 1)


@dataclass(frozen=True)
class Measured:
    """One run: seconds of wall clock, seconds of CPU of the process and its children, peak in MB."""

    wall: float
    cpu: float
    memory: float


def standard_library(place: Path, lines: int) -> int:
    """Copy files of the standard library until there are ``lines`` lines; return how many there are."""
    root, count = Path(sysconfig.get_path("stdlib")), 0
    for path in sorted(root.rglob("*.py")):
        relative = path.relative_to(root)
        if {"site-packages", "dist-packages", "test", "tests", "lib2to3"} & set(relative.parts) or count >= lines:
            continue
        (place / relative).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, place / relative)
        count += path.read_bytes().count(b"\n")
    return count


def generated(place: Path, lines: int) -> int:
    """Write stages of which each calls the one before until there are ``lines`` lines; return how many there are."""
    (place / "acme").mkdir(parents=True)
    count = number = 0
    while count < lines:
        before = f"from acme.stage_{number - 1} import save_{number - 1}" if number else "save_first = print"
        text = STAGE.format(n=number, before=f"save_{number - 1}" if number else "save_first")
        text = text.replace("\nLIMIT", f"\n{before}\n\nLIMIT", 1)
        (place / "acme" / f"stage_{number}.py").write_text(text, encoding="utf-8")
        count += text.count("\n")
        number += 1
    return count


COLD, CHANGED, UNCHANGED = "sst-lint, cold", "sst-lint, one function changed", "sst-lint, nothing changed"
FLOOR, NOTHING = "floor: LibCST parses", "python -c pass"
RUFF, FLAKE8, SEMGREP_NAME, FIXIT = "ruff", "flake8 with bugbear", "Semgrep, four rules", "Fixit"
PLUGIN = "flake8 with bugbear and sst-lint"  #: what a run found before is in the store

CORPORA: dict[str, Callable[[Path, int], int]] = {"standard library": standard_library, "generated": generated}

_FLOOR = (
    "import gc, sys, libcst, pathlib; gc.disable()\n"
    "for p in sorted(pathlib.Path(sys.argv[1]).rglob('*.py')): libcst.parse_module(p.read_bytes())"
)


def _forget(corpus: Path) -> None:
    shutil.rmtree(corpus / ".sst_cache", ignore_errors=True)


def _change(corpus: Path) -> None:
    """One more function in the largest file."""
    largest = max(sorted(corpus.rglob("*.py")), key=lambda path: path.stat().st_size)
    text = largest.read_text(encoding="utf-8").rstrip("\n")
    largest.write_text(f"{text}\n\n\ndef changed_{time.monotonic_ns()}(x):\n    return x\n", encoding="utf-8")


def contenders(places: Sequence[Path]) -> list[Command]:
    """Return this tool in its states, the floor, and what of the others stands in one of ``places``."""
    python = sys.executable
    ours = [python, "-m", "sst_lint", "check", "--quiet", "--exit-zero", "--format", "concise"]
    found = [
        Command(COLD, lambda c: [*ours, str(c)], _forget),
        Command("sst-lint, cold, one process", lambda c: [*ours, "--no-cache", "--jobs", "1", str(c)]),
        Command(FLOOR, lambda c: [python, "-c", _FLOOR, str(c)]),
        Command(CHANGED, lambda c: [*ours, str(c)], _change),
        Command(UNCHANGED, lambda c: [*ours, str(c)]),
        Command(NOTHING, lambda c: [python, "-c", "pass"]),
    ]
    ruff = ["check", "--no-cache", "--isolated", "-q", "--select", "E722,BLE001,S110,S112,PTH,B,DTZ"]
    rules = ["--metrics=off", "--disable-version-check", "--quiet", "--config"]
    pylint = ["--disable=all", "--enable=W0702,W0718", "-j0", "--recursive=y"]
    others: list[tuple[str, str, Callable[[str, Path], Sequence[str]], tuple[int, ...]]] = [
        (RUFF, "ruff", lambda tool, c: [tool, *ruff, str(c)], (0, 1)),
        (FLAKE8, "flake8", lambda tool, c: [tool, "--isolated", "--select", "E722,B", str(c)], (0, 1)),
        (SEMGREP_NAME, "semgrep", lambda tool, c: [tool, *rules, f"{c.parent}/semgrep.yml", str(c)], (0, 1)),
        (FIXIT, "fixit", lambda tool, c: [tool, "--quiet", "lint", str(c)], (0, 1)),
        ("pylint, two rules", "pylint", lambda tool, c: [tool, *pylint, str(c)], tuple(range(0, 32, 2))),
    ]
    for title, name, words, codes in others:
        tool = next((os.fspath(place / name) for place in places if (place / name).exists()), None)
        if tool is not None:
            found.append(Command(title, partial(words, tool), codes=codes))
        if tool is not None and title == FLAKE8 and Path(tool).with_name("sst-lint").exists():  # then it is a plugin
            found.append(Command(PLUGIN, partial(_flake8_and_plugin, tool)))
    return found


def _flake8_and_plugin(tool: str, corpus: Path) -> Sequence[str]:
    return [tool, "--isolated", "--select", "E722,B,SST", str(corpus)]


def measure(command: Command, corpus: Path, limit: float) -> Measured | None:
    """Run a command once; None when it fails or takes longer than ``limit`` seconds."""
    command.prepare(corpus)
    start = time.perf_counter()
    # as for a user: what is imported was compiled by an earlier run
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    process = subprocess.Popen(
        command.words(corpus),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        cwd=corpus.parent,
        env=environment,
    )
    while True:
        pid, status, usage = os.wait4(process.pid, os.WNOHANG)
        if pid:
            break
        if time.perf_counter() - start > limit:
            process.kill()
            os.wait4(process.pid, 0)
            return None
        time.sleep(0.002)
    wall = time.perf_counter() - start
    code = os.waitstatus_to_exitcode(status)
    if code not in command.codes:
        print(f"{command.name} failed with exit code {code}", file=sys.stderr)
        return None
    return Measured(wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024)


def compare(
    places: Sequence[Path], lines: int, rounds: int, limit: float
) -> dict[str, tuple[int, dict[str, list[Measured]]]]:
    """Measure every contender on every corpus; one that is too slow once is left out afterwards."""
    results = {}
    for corpus_name, make in CORPORA.items():
        with tempfile.TemporaryDirectory() as directory:
            place = Path(directory, "corpus")
            place.mkdir()
            (place / "sst-lint.toml").write_text("", encoding="utf-8")
            Path(directory, "semgrep.yml").write_text(SEMGREP, encoding="utf-8")
            count = make(place, lines)
            runs: dict[str, list[Measured]] = {}
            left = contenders(places)
            for number in range(rounds):
                for command in list(left):
                    found = measure(command, place, limit)
                    if found is None:
                        left.remove(command)
                        continue
                    runs.setdefault(command.name, []).append(found)
                    print(f"{corpus_name} {number} {command.name}: {found}", file=sys.stderr)
            results[corpus_name] = (count, runs)
    return results


def table(results: dict[str, tuple[int, dict[str, list[Measured]]]], rounds: int) -> str:
    """Return the figures as Markdown. Ratios are taken within a round; the spread is least to most."""
    versions = f"Python {platform.python_version()}, {platform.system()}, {os.cpu_count()} cores, {rounds} rounds"
    said = (
        f"{versions}. CPU: seconds of the process and all its children; ratio: CPU against `sst-lint, cold`. Memory: "
        "of the process itself. What failed or was given up is left out."
    )
    out = [said, ""]
    for corpus, (lines, runs) in results.items():
        out += [
            f"**{corpus}**, {lines:,} lines",
            "",
            "| command | wall s | CPU s | ratio | spread | memory MB |",
            "|---|---:|---:|---:|---:|---:|",
        ]
        base = runs[COLD]
        for name, found in sorted(runs.items(), key=lambda item: statistics.median(each.cpu for each in item[1])):
            ratios = [each.cpu / ours.cpu for each, ours in zip(found, base)]
            out.append(
                f"| {name} | {_median(each.wall for each in found):.2f} | {_median(each.cpu for each in found):.2f} "
                f"| {_median(ratios):.2f} | {min(ratios):.2f} to {max(ratios):.2f} "
                f"| {_median(each.memory for each in found):,.0f} |"
            )
        out.append("")
    return "\n".join(out)


def _median(values: Iterable[float]) -> float:
    return statistics.median(values)


#: (corpus, what is compared, with what, how many times as much it may be)
AIMS: tuple[tuple[str, str, str, float], ...] = (
    ("standard library", COLD, FLAKE8, 1 / 10),
    ("standard library", COLD, SEMGREP_NAME, 1 / 3),
    ("standard library", COLD, FIXIT, 1 / 100),
    ("generated", COLD, FLAKE8, 1 / 5),
    ("generated", COLD, FLOOR, 1.6),
    ("standard library", UNCHANGED, RUFF, 1.0),
    ("standard library", CHANGED, COLD, 1 / 10),
    ("standard library", PLUGIN, FLAKE8, 1.15),
)
#: (what, seconds of CPU that it may take more than an empty Python)
SECONDS: tuple[tuple[str, float], ...] = ((UNCHANGED, 0.25), (CHANGED, 1.0))


def aims(results: dict[str, tuple[int, dict[str, list[Measured]]]]) -> str:
    """Return what was aimed at, and the medians of what was measured, as Markdown."""
    rows = []
    for corpus, name, other, most in AIMS:
        runs = results[corpus][1] if corpus in results else {}
        if name in runs and other in runs:
            ratio = _median(one.cpu / two.cpu for one, two in zip(runs[name], runs[other]))
            rows.append(_aim(f"{corpus}: {name}, times {other}", most, ratio))
    for corpus, (_, runs) in results.items():
        for name, most in SECONDS:
            if name in runs and NOTHING in runs:
                more = _median(one.cpu - two.cpu for one, two in zip(runs[name], runs[NOTHING]))
                rows.append(_aim(f"{corpus}: {name}, seconds more than {NOTHING}", most, more))
    head = ["**aims** (medians of CPU within a round)", "", "| what | at most | measured | |", "|---|---:|---:|---|"]
    return "\n".join((*head, *rows, ""))


def _aim(what: str, most: float, found: float) -> str:
    return f"| {what} | {most:.2f} | {found:.2f} | {'reached' if found <= most else 'not reached'} |"


def plot(results: dict[str, tuple[int, dict[str, list[Measured]]]]) -> str:
    """Return the medians of CPU seconds, one panel for each corpus, as SVG."""
    panels = []
    for corpus, (lines, runs) in results.items():
        medians = [(name, _median(each.cpu for each in found)) for name, found in runs.items()]
        rows = sorted(medians, key=lambda item: item[1])
        panels.append((f"{corpus}, {lines:,} lines", [Row(name, value, _color(name)) for name, value in rows]))
    return draw(panels, "seconds of CPU, on a logarithmic scale")


def _color(name: str) -> str:
    if name.startswith("sst-lint"):
        return "#1b7f5a"
    return "#2f5d9b" if name == FLOOR else "#8a96a3"


def profile(path: Path) -> None:
    """Print the seconds of CPU of each stage of a cold run in one process, and the costliest functions."""
    import cProfile
    import pstats

    from sst_lint.engine import Options, check

    stages: list[tuple[str, float]] = [("begin", time.process_time())]

    def step(stage: str, done: int, total: int) -> None:
        if stages[-1][0] != stage:
            stages.append((stage, time.process_time()))

    check([path], Options(progress=step))
    stages.append(("end", time.process_time()))
    for (name, start), (_, end) in pairwise(stages):
        print(f"{name:10} {end - start:8.2f} s")
    profiler = cProfile.Profile()
    profiler.runcall(check, [path], Options())
    pstats.Stats(profiler).sort_stats("tottime").print_stats(25)


def main() -> None:
    """Compare, or profile."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--lines", type=int, default=30_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--limit", type=float, default=300.0, help="seconds after which a command is given up")
    parser.add_argument("--bin", type=Path, nargs="*", default=[Path(sys.executable).parent], help="where others are")
    parser.add_argument("--write", type=Path)
    parser.add_argument("--plot", type=Path)
    parser.add_argument("--profile", type=Path, nargs="?", const=Path("sst_lint"))
    options = parser.parse_args()
    if options.profile:
        profile(options.profile)
        return
    results = compare([each.absolute() for each in options.bin], options.lines, options.rounds, options.limit)
    text = f"{table(results, options.rounds)}\n{aims(results)}"
    from sst_lint.runtime import write_atomic_text

    if options.write:
        write_atomic_text(options.write, text)
    if options.plot:
        write_atomic_text(options.plot, plot(results))
    print(text)


if __name__ == "__main__":
    main()
