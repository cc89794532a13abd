"""What the tests of the faces share: a small project whose findings are known, and how a command is run in it."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from importlib.metadata import entry_points
from pathlib import Path

import sst_lint

#: a listing that is written by another module: found by linking alone
FILES = {
    "pyproject.toml": "[tool.sst-lint]\n",
    "app/__init__.py": "",
    "app/listing.py": "import os\n\n\ndef names(folder):\n    return os.listdir(folder)\n",
    "app/manifest.py": (
        "import json\n\nfrom app.listing import names\n\n\n"
        "def save(folder, stream):\n    json.dump({'files': names(folder)}, stream, sort_keys=True)\n\n\n"
        "def run(folder):\n    with open('manifest.json', 'w') as stream:\n        save(folder, stream)\n"
    ),
    "app/clean.py": "def twice(number):\n    return 2 * number\n",
}
LISTING = "app/listing.py:5:12: SST201"
WRITE = "app/manifest.py:11:10: SST101"

_ROOT = Path(sst_lint.__file__).parent.parent
#: an environment whose package was installed before it had the plugin tells flake8 where it is
LOCAL_PLUGIN = "[flake8]\n[flake8:local-plugins]\nextension =\n    SST = sst_lint.flake8_plugin:Plugin\n"


def write(folder: Path, files: Mapping[str, str]) -> Path:
    """Write the files, given by path, and return the folder."""
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")
    return folder


def environment(**more: str) -> dict[str, str]:
    """The environment of a command: this package, and nothing that the machine says about git or colors."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("GIT_", "PRE_COMMIT", "FLAKE8"))}
    scripts = os.pathsep.join([str(Path(sys.executable).parent), kept.get("PATH", os.defpath)])
    return {**kept, "PATH": scripts, "PYTHONPATH": str(_ROOT), "NO_COLOR": "1", **more}


def run(words: Sequence[str], folder: Path, text: str | None = None, **more: str) -> subprocess.CompletedProcess[str]:
    """Run a command in the folder; ``text`` is its standard input."""
    return subprocess.run(
        list(words), cwd=folder, input=text, capture_output=True, text=True, check=False, env=environment(**more)
    )


def sst(folder: Path, *words: str, **more: str) -> subprocess.CompletedProcess[str]:
    """Run ``sst-lint`` in the folder."""
    return run([sys.executable, "-m", "sst_lint", *words], folder, **more)


def flake8(folder: Path, *words: str, text: str | None = None) -> subprocess.CompletedProcess[str]:
    """Run ``flake8`` in the folder, with the plugin."""
    installed = any(each.name == "SST" for each in entry_points(group="flake8.extension"))
    if not installed:
        (folder / ".plugin").write_text(LOCAL_PLUGIN, encoding="utf-8")
    extra = () if installed else ("--append-config", ".plugin")
    return run([sys.executable, "-m", "flake8", *extra, *words], folder, text)


def places(output: str) -> list[str]:
    """``path:line:column: CODE`` of each line that reports a finding of ours, in order."""
    lines = [line.split(" ") for line in output.splitlines()]
    return [f"{words[0].removeprefix('./')} {words[1]}" for words in lines if words[1:] and words[1].startswith("SST")]


def git_names() -> dict[str, str]:
    """Whoever commits in a test, and no configuration of the machine."""
    who = {"NAME": "Ada", "EMAIL": "ada@example.org"}
    named = {f"GIT_{role}_{what}": value for role in ("AUTHOR", "COMMITTER") for what, value in who.items()}
    return {**named, "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1"}


def git(folder: Path, *words: str) -> str:
    """Run git in the folder and return what it prints."""
    done = run(["git", *words], folder, **git_names())
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def repository(folder: Path, files: Mapping[str, str], commit: bool = True) -> Path:
    """Make a repository of the files, committed unless it is to have no commit yet."""
    write(folder, files)
    git(folder, "init", "-q", "-b", "main")
    if commit:
        git(folder, "add", "-A")
        git(folder, "commit", "-q", "-m", "first")
    return folder
