"""Is a run the same, byte for byte, cold, warm, with one worker or two, by an executor, and after any change?"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import Executor, ProcessPoolExecutor, ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest

from sst_lint.engine import Options, check, workers
from sst_lint.engine import road as road_module
from sst_lint.facts.store import DIRECTORY, NAME
from sst_lint.findings import Report
from sst_lint.output import FORMATS, Style

PIPELINE = Path(__file__).resolve().parents[2] / "fixtures" / "projects" / "legacy_pipeline"
LOW = Options(overrides={"min_confidence": "low", "select": ("ALL",)}, cache=True)


@pytest.fixture(scope="module")
def fresh(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, str]]:
    """A copy of the pipeline, and what every format says of it without any store."""
    place = tmp_path_factory.mktemp("reuse") / "pipeline"
    shutil.copytree(PIPELINE, place, ignore=shutil.ignore_patterns("__pycache__", DIRECTORY))
    (place / "sst-lint.toml").write_text("")
    printed = outputs(check([place], replace(LOW, cache=False)))
    assert not (place / DIRECTORY).exists()
    assert printed["json"].count("fingerprint") > 100
    return place, printed


@pytest.fixture
def project(fresh: tuple[Path, dict[str, str]], tmp_path: Path) -> Path:
    return Path(shutil.copytree(fresh[0], tmp_path / "pipeline", ignore=shutil.ignore_patterns(DIRECTORY)))


@pytest.fixture
def counted(monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, int]]:
    """How often the parser and the linker were asked for anything."""
    counts = {"files": 0, "links": 0}
    read_all, link_all = workers.read_all, road_module.link_all

    def reads(tasks, *rest):  # type: ignore[no-untyped-def]
        counts["files"] += len(tasks)
        return read_all(tasks, *rest)

    def links(*given):  # type: ignore[no-untyped-def]
        counts["links"] += 1
        return link_all(*given)

    monkeypatch.setattr(workers, "read_all", reads)
    monkeypatch.setattr(road_module, "link_all", links)
    return counts


def outputs(report: Report) -> dict[str, str]:
    """Everything that any format prints of a report, paths of the place left out."""
    here = report.base
    return {name: render(report, Style(show_suppressed=True)).replace(here, "") for name, render in FORMATS.items()}


def age(project: Path) -> None:
    """Let all files be older than any doubt about their times."""
    past = time.time() - 3600
    for path in sorted(project.rglob("*.py")):
        os.utime(path, (past, past))


def test_cold_and_warm(fresh: tuple[Path, dict[str, str]], project: Path, counted: dict[str, int]) -> None:
    files = len(list(project.rglob("*.py")))
    assert outputs(check([project], LOW)) == fresh[1]
    assert counted == {"files": files, "links": 1}
    assert outputs(check([project], LOW)) == fresh[1]
    assert counted == {"files": files, "links": 1}


def test_a_subset_and_a_baseline_are_served_from_the_whole(project: Path, counted: dict[str, int]) -> None:
    check([project], LOW)
    part = project / "legacy_pipeline" / "tracking"
    plain = check([part], replace(LOW, cache=False))
    counted.update(files=0, links=0)
    assert outputs(check([part], LOW)) == outputs(plain) and counted["links"] == 0
    from sst_lint.engine import compare_project
    from sst_lint.findings.baseline import Baseline

    empty = Baseline("b", (), ())
    compared = [compare_project(project, replace(LOW, cache=cache), empty) for cache in (False, True)]
    assert compared[0] == compared[1] and counted["links"] == 1


def test_a_restored_store_serves_a_fresh_checkout(
    fresh: tuple[Path, dict[str, str]], project: Path, counted: dict[str, int]
) -> None:
    check([project], LOW)
    elsewhere = project.with_name("elsewhere")
    shutil.copytree(project, elsewhere, copy_function=shutil.copyfile)
    counted.update(files=0, links=0)
    assert outputs(check([elsewhere], LOW)) == fresh[1]
    assert counted == {"files": 0, "links": 0}


def test_only_what_changed_is_read_again(project: Path, counted: dict[str, int]) -> None:
    check([project], LOW)
    file = project / "legacy_pipeline" / "settings.py"
    file.write_text("import os\n" + file.read_text() + "\n\ndef added(root):\n    return os.listdir(root)[0]\n")
    counted.update(files=0, links=0)
    changed = check([project], LOW)
    assert counted == {"files": 1, "links": 1}
    assert outputs(changed) == outputs(check([project], replace(LOW, cache=False)))


def test_unchanged_units_of_a_changed_file_are_not_read_again(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from sst_lint import facts

    check([project], LOW)
    file = project / "legacy_pipeline" / "settings.py"
    file.write_text(file.read_text() + "\n\ndef added(root):\n    return root\n")
    extract, read = facts.extract, []
    monkeypatch.setattr(facts, "extract", lambda unit: (read.append(unit.qualname), extract(unit))[1])
    check([project], LOW)
    assert read == ["<module>", "added"]


def test_fixes_of_other_files_are_not_worked_out_again(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from sst_lint.fixes import repair

    mended = repair.fixes_in
    asked: list[str] = []
    monkeypatch.setattr(repair, "fixes_in", lambda path, *rest: (asked.append(path), mended(path, *rest))[1])
    wanted = replace(LOW, fixes=True)
    check([project], wanted)
    assert len(asked) > 10
    asked.clear()
    file = project / "legacy_pipeline" / "tracking" / "index.py"
    file.write_text(file.read_text() + "\n\ndef added(root, out):\n    out.write(str(set(root)))\n    return root\n")
    changed = outputs(check([project], wanted))
    assert asked == ["legacy_pipeline/tracking/index.py"]
    assert changed == outputs(check([project], replace(wanted, cache=False)))


def test_what_is_removed_or_renamed_is_gone(project: Path) -> None:
    check([project], LOW)
    (project / "legacy_pipeline" / "settings.py").rename(project / "legacy_pipeline" / "options.py")
    (project / "legacy_pipeline" / "tracking" / "index.py").unlink()
    assert outputs(check([project], LOW)) == outputs(check([project], replace(LOW, cache=False)))


def test_a_change_that_keeps_size_and_time_is_seen(tmp_path: Path) -> None:
    file = tmp_path / "a.py"
    file.write_text("try:\n    x = 1\nexcept:\n    x = 2\n")
    (tmp_path / "sst-lint.toml").write_text("")
    assert [each.rule for each in check([tmp_path], LOW).findings] == ["SST401"]
    status = file.stat()
    for _ in range(3):  # at once: within one tick of the clock of many file systems
        file.write_text("try:\n    x = 1\nexcept A:\n    x = 2\n"[: status.st_size])
        os.utime(file, ns=(status.st_atime_ns, status.st_mtime_ns))
        assert [each.rule for each in check([tmp_path], LOW).findings] == ["SST900"]
        file.write_text("try:\n    x = 1\nexcept:\n    x = 2\n")
        os.utime(file, ns=(status.st_atime_ns, status.st_mtime_ns))
        assert [each.rule for each in check([tmp_path], LOW).findings] == ["SST401"]


def test_files_that_are_beyond_doubt_are_not_opened(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from sst_lint.engine import inventory

    quiet = replace(LOW, overrides={"select": ("SST900",)})
    monkeypatch.setattr(inventory, "_DOUBTFUL_NS", -(10**18))
    check([project], quiet)
    opened: list[str] = []
    monkeypatch.setattr(inventory, "read_bytes", lambda path, root: opened.append(path))
    assert check([project], quiet).findings == () and opened == []


def test_configuration_counts(project: Path, counted: dict[str, int]) -> None:
    check([project], LOW)
    for options in (
        replace(LOW, overrides={"select": ("SST4",)}),
        replace(LOW, overrides={"min_confidence": "high"}),
        replace(LOW, overrides={"min_confidence": "high", "artifact_patterns": ("x*",)}),
    ):
        before = counted["links"]
        assert outputs(check([project], options)) == outputs(check([project], replace(options, cache=False)))
        assert counted["links"] == before + 2
        check([project], options)
        assert counted["links"] == before + 2


def test_suppressions_and_waivers_count(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text("try:\n    x = 1\nexcept:  # FINE: because\n    x = 2\n")
    (tmp_path / "sst-lint.toml").write_text("")
    assert len(check([tmp_path], Options(cache=True)).reported) == 1
    (tmp_path / "sst-lint.toml").write_text('waivers = ["FINE"]\n')
    assert len(check([tmp_path], Options(cache=True)).reported) == 0
    (tmp_path / "sst-lint.toml").write_text("")
    assert len(check([tmp_path], Options(cache=True)).reported) == 1


def test_an_internal_error_is_not_remembered(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from sst_lint import facts

    extract = facts.extract

    def broken(unit):  # type: ignore[no-untyped-def]
        if unit.qualname == "<module>" and "json" in unit.text:
            raise KeyError("boom")
        return extract(unit)

    with monkeypatch.context() as patch:
        patch.setattr(facts, "extract", broken)
        assert check([project], LOW).exit_code == 2
        assert check([project], LOW).exit_code == 2
    assert check([project], LOW).exit_code == 1


def test_a_damaged_store_changes_nothing_but_a_note(fresh: tuple[Path, dict[str, str]], project: Path) -> None:
    check([project], LOW)
    (project / DIRECTORY / NAME).write_bytes(b"x" * 5000)
    report = check([project], LOW)
    assert outputs(report) == fresh[1]
    assert report.notes == (".sst_cache/store.db: damaged (file is not a database), so it is thrown away",)
    assert check([project], LOW).notes == ()


def test_nonsense_with_a_right_checksum_is_read_anew(
    fresh: tuple[Path, dict[str, str]], project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from sst_lint.facts.store import Store

    keep = Store.keep
    for nonsense in (lambda body: body[: len(body) // 2], lambda body: b"\xc1" + body, lambda body: body[::-1]):
        shutil.rmtree(project / DIRECTORY, ignore_errors=True)
        with monkeypatch.context() as patch:
            patch.setattr(Store, "keep", lambda self, rows, f=nonsense: keep(self, {k: f(v) for k, v in rows.items()}))
            check([project], LOW)
        assert outputs(check([project], LOW)) == fresh[1]


@pytest.fixture
def eager(monkeypatch: pytest.MonkeyPatch) -> None:
    """Processes are worth their while for small projects too."""
    monkeypatch.setattr(workers, "_SMALL", 0)
    monkeypatch.setattr(workers, "_LEAST_BATCH", 2000)
    monkeypatch.setattr(workers, "_can_start_processes", lambda: True)


@pytest.mark.usefixtures("eager")
@pytest.mark.parametrize("jobs", [1, 2, 3])
def test_workers(fresh: tuple[Path, dict[str, str]], project: Path, jobs: int) -> None:
    assert outputs(check([project], replace(LOW, jobs=jobs))) == fresh[1]
    assert outputs(check([project], replace(LOW, jobs=jobs, cache=False))) == fresh[1]


@pytest.mark.parametrize("kind", [ThreadPoolExecutor, ProcessPoolExecutor])
def test_an_executor_that_is_handed_in(fresh: tuple[Path, dict[str, str]], project: Path, kind: type[Executor]) -> None:
    with kind(2) as executor:  # type: ignore[call-arg]
        assert outputs(check([project], replace(LOW, executor=executor, cache=False))) == fresh[1]


def test_a_dask_cluster(fresh: tuple[Path, dict[str, str]], project: Path) -> None:
    distributed = pytest.importorskip("distributed", reason="the extra `dask` is not installed")
    with distributed.Client(n_workers=2, threads_per_worker=1, dashboard_address=None) as client:
        executor = client.get_executor()
        assert outputs(check([project], replace(LOW, executor=executor, cache=False))) == fresh[1]


class Killed(ProcessPoolExecutor):
    """A pool whose workers die at once."""

    def map(self, *given, **named):  # type: ignore[no-untyped-def]
        return super().map(os._exit, [1])


@pytest.mark.usefixtures("eager")
def test_workers_that_are_killed_are_replaced_by_this_process(
    fresh: tuple[Path, dict[str, str]], project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("concurrent.futures.ProcessPoolExecutor", Killed)
    assert outputs(check([project], replace(LOW, jobs=2, cache=False))) == fresh[1]


INTERRUPTED = """
import signal, sys, time
signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell that starts jobs in the background takes it away
from sst_lint.engine import workers
workers._SMALL, workers._LEAST_BATCH = 0, 2000
from sst_lint.cli import main
from sst_lint import facts
from pathlib import Path
extract = facts.extract
def slow(unit):
    Path(sys.argv[1], "started").touch()
    time.sleep(60)
    return extract(unit)
facts.extract = slow
main(["check", sys.argv[1], "--jobs", "2"])
"""


@pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX")
@pytest.mark.parametrize("jobs", ["1", "2"])
def test_an_interrupt_ends_all_at_once(project: Path, jobs: str) -> None:
    import signal

    code = INTERRUPTED.replace('"2"', f'"{jobs}"')
    process = subprocess.Popen(
        [sys.executable, "-c", code, os.fspath(project)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    while not (project / "started").exists() and process.poll() is None:
        time.sleep(0.05)
    os.killpg(process.pid, signal.SIGINT)  # as a terminal does: to the workers too
    out, err = process.communicate(timeout=50)  # ends with its workers: they hold the pipes
    assert (process.returncode, out, err.strip()) == (130, "", "sst-lint: interrupted")


@pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX")
def test_workers_end_with_a_parent_that_is_killed(project: Path) -> None:
    process = subprocess.Popen(
        [sys.executable, "-c", INTERRUPTED, os.fspath(project)], stdout=subprocess.PIPE, start_new_session=True
    )
    while not (project / "started").exists() and process.poll() is None:
        time.sleep(0.05)
    process.kill()
    out, _ = process.communicate(timeout=50)  # returns when nobody holds the pipe any more
    assert out == b"" and process.returncode == -9


KILLED = """
import os, signal, sys
from sst_lint.facts import store
left = int(sys.argv[2])
trim = store._trim
def killed(*given):
    global left
    left -= 1
    if left < 0:
        os.kill(os.getpid(), signal.SIGKILL)
    trim(*given)
store._trim = killed  # in the middle of a transaction
from sst_lint.engine import Options, check
check([sys.argv[1]], Options(overrides={"min_confidence": "low", "select": ("ALL",)}, cache=True))
"""


@pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX")
@pytest.mark.parametrize("saved", [0, 1], ids=["the facts", "the run"])
def test_a_run_that_is_killed_while_it_writes_leaves_a_good_store(
    fresh: tuple[Path, dict[str, str]], project: Path, counted: dict[str, int], saved: int
) -> None:
    words = [sys.executable, "-c", KILLED, os.fspath(project), str(saved)]
    assert subprocess.run(words, check=False).returncode == -9
    report = check([project], LOW)
    assert outputs(report) == fresh[1] and not report.notes
    files = len(list(project.rglob("*.py")))
    assert counted == {"files": 0 if saved else files, "links": 1}


def test_two_runs_at_once_leave_a_good_store(
    fresh: tuple[Path, dict[str, str]], project: Path, counted: dict[str, int]
) -> None:
    words = [
        sys.executable,
        "-m",
        "sst_lint",
        "check",
        "--select",
        "ALL",
        "--min-confidence",
        "low",
        "--format",
        "json",
    ]
    both = [
        subprocess.Popen(
            [*words, "--jobs", jobs, os.fspath(project)],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env={**os.environ, "PYTHONHASHSEED": jobs},
        )
        for jobs in ("1", "2")
    ]
    (first, said), (second, also_said) = [each.communicate(timeout=300) for each in both]
    assert first == second and first.count("fingerprint") > 100
    assert not said and not also_said
    assert outputs(check([project], LOW)) == fresh[1]
    assert counted == {"files": 0, "links": 0}
