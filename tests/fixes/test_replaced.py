"""What becomes of protocols and updates by hand, statement by statement, and which of them are left to a person?"""

from __future__ import annotations

from pathlib import Path
from textwrap import dedent

import pytest

from tests.fixes.fixing import run

HEAD = "import json\nimport os\nimport tempfile\nfrom pathlib import Path\n"

REPLACED = {
    "a guarded descriptor": (
        """
        def save(payload: dict, target: Path) -> None:
            fd, tmp = tempfile.mkstemp(dir=target.parent)
            try:
                with os.fdopen(fd, "w", encoding="utf-8") as f:
                    json.dump(payload, f, sort_keys=True)
                os.replace(tmp, target)
            except BaseException:
                os.unlink(tmp)
                raise
        """,
        """
        def save(payload: dict, target: Path) -> None:
            with atomic_open(target, "w", encoding="utf-8") as f:
                json.dump(payload, f, sort_keys=True)
        """,
    ),
    "a target that makes room": (
        """
        def fetch(source, target: Path) -> None:
            tmp = f"{target}.tmp"
            with open(tmp, "wb") as f:
                while True:
                    chunk = source.read()
                    if not chunk:
                        break
                    f.write(chunk)
            if os.path.exists(target):
                os.remove(target)
            os.rename(tmp, target)
        """,
        """
        def fetch(source, target: Path) -> None:
            with atomic_open(target, "wb") as f:
                while True:
                    chunk = source.read()
                    if not chunk:
                        break
                    f.write(chunk)
        """,
    ),
    "a writer that opens the file itself": (
        """
        def export(frame, target: Path) -> None:
            tmp = target.with_suffix(".tmp.parquet")
            frame.to_parquet(tmp)
            os.chmod(tmp, 0o644)
            os.replace(tmp, target)
        """,
        """
        def export(frame, target: Path) -> None:
            with atomic_path(target) as tmp:
                frame.to_parquet(tmp)
                os.chmod(tmp, 0o644)
        """,
    ),
    "an update of several steps": (
        """
        def register(root: Path, runs: dict) -> None:
            index_file = root / "index.json"
            with open(index_file, encoding="utf-8") as handle:
                index = json.load(handle)

            # the newest wins
            for run in sorted(runs):
                index[run] = runs[run]
            index["count"] = len(index)
            with open(index_file, "w", encoding="utf-8") as handle:
                json.dump(index, handle, indent=2, sort_keys=True)
        """,
        """
        def register(root: Path, runs: dict) -> None:
            index_file = root / "index.json"

            def change(index: dict) -> dict:
                # the newest wins
                for run in sorted(runs):
                    index[run] = runs[run]
                index["count"] = len(index)
                return index

            update_index_with_lock(index_file, change)
        """,
    ),
}

LEFT = {
    "a final name that comes after the writing": """
        def pack(folder: Path, build) -> Path:
            (fd, tmp) = tempfile.mkstemp(suffix=".json", dir=str(folder))
            with open(fd, "w", encoding="utf-8") as f:
                made = build(f)
                f.write("{}")
            final = folder / made.name
            os.replace(tmp, str(final))
            return final
        """,
    "a final name that the block makes": """
        def pack(folder: Path, lines) -> None:
            tmp = folder / "part.json"
            with open(tmp, "w", encoding="utf-8") as f:
                for line in lines:
                    f.write(line)
                    name = line.strip()
            os.replace(tmp, folder / name)
        """,
    "a final name that is made between": """
        def pack(folder: Path, frame) -> None:
            tmp = folder / "part.parquet"
            frame.to_parquet(tmp)
            final = folder / f"{len(frame)}.parquet"
            os.replace(tmp, final)
        """,
    "a way out before the move": """
        def save(payload: dict, target: Path) -> bool:
            tmp = target.with_suffix(".tmp")
            with open(tmp, "w", encoding="utf-8") as f:
                if not payload:
                    return False
                json.dump(payload, f, sort_keys=True)
            os.replace(tmp, target)
            return True
        """,
    "a remark about the move": """
        def save(payload: dict, target: Path) -> None:
            tmp = target.with_suffix(".tmp")
            with open(tmp, "w", encoding="utf-8") as f:
                json.dump(payload, f, sort_keys=True)
            # the reader waits for this
            os.replace(tmp, target)
        """,
    "a list": """
        def note(root: Path, run: str) -> None:
            known = json.loads((root / "runs.json").read_text(encoding="utf-8"))
            known.append(run)
            with open(root / "runs.json", "w+", encoding="utf-8") as handle:
                json.dump(known, handle, sort_keys=True)
        """,
    "content that is used afterwards": """
        def note(root: Path, run: str) -> int:
            known = json.loads((root / "runs.json").read_text(encoding="utf-8"))
            known[run] = True
            with open(root / "runs.json", "w+", encoding="utf-8") as handle:
                json.dump(known, handle, sort_keys=True)
            return len(known)
        """,
}


def fixed(code: str, root: Path) -> str:
    """Return what the fixes of these rules make of a module, without its imports."""
    (root / "sst-lint.toml").write_text("")
    (root / "module.py").write_text(HEAD + "\n" + dedent(code))
    done = run(root, select=("SST101", "SST102", "SST110"))
    assert done.problems() == []
    return "def " + done.after["module.py"].decode().partition("def ")[2]


@pytest.mark.parametrize("name", REPLACED)
def test_what_stands_in_one_block_becomes_one_call(name: str, tmp_path: Path) -> None:
    before, after = REPLACED[name]
    assert fixed(before, tmp_path) == dedent(after).lstrip()


@pytest.mark.parametrize("name", LEFT)
def test_what_is_more_than_that_is_left_to_a_person(name: str, tmp_path: Path) -> None:
    assert fixed(LEFT[name], tmp_path) == dedent(LEFT[name]).lstrip()


@pytest.mark.parametrize(
    ("oldest", "made", "helped"), [("2.7", False, False), ("3.6", True, False), ("3.8", True, True)]
)
def test_what_the_oldest_python_cannot_do_is_not_written(oldest: str, made: bool, helped: bool, tmp_path: Path) -> None:
    code = """
    def save(folder, data):
        if not os.path.exists(folder):
            os.makedirs(folder)
        with open(os.path.join(folder, "a.json"), "wb") as f:
            f.write(data)
    """
    (tmp_path / "module.py").write_text(HEAD + dedent(code))
    (tmp_path / "sst-lint.toml").write_text(f'target-version = "{oldest}"')
    run(tmp_path)
    text = (tmp_path / "module.py").read_text()
    assert ("exist_ok=True" in text) is made
    assert ("atomic_open" in text) is helped


def test_a_name_that_the_file_has_is_imported_under_another(tmp_path: Path) -> None:
    code = """
    def atomic_open(path):
        return path


    def save(target: Path) -> None:
        with open(target / "a.json", "w", encoding="utf-8") as f:
            f.write("{}")
    """
    text = fixed(code, tmp_path)
    assert "with sst_atomic_open(target" in text
    assert "import atomic_open as sst_atomic_open\n" in (tmp_path / "module.py").read_text()


def test_a_new_logger_stands_below_the_import_that_makes_it(tmp_path: Path) -> None:
    code = """\
    # coding: utf-8
    from __future__ import absolute_import

    __author__ = "nobody"
    level = 3

    import logging
    import os

    try:
        import fast
    except:
        fast = None


    def load(path):
        try:
            return open(path).read()
        except:
            return fast
    """
    (tmp_path / "module.py").write_text(dedent(code))
    (tmp_path / "sst-lint.toml").write_text("")
    run(tmp_path)
    text = (tmp_path / "module.py").read_text()
    assert "import os\n\nlogger = logging.getLogger(__name__)\n\ntry:" in text
    assert "except Exception:\n    fast = None" in text
    assert 'except Exception:\n        logger.warning("load failed", exc_info=True)\n        return fast' in text


def test_a_package_stands_together(tmp_path: Path) -> None:
    code = """\
    import json
    from docopt import docopt
    from tabulate import tabulate

    import acme
    from acme.utils import log


    def save(path, data):
        with open(path + "/a.json", "w", encoding="utf-8") as f:
            json.dump(data, f)
    """
    (tmp_path / "module.py").write_text(dedent(code))
    (tmp_path / "sst-lint.toml").write_text("")
    run(tmp_path, helpers="acme._sst")
    assert "import acme\nfrom acme._sst import atomic_open\nfrom acme.utils" in (tmp_path / "module.py").read_text()
