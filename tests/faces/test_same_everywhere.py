"""Do all faces report the same? On the fixture projects, and on one with everything that sets faces apart."""

from __future__ import annotations

from pathlib import Path

import pytest
from projects import FILES, write
from same_everywhere import differences, faces

import sst_lint

ROOT = Path(sst_lint.__file__).parent.parent
PROJECTS = sorted(path for path in (ROOT / "fixtures" / "projects").iterdir() if path.is_dir())

#: suppressions of every kind, a file that does not parse, one with a wrong encoding, excluded and ignored ones
ODD = {
    **FILES,
    "pyproject.toml": '[tool.sst-lint]\nextend-exclude = ["gen/"]\nwaivers = ["ORDER_OK"]\n',
    "app/own.py": FILES["app/manifest.py"].replace("'manifest.json'", "'own.json'"),
    "app/silent.py": "import os\nopen('a.json', 'w').write(str(os.listdir('.')))  # sst: ignore[SST1, SST2] -- why\n",
    "app/noqa.py": "import os\nopen('b.json', 'w').write(str(os.listdir('.')))  # noqa: SST101, SST201 -- a reason\n",
    "app/bare.py": "import os\nopen('c.json', 'w').write(str(os.listdir('.')))  # noqa\n",
    "app/waived.py": "import os\nopen('d.json', 'w').write(str(os.listdir('.')))  # ORDER_OK: a reason\n",
    "app/broken.py": "def f(:\n",
    "app/empty.py": "",
    "app/tabs.py": "import os\nif 1:\n\topen('é.json', 'w').write(str(os.listdir('.')))\r\n",
    "gen/made.py": FILES["app/listing.py"],
    "ignored/made.py": FILES["app/manifest.py"],
    ".gitignore": "ignored/\n",
}


@pytest.mark.parametrize("project", PROJECTS, ids=lambda path: path.name)
def test_fixture_projects(project: Path, tmp_path: Path) -> None:
    seen = faces(project, tmp_path)
    assert differences(seen) == [] and not seen.refused
    assert seen.command.total() > 50


def test_what_sets_faces_apart(tmp_path: Path) -> None:
    folder = write(tmp_path / "odd", ODD)
    (folder / "app" / "latin.py").write_bytes(b"x = 'caf\xe9'\n")
    (tmp_path / "copies").mkdir()
    seen = faces(folder, tmp_path / "copies")
    assert differences(seen) == []
    assert seen.refused == {"app/broken.py"}
    assert {row[3] for row in seen.command} == {"SST101", "SST201", "SST900"}
    assert {row[0] for row in seen.command if row[3] == "SST900"} == {"app/broken.py", "app/latin.py"}
