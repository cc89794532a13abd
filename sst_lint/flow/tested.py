"""Which tests for existence are acted upon as if nobody could come between?"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from sst_lint.facts.ops import Op
from sst_lint.facts.records import Handler
from sst_lint.facts.records import Kind as NodeKind
from sst_lint.flow.effects import Effect, Effects
from sst_lint.flow.graph import Graph
from sst_lint.flow.identity import Identity
from sst_lint.flow.locks import Locks
from sst_lint.flow.mutation import Mutations

_WRITES = ("write", "replace")
#: So many steps away from a condition a test is still part of it.
_DEPTH = 6
#: They make what was removed anew.
_MAKERS = frozenset(
    "os.symlink os.link os.rename os.replace shutil.copy shutil.copy2 shutil.copyfile shutil.move".split()
)
_MAKING = frozenset({"symlink_to", "hardlink_to", "link_to", "write_text", "write_bytes"})
_EXISTS = "FileExistsError"
_HARMLESS = {
    "mkdir": frozenset({"FileExistsError"}),
    "remove": frozenset({"FileNotFoundError"}),
}
#: What fails if the path is not there, besides copies and moves.
_ASKING = frozenset({"os.readlink", "pathlib.Path.readlink"})
#: A clause that reads one of these asks whether somebody was faster.
_LOOKS = frozenset("errno EEXIST ENOENT winerror exists lexists isdir is_dir isfile is_file islink".split())
_BROAD = frozenset({"OSError", "IOError", "EnvironmentError", "Exception", "BaseException", "error"})


@dataclass(frozen=True)
class Tested:
    """A test for existence, and what is done because of it."""

    test: Effect
    act: Effect
    anew: bool = False  #: what is removed is made anew afterwards, on every way


class Tests:
    """Judges what the functions of a linked program do after they have looked."""

    def __init__(self, linked: Mutations, graph: Graph, identity: Identity, effects: Effects, locks: Locks) -> None:
        self._linked = linked
        self._graph = graph
        self._identity = identity
        self._effects = effects
        self._locks = locks
        self._handlers: dict[tuple[int, int], list[int]] = {}
        for index, (_, _, facts) in enumerate(linked.world.units):
            for number, handler in enumerate(facts.handlers):
                self._handlers.setdefault((index, handler.tried), []).append(number)

    @cached_property
    def all(self) -> tuple[Tested, ...]:
        """Paths that are tested and then made, written or removed because of it."""
        return tuple(t for scope in self._effects.scopes() for t in self._tested_in(scope))

    @cached_property
    def instead(self) -> tuple[Tested, ...]:
        """Writes that only come where a test has found nothing, guarded ones too: whoever finds half takes it for the
        whole."""
        found = []
        for scope in self._effects.scopes():
            effects = self._effects.of(scope)
            tests = [e for e in effects if e.kind == "test" and (not e.calls or self._tells(e))]
            for act in effects if tests else ():
                for test in tests if act.kind in _WRITES and act.write is not None else ():
                    if test.call < act.call and test.path == act.path and test.path[0] != "temporary":
                        if self._decides(test, act) or self._left_early(test, act):
                            found.append(Tested(test, act))
                            break
        return tuple(found)

    def _tested_in(self, scope: int) -> Iterator[Tested]:
        effects = self._effects.of(scope)
        tests = [e for e in effects if e.kind == "test" and (not e.calls or self._answers(e))]
        for act in effects if tests else ():
            if act.kind not in ("mkdir", "remove", *_WRITES):
                continue
            if act.calls and act.kind not in _WRITES:
                continue
            for test in tests:
                if test.calls and act.calls:
                    continue  # both are told by somebody else, who may have thought of it
                if test.call < act.call and test.path == act.path and test.path[0] != "temporary":
                    if self._decides(test, act) and not self._guarded(test, act):
                        if not self._between(scope, effects, test, act):
                            yield Tested(test, act, act.kind == "remove" and self._made_anew(scope, act))
                        break

    def _answers(self, test: Effect) -> bool:
        """Whether a function of the program does nothing but answer whether its path is there."""
        return self._answered(test) == [True]

    def _tells(self, test: Effect) -> bool:
        """Whether what a function of the program answers hangs on whether its path is there, and maybe on more:
        ``return isfile(path) and getsize(path) > 0``."""
        return True in self._answered(test)

    def _answered(self, test: Effect) -> list[bool | None]:
        """For each part of what the function gives back in which a test stands: whether it holds where the test does.
        None where it says nothing of it."""
        function = self._linked.world.functions.get(self._locks.scope_of(test.site.call))
        if len(test.calls) != 1 or function is None or function.returns < 0:
            return []
        answers = [self._graph.source[n] for n in self._graph.incoming.get(function.returns, ())]
        return [truth_of(self._linked, self._graph, each, test.site.ports["return"]) for each in answers]

    def _between(self, scope: int, effects: tuple[Effect, ...], test: Effect, act: Effect) -> bool:
        """Whether what happens between the test and the act takes the act away from the test: the function itself has
        removed what it makes, has made the directory that it writes to, or needs what it removes."""
        if act.kind != "remove":
            own = ("remove", "mkdir") if act.kind in _WRITES else ("remove",)
            return any(
                e.kind in own and e.path == act.path and test.call < e.call < act.call and self._on_the_way(e, act)
                for e in effects
            )
        return any(self._needs(number, act) for number in self._locks.calls_in(scope) if test.call < number < act.call)

    def _made_anew(self, scope: int, removed: Effect) -> bool:
        """Whether a call makes the path again after it was removed, whatever the condition of the removal was."""
        linked = self._linked
        for effect in self._effects.of(scope):
            written = effect.kind in _WRITES and effect.path == removed.path and effect.call > removed.call
            if effect.write is not None and effect.write.mode == "exclusive":
                continue
            if written and self._locks.comes_to(removed.call, effect.call):
                return True
        for number in self._locks.calls_in(scope):
            if number <= removed.call or not self._locks.comes_to(removed.call, number):
                continue
            made = [node for slot, node in linked.argument_nodes(number) if slot != "dir_fd"]
            receiver = linked.receiver_of(number)
            if linked.world.calls[number].method in _MAKING and receiver >= 0:
                made = [receiver, *made]
            elif linked.externals.get(number, {}).keys().isdisjoint(_MAKERS):
                continue
            if any(self._identity.of(node) == removed.path for node in made):
                return True
        return False

    def _on_the_way(self, first: Effect, second: Effect) -> bool:
        """Whether what stands in front of a call runs before it, and not in another branch."""
        world = self._linked.world
        unit, region = world.call_unit[second.call], world.calls[second.call].region
        wanted = world.calls[first.call].region
        while region >= 0 and region != wanted:
            region = world.region(unit, region).parent
        return region == wanted

    def _needs(self, number: int, act: Effect) -> bool:
        """Whether a call fails if the path is not there: it copies or moves it, or asks where a link leads."""
        linked = self._linked
        given = [node for _, node in linked.argument_nodes(number)]
        receiver = linked.receiver_of(number)
        if not any(self._identity.of(node) == act.path for node in (*given, *((receiver,) if receiver >= 0 else ()))):
            return False
        if any(site.model.moves is not None for site in linked.sites_of.get(number, ())):
            return True
        named = linked.externals.get(number, {})
        return linked.world.calls[number].used and any(name in _ASKING for name in named)

    def _decides(self, test: Effect, act: Effect) -> bool:
        """Whether the act stands in a branch of a condition on the test, where the path is not there (or is there, for
        a removal)."""
        world = self._linked.world
        unit = world.call_unit[act.call]
        region = world.calls[act.call].region
        wanted = act.kind == "remove"
        while region >= 0:
            record = world.region(unit, region)
            if record.kind in ("if", "else") and record.node >= 0:
                condition = world.node_base[unit] + record.node
                truth = truth_of(self._linked, self._graph, condition, self._linked.result_of(test.call))
                if truth is not None:
                    return (truth == (record.kind == "if")) == wanted
            region = record.parent
        return act.kind == "mkdir" and self._left_early(test, act)

    def _left_early(self, test: Effect, act: Effect) -> bool:
        """Whether the function went another way before it came to the act where the test held. One that raises there
        says no to whoever was faster, too: what it makes then raises as well."""
        world = self._linked.world
        unit = world.call_unit[act.call]
        record = world.calls[act.call]
        around, region = {-1}, record.region
        while region >= 0:
            around.add(region)
            region = world.region(unit, region).parent
        line = world.nodes[self._linked.result_of(act.call)].line
        facts = world.units[unit][2]
        for number, left in enumerate(facts.regions):
            if left.leaves and left.parent in around and left.scope == record.scope and left.line < line:
                condition = world.node_base[unit] + left.node
                truth = truth_of(self._linked, self._graph, condition, self._linked.result_of(test.call))
                if truth is not None:
                    return truth and number not in facts.scopes[left.scope].raises
        return False

    def expects_another(self, looked: int, act: Effect) -> bool:
        """Whether a lock is held from the look to the act, or the error of the lost race is expected."""
        return self._is_held(looked, act) or self._expected(act)

    def _is_held(self, looked: int, act: Effect) -> bool:
        first = {lock.node for lock in self._locks.held(looked)}
        return any(lock.node in first for lock in self._locks.held(act.call))

    def _guarded(self, test: Effect, act: Effect) -> bool:
        """Whether a lock is held across both, or the error of the lost race is expected."""
        if self._is_held(test.call, act):
            return True
        if act.write is not None and act.write.mode in ("exclusive", "append"):
            return True
        if act.kind in _WRITES and (act.kind == "replace" and not act.calls):
            return False
        return self._expected(act)

    def _expected(self, act: Effect) -> bool:
        """Whether a ``try`` around the call expects that somebody was faster."""
        world = self._linked.world
        unit = world.call_unit[act.call]
        region = world.calls[act.call].region
        names = _HARMLESS.get(act.kind, frozenset({_EXISTS}))
        while region >= 0:
            record = world.region(unit, region)
            for number in self._handlers.get((unit, region), ()):
                handler = world.units[unit][2].handlers[number]
                caught = {world.nodes[world.node_base[unit] + t].name for t in handler.types}
                if caught & names:
                    return True
                if caught & _BROAD and self._only(unit, region, act.call):
                    return act.kind != "mkdir" or self._expects(unit, handler)
            region = record.parent
        return False

    def _expects(self, unit: int, handler: Handler) -> bool:
        """Whether a broad clause lets a lost race pass: it lets everything pass, or looks what it was. One that only
        tells of the error, or raises another one, fails for nothing."""
        if handler.trivial or handler.suppress >= 0:
            return True
        world, facts = self._linked.world, self._linked.world.units[unit][2]
        for node in facts.nodes:
            region = node.region if node.name in _LOOKS else -1
            while region >= 0:
                if region == handler.body:
                    return True
                region = world.region(unit, region).parent
        return False

    def _only(self, unit: int, region: int, call: int) -> bool:
        """Whether a ``try`` body does nothing else: then a broad clause is for this call."""
        world = self._linked.world
        inside = [n for n in self._locks.calls_in(self._locks.scope_of(call)) if world.calls[n].region == region]
        return all(n == call or n < call for n in inside) and len(inside) <= 2


def truth_of(linked: Mutations, graph: Graph, condition: int, test: int, depth: int = 0) -> bool | None:
    """True if a condition holds when the test does, False if it is negated, None if it is another one."""
    if condition == test:
        return True
    record = linked.world.nodes[condition]
    if depth > _DEPTH or record.kind != NodeKind.VALUE or record.name == "compare":
        return None
    for number in graph.incoming.get(condition, ()):
        if graph.op[number] in (Op.SAME, Op.ONLY_VALUE) and graph.label[number] == 0:
            found = truth_of(linked, graph, graph.source[number], test, depth + 1)
            if found is not None:
                return not found if record.name == "not" else found
    return None
