"""How do time and memory grow with the size of a program, and do shapes that are known to be hard stay bounded?

Each row is measured in a process of its own, in seconds of CPU, so that the peak of memory is its own. The corpus is
the standard library of the interpreter, tests included, in the order of its paths, and again under other names where
that is not enough; the hard shapes are made here.

    python bench/scale/run.py [--write FILE] [--sizes 10000,50000,200000,500000,1000000]
"""

from __future__ import annotations

import argparse
import gc
import json
import platform
import resource
import subprocess
import sys
import sysconfig
import threading
import time
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path

_STACK = 512 << 20
_DEPTH = 50_000
_COPIES = 10
Files = list[tuple[str, bytes]]


def library(lines: int) -> Files:
    """Return files of the standard library until ``lines`` lines are together; each further copy has a folder."""
    root, found, count = Path(sysconfig.get_path("stdlib")), [], 0
    paths = [path for path in sorted(root.rglob("*.py")) if path.is_file()]
    for copy in range(_COPIES):
        above = f"copy{copy}/" if copy else ""
        for path in paths:
            relative = path.relative_to(root)
            if relative.parts[0] in ("site-packages", "dist-packages"):
                continue
            data = path.read_bytes()
            found.append((above + relative.as_posix(), data))
            count += data.count(b"\n")
            if count >= lines:
                return found
    return found


def ring(count: int) -> Files:
    """Return ``count`` functions of which each calls the next, the last the first; a set goes round."""
    parts = [f"def f{n}(x):\n    return f{(n + 1) % count}(x) if x else list(x)\n" for n in range(count)]
    return [("ring.py", "\n".join((*parts, _USE.format(call="f0({1, 2})"))).encode())]


def clique(count: int) -> Files:
    """Return ``count`` functions that all call each other."""
    body = "".join(f"    x = f{n}(x) or x\n" for n in range(count))
    parts = [f"def f{n}(x):\n{body}    return list(x)\n" for n in range(count)]
    return [("clique.py", "\n".join((*parts, _USE.format(call="f0({1, 2})"))).encode())]


def wide(count: int) -> Files:
    """Return one module of ``count`` functions with a loop, a set and a write each."""
    parts = [
        f"def f{n}(items, path):\n    with open(path + '{n}.json', 'w') as out:\n        for item in set(items):\n"
        f"            out.write(item)\n    return f{max(n - 1, 0)}(items, path)\n"
        for n in range(count)
    ]
    return [("wide.py", "\n".join(parts).encode())]


def dispatch(count: int) -> Files:
    """Return a call that may call ``count`` functions (a table), and a method with as many overrides."""
    functions = [f"def f{n}(x):\n    return list(x)\n" for n in range(count)]
    table = "TABLE = {" + ", ".join(f"'k{n}': f{n}" for n in range(count)) + "}\n"
    classes = [f"class C{n}(Base):\n    def work(self, x):\n        return list(x)\n" for n in range(count)]
    base = "class Base:\n    def work(self, x):\n        raise NotImplementedError\n"
    calls = "def chosen(name, x, worker: Base):\n    return TABLE[name](x) + worker.work(x)\n"
    text = "\n".join((*functions, table, base, *classes, calls, _USE.format(call="chosen('k1', {1, 2}, C1())")))
    return [("dispatch.py", text.encode())]


_USE = """
def main():
    with open("out.json", "w") as out:
        out.write(str({call}))
"""

ROWS: dict[str, Callable[[int], Files]] = {
    "standard library": library,
    "ring of calls": ring,
    "everybody calls everybody": clique,
    "functions in one module": wide,
    "callees of one call": dispatch,
}


def measure(kind: str, size: int) -> dict[str, float]:
    """Return lines, CPU seconds of facts, link and checks, findings, and the peak of memory in MB."""
    from sst_lint import checks
    from sst_lint.catalogue import load_models
    from sst_lint.config import Config
    from sst_lint.engine import Failures, extract_all
    from sst_lint.flow import link
    from sst_lint.source.read import parse
    from sst_lint.source.records import Source

    gc.disable()
    config = Config()
    sources = [each for name, data in ROWS[kind](size) if isinstance(each := parse(name, data, config), Source)]
    times = [time.process_time()]
    facts = extract_all(sources, Failures())
    times.append(time.process_time())
    project = link(facts, load_models(), config)
    times.append(time.process_time())
    found = checks.run(project, config)
    times.append(time.process_time())
    lines = sum(source.text.count("\n") for source in sources)
    spent = [after - before for before, after in pairwise(times)]
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return dict(zip(("lines", "facts", "link", "checks", "findings", "memory"), (lines, *spent, len(found), peak)))


def rows(sizes: list[int]) -> Iterator[tuple[str, int]]:
    """Return what is measured, in the order of the table."""
    yield from (("standard library", size) for size in sizes)
    yield from (("ring of calls", 100), ("ring of calls", 1000))
    yield from (("everybody calls everybody", 20), ("everybody calls everybody", 80))
    yield from (("functions in one module", 500), ("functions in one module", 5000))
    yield from (("callees of one call", 30), ("callees of one call", 300))


def table(sizes: list[int]) -> str:
    """Measure everything and return the table as Markdown."""
    out = [
        f"Python {platform.python_version()}, {platform.system()}, seconds of CPU; facts are made in one process. "
        "Growth: time for each line, times that of the first row of the program.",
        "",
        "| program | size | lines | facts s | link s | checks s | link and checks, s per 10,000 lines | growth "
        "| memory MB |",
        "|---|---:|---:|---:|---:|---:|---:|---:|---:|",
    ]
    first: dict[str, float] = {}
    for kind, size in rows(sizes):
        done = subprocess.run(
            [sys.executable, __file__, "--one", kind, str(size)], capture_output=True, text=True, check=True
        )
        row = json.loads(done.stdout)
        lines, linked = max(row["lines"], 1), row["link"] + row["checks"]
        each = (row["facts"] + linked) / lines
        out.append(
            f"| {kind} | {size:,} | {lines:,.0f} | {row['facts']:.1f} | {row['link']:.1f} | {row['checks']:.1f} "
            f"| {linked / lines * 10_000:.2f} | {each / first.setdefault(kind, each):.2f} | {row['memory']:,.0f} |"
        )
        print(out[-1], file=sys.stderr)
    return "\n".join(out) + "\n"


def main() -> None:
    """Measure one row (for the process of its own), or all."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--write", type=Path)
    parser.add_argument("--sizes", default="10000,50000,200000,500000")
    parser.add_argument("--one", nargs=2)
    options = parser.parse_args()
    if options.one:
        print(json.dumps(measure(options.one[0], int(options.one[1]))))
        return
    text = table([int(size) for size in options.sizes.split(",")])
    if options.write:
        from sst_lint.runtime import write_atomic_text

        write_atomic_text(options.write, text)
    print(text)


if __name__ == "__main__":
    threading.stack_size(_STACK)
    sys.setrecursionlimit(_DEPTH)
    thread = threading.Thread(target=main)
    thread.start()
    thread.join()
