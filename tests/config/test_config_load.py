"""Which file configures, what is wrong with it, and what wins."""

from __future__ import annotations

import dataclasses
import pickle
from pathlib import Path

import pytest

from sst_lint import __version__
from sst_lint.config import Config, ConfigError, has_configuration, load_config


def write(root: Path, name: str, text: str | bytes) -> Path:
    path = root / name
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return path


def test_nothing_configured(tmp_path: Path) -> None:
    assert load_config(tmp_path) == Config()
    write(tmp_path, "pyproject.toml", "[tool.other]\nx = 1\n")
    assert load_config(tmp_path) == Config()
    assert not has_configuration(tmp_path)


def test_pyproject(tmp_path: Path) -> None:
    write(tmp_path, "pyproject.toml", '[tool.sst-lint]\nselect = ["SST1"]\n')
    config = load_config(tmp_path)
    assert (config.select, config.sources, config.notes) == (("SST1",), ("pyproject.toml",), ())
    assert has_configuration(tmp_path)


def test_the_own_file_wins_and_the_other_is_mentioned(tmp_path: Path) -> None:
    write(tmp_path, "sst-lint.toml", 'select = ["SST2"]\n')
    write(tmp_path, "pyproject.toml", "[project]\n")
    assert load_config(tmp_path).notes == ()
    write(tmp_path, "pyproject.toml", '[tool.sst-lint]\nselect = ["SST1"]\n')
    config = load_config(tmp_path)
    assert (config.select, config.sources) == (("SST2",), ("sst-lint.toml",))
    assert config.notes == ("pyproject.toml: [tool.sst-lint] is not read, because sst-lint.toml stands beside it",)


def test_an_explicit_file(tmp_path: Path) -> None:
    write(tmp_path, "sst-lint.toml", "nonsense")
    other = write(tmp_path, "strict.toml", '\ufefffail-on = "error"\n')
    config = load_config(tmp_path, other)
    assert (config.fail_on, config.sources) == ("error", (str(other),))
    (tmp_path / "sub").mkdir()
    project = write(tmp_path, "sub/pyproject.toml", '[tool.sst-lint]\nfail-on = "never"\n')
    assert load_config(tmp_path, project).fail_on == "never"
    write(tmp_path, "sub/pyproject.toml", "[project]\n")
    with pytest.raises(ConfigError, match=r"has no \[tool.sst-lint\] table"):
        load_config(tmp_path, project)
    with pytest.raises(ConfigError, match="no such file"):
        load_config(tmp_path, tmp_path / "missing.toml")
    with pytest.raises(ConfigError, match="cannot be read"):
        load_config(tmp_path, tmp_path / "sub")
    with pytest.raises(ConfigError, match="cannot be used together"):
        load_config(tmp_path, other, isolated=True)


def test_isolated(tmp_path: Path) -> None:
    write(tmp_path, "sst-lint.toml", "nonsense")
    assert load_config(tmp_path, isolated=True) == Config()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("selct = []\n", "sst-lint.toml: unknown key 'selct'; did you mean 'select'?"),
        ("min_confidence = 'low'\n", "sst-lint.toml: unknown key 'min_confidence'; did you mean 'min-confidence'?"),
        ("zzz = 1\n", "sst-lint.toml: unknown key 'zzz'"),
        ("select = [\n", "sst-lint.toml: is not valid TOML: "),
        ("[tool.sst-lint]\n", "sst-lint.toml: write the keys without the table [tool.sst-lint]"),
        ("helpers = 'a b'\n", "key 'helpers': 'a b' is no module like 'acme.io._sst'"),
        ("helpers = { atomic_opn = 'a:b' }\n", "there is no helper 'atomic_opn'; did you mean 'atomic_open'?"),
        (
            "helpers = { atomic_open = 'b' }\n",
            "key 'helpers': atomic_open: 'b' is no function like 'acme.io.files:save",
        ),
        ("helpers = { atomic_open = 1 }\n", "key 'helpers': atomic_open: expected a string, found the number 1"),
        ("x = 1\nselect = nope\n", "(at line 2, column 10)"),
        ("select = []\nselect = []\n", "(at line 2"),
        (b"select = ['\xff']\n", "sst-lint.toml: is not UTF-8 (at line 1)"),
        ("required-version = '>=99'\n", f"needs sst-lint >=99, this is {__version__}"),
        ("required-version = 'soon'\n", "key 'required-version': 'soon' is no version"),
        ("[per-path.'a/']\nselct = []\n", "per-path 'a/': unknown key 'selct'; did you mean 'select'?"),
        (
            "[per-path.'a/']\nselect = 1\n",
            "per-path 'a/': key 'select': expected a list of strings, found the number 1",
        ),
        ("[per-path.'a/']\nexclude = []\n", "per-path 'a/': key 'exclude' holds for the whole project"),
        ("[per-path.'']\nselect = []\n", "key 'per-path': an empty string is no path pattern"),
        ("[per-path]\n'a/' = 1\n", "per-path 'a/': expected a table of keys, found the number 1"),
    ],
)
def test_what_is_wrong_is_one_line(tmp_path: Path, text: str | bytes, message: str) -> None:
    write(tmp_path, "sst-lint.toml", text)
    with pytest.raises(ConfigError) as caught:
        load_config(tmp_path)
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


def test_what_is_no_file_is_said(tmp_path: Path) -> None:
    (tmp_path / "sst-lint.toml").symlink_to("nowhere.toml")
    with pytest.raises(ConfigError, match=r"sst-lint\.toml: is a symbolic link that leads nowhere"):
        load_config(tmp_path)
    (tmp_path / "sst-lint.toml").unlink()
    (tmp_path / "sst-lint.toml").mkdir()
    with pytest.raises(ConfigError, match=r"sst-lint\.toml: cannot be read: Is a directory"):
        load_config(tmp_path)


def test_a_broken_pyproject_matters_only_when_it_names_the_tool(tmp_path: Path) -> None:
    write(tmp_path, "pyproject.toml", "[tool.other\n")
    config = load_config(tmp_path)
    assert "pyproject.toml: is not valid TOML" in config.notes[0]
    assert config.sources == ()
    write(tmp_path, "pyproject.toml", "[tool.sst-lint\n")
    with pytest.raises(ConfigError, match=r"pyproject.toml: is not valid TOML: .*\(at line 1"):
        load_config(tmp_path)
    write(tmp_path, "pyproject.toml", "[tool]\nsst-lint = 1\n")
    with pytest.raises(ConfigError, match=r"key 'tool.sst-lint': expected a table, found the number 1"):
        load_config(tmp_path)


def test_overrides_replace_and_extend(tmp_path: Path) -> None:
    write(tmp_path, "sst-lint.toml", 'select = ["SST1"]\nextend-ignore = ["SST101"]\nfail-on = "error"\n')
    overrides = {"select": ["SST2"], "extend_ignore": ["SST202"], "fail_on": None, "min_confidence": "low"}
    config = load_config(tmp_path, overrides=overrides)
    assert (config.select, config.extend_ignore, config.fail_on) == (("SST2",), ("SST101", "SST202"), "error")
    assert config.pinned == ("min_confidence", "select")
    with pytest.raises(ConfigError, match="command line: key 'min-confidence': expected one of"):
        load_config(tmp_path, overrides={"min_confidence": "huge"})
    with pytest.raises(ConfigError, match="command line: unknown key 'selct'; did you mean 'select'"):
        load_config(tmp_path, overrides={"selct": []})


PER_PATH = """
ignore = ["SST9"]
extend-ignore = ["SST1"]

[per-path."legacy/"]
ignore = ["SST4"]
extend-ignore = ["SST2"]
dict-order = "off"

[per-path."*_gen.py"]
extend-ignore = ["SST3"]
dict-order = "unsorted-input-only"
"""


def test_per_path_tables(tmp_path: Path) -> None:
    write(tmp_path, "sst-lint.toml", PER_PATH)
    config = load_config(tmp_path)
    assert config.for_path("src/a.py") is config
    legacy = config.for_path("legacy/sub/a.py")
    assert (legacy.ignore, legacy.extend_ignore, legacy.dict_order) == (("SST4",), ("SST1", "SST2"), "off")
    both = config.for_path("legacy/a_gen.py")
    assert (both.ignore, both.extend_ignore) == (("SST4",), ("SST1", "SST2", "SST3"))
    assert both.dict_order == "unsorted-input-only"
    assert config.for_path("legacy/b_gen.py") is both


def test_the_command_line_wins_over_per_path_tables(tmp_path: Path) -> None:
    write(tmp_path, "sst-lint.toml", PER_PATH)
    config = load_config(tmp_path, overrides={"ignore": ["SST5"], "extend_ignore": ["SST6"]})
    legacy = config.for_path("legacy/a.py")
    assert (legacy.ignore, legacy.extend_ignore) == (("SST5",), ("SST1", "SST6", "SST2"))


def test_severity_by_code_name_and_prefix() -> None:
    config = Config(severity=(("SST2", "warning"), ("SST203", "error"), ("set-order", "error")))
    assert config.severity_of("SST203", "dict-order") == "error"
    assert config.severity_of("SST202", "set-order") == "error"
    assert config.severity_of("SST201", "unsorted-listing") == "warning"
    assert config.severity_of("SST401", "bare-except") is None


def test_a_configuration_travels_to_other_processes(tmp_path: Path) -> None:
    write(tmp_path, "sst-lint.toml", PER_PATH + '[[models]]\nlibrary = "x"\n')
    config = load_config(tmp_path)
    again = pickle.loads(pickle.dumps(config))
    assert again == config
    assert again.for_path("legacy/a.py") == config.for_path("legacy/a.py")
    assert again.key_digest() == config.key_digest()
    assert dataclasses.replace(config, notes=("x",)).key_digest() == config.key_digest()
