"""The long form of the generated programs, for ``make generated``: do 10,000 go all the way, in bounded time?

Each goes through units, facts, linking and every check, alone or two as one project, in both orders of its files. What
crashes is cut down to its smallest form and shown. The bound is on the processor time of one project.

    python tests/properties/generated.py [--programs 10000] [--seconds 5] [--seed 0]
"""

from __future__ import annotations

import argparse
import sys
import time
from dataclasses import dataclass, field

from hypothesis import HealthCheck, given, seed, settings
from hypothesis import strategies as st
from hypothesis.errors import UnsatisfiedAssumption
from programs import programs
from test_generated_programs import CONFIG, linked

from sst_lint import checks

#: So many projects are drawn at once; the next ones come of another seed.
ROUND = 250


@dataclass
class Count:
    """What was seen so far."""

    programs: int = 0
    lines: int = 0
    refused: int = 0
    defects: int = 0
    rules: dict[str, int] = field(default_factory=dict)
    seconds: float = 0.0
    slowest: float = 0.0
    slowest_lines: int = 0

    def add(self, texts: list[str], rules: list[str], seconds: float) -> None:
        """Add one project."""
        lines = sum(text.count("\n") for text in texts)
        self.programs += len(texts)
        self.lines += lines
        self.defects += len(rules)
        for rule in rules:
            self.rules[rule] = self.rules.get(rule, 0) + 1
        self.seconds += seconds
        if seconds > self.slowest:
            self.slowest, self.slowest_lines = seconds, lines


def examine(texts: list[str], count: Count) -> None:
    """One project goes all the way, twice: the same defects, each on a line that is there."""
    files = {f"pkg/{name}.py": text for name, text in zip("ab", texts, strict=False)}
    start = time.process_time()
    try:
        found = checks.run(linked(files), CONFIG)
        again = checks.run(linked(dict(reversed(files.items()))), CONFIG) if len(files) > 1 else found
    except UnsatisfiedAssumption:
        count.refused += 1  # the parser does not take it: a `nonlocal` without a name, a `return` with a `yield` ...
        return
    assert found == again, "the order of the files matters"
    for defect in found:
        assert 0 < defect.location.line <= files[defect.location.path].count("\n") + 1
    count.add(texts, [defect.rule for defect in found], time.process_time() - start)


def draw(number: int, count: Count) -> None:
    """One round of projects."""

    @seed(number)
    @settings(max_examples=ROUND, deadline=None, database=None, suppress_health_check=list(HealthCheck))
    @given(st.lists(programs(), min_size=1, max_size=2))
    def all_the_way(texts: list[str]) -> None:
        examine(texts, count)

    all_the_way()


def main(arguments: list[str]) -> int:
    """Draw programs until there are enough; 1 when one took too long, a traceback when one crashed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--programs", type=int, default=10_000)
    parser.add_argument("--seconds", type=float, default=5.0, help="processor time that one project may take")
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args(arguments)
    count, number = Count(), options.seed
    while count.programs < options.programs:
        draw(number, count)
        number += 1
        print(f"{count.programs} programs, {count.seconds:.0f} s", file=sys.stderr, flush=True)
    rules = ", ".join(f"{rule} {n}" for rule, n in sorted(count.rules.items()))
    print(
        f"{count.programs} programs of {count.lines} lines, {count.refused} projects refused by the parser: no crash, "
        f"{count.defects} defects ({rules}); {count.seconds:.0f} s of processor time, "
        f"at most {count.slowest:.1f} s for one project (of {count.slowest_lines} lines)"
    )
    return 1 if count.slowest > options.seconds else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
