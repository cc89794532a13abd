"""Are library models read strictly, and do the messages say where and what?"""

from __future__ import annotations

from pathlib import Path

import pytest
import tomli

from sst_lint.catalogue import CatalogueError, load_models, parse_library
from sst_lint.catalogue.load import read_models
from sst_lint.catalogue.model import Library

HEAD = """
library = "json"
modules = ["json", "simplejson"]
summary = "JSON"
aliases = { simplejson = "json" }
"""
DUMP = """
[[call]]
name = "json.dump"
params = ["obj", "fp"]
example = "json.dump({}, handle)"
flows = [
  { from = "obj", to = "fp", how = "serialize", unless = { sort_keys = true } },
  { from = "obj", to = "fp", how = "serialize-sorted", when = { sort_keys = true } },
]
sort_param = "sort_keys"
"""
METHOD = """
[[call]]
name = "pathlib.Path.open"
method = true
params = ["mode"]
example = "Path('a').open('w')"
opens = { path = "self", mode = "mode" }

[[type]]
name = "pathlib.Path"
bases = ["pathlib.PurePath"]
attributes = { parent = "pathlib.Path", name = "builtins.str" }
path_attributes = ["parent"]

[[value]]
name = "os.environ"
type = "builtins.dict"
source = "machine"
"""


def parsed(text: str) -> Library:
    return parse_library(tomli.loads(text), "x.toml")


def test_a_library_becomes_values() -> None:
    library = parsed(HEAD + DUMP + METHOD)
    dump, path_open = library.calls
    assert (library.name, library.modules, library.aliases) == (
        "json",
        ("json", "simplejson"),
        (("simplejson", "json"),),
    )
    assert [flow.how for flow in dump.flows] == ["serialize", "serialize-sorted"]
    assert dump.flows[0].unless == (("sort_keys", True),)
    assert dump.flows[0].from_ == "obj"
    assert dump.library == "json"
    assert path_open.opens is not None and path_open.opens.default == "r"
    assert library.types[0].attributes == (("parent", "pathlib.Path"), ("name", "builtins.str"))
    assert [(value.name, value.source, value.library) for value in library.values] == [
        ("os.environ", "machine", "json")
    ]
    assert hash(library) == hash(parsed(HEAD + DUMP + METHOD))


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("sort_param", "sort_parm", "x.toml: call `json.dump`: unknown key `sort_parm`; did you mean `sort_param`?"),
        ('how = "serialize",', 'how = "serialise",', 'call `json.dump`: `flows`[0]: `how`: "serialise" is none of'),
        ('params = ["obj", "fp"]', 'params = "obj"', '`params`: expected an array, not "obj"'),
        ('params = ["obj", "fp"]', "params = [1]", "`params`[0]: expected a string, not the number 1"),
        ('from = "obj"', 'from = "obi"', "`flows` names `obi`, which is none of `obj`, `fp`"),
        ('from = "obj"', 'from = "self"', "add `method = true`"),
        ('example = "json.dump({}, handle)"', "", "call `json.dump`: missing key `example`"),
        ("[[call]]", "[call]", "`call` must be an array of tables"),
        ('library = "json"', "", "x.toml: missing key `library`"),
        ("summary", "sumary", "x.toml: unknown key `sumary`; did you mean `summary`?"),
        ("sort_param = ", "unknown_receiver = true\nsort_param = ", "`unknown_receiver` is for methods"),
        ("sort_param = ", 'unknown_with = ["obj"]\nsort_param = ', "`unknown_with` is for methods"),
        ("sort_param = ", 'method = true\nunknown_with = ["objekt"]\nsort_param = ', "`unknown_with` names `objekt`"),
        ("sort_param = ", 'library = "json"\nsort_param = ', "unknown key `library`"),
        ("unless = { sort_keys = true }", "unless = { sort_keys = [1] }", "`unless`.sort_keys: expected a constant"),
    ],
)
def test_what_is_wrong_is_said(old: str, new: str, message: str) -> None:
    text = HEAD + DUMP
    assert old in text
    with pytest.raises(CatalogueError) as caught:
        parsed(text.replace(old, new, 1))
    assert message in str(caught.value)


def test_a_keyword_only_parameter_is_a_port() -> None:
    text = HEAD + '[[call]]\nname = "f"\nparams = ["x"]\nexample = ""\ncallback = { key = "x" }\n'
    with pytest.raises(CatalogueError, match="`callback` names `key`"):
        parsed(text)
    assert parsed(text + 'keywords = ["key"]\n').calls[0].callback == (("key", "x"),)


def test_what_a_callback_returns_is_a_port() -> None:
    text = HEAD + '[[call]]\nname = "map"\nparams = ["f", "x"]\nexample = ""\n'
    flow = 'flows = [{ from = "f()", to = "return", how = "copy" }, { from = "**", to = "x", how = "value" }]\n'
    assert parsed(text + flow).calls[0].flows[0].from_ == "f()"
    with pytest.raises(CatalogueError, match=r"`flows` names `g\(\)`"):
        parsed(text + flow.replace("f()", "g()"))


def test_a_name_is_modelled_once(tmp_path: Path) -> None:
    with pytest.raises(CatalogueError, match=r"call `json\.dump` stands there twice"):
        parsed(HEAD + DUMP + DUMP)
    (tmp_path / "a.toml").write_text(HEAD + DUMP)
    (tmp_path / "b.toml").write_text(HEAD.replace('"json"', '"other"', 1) + DUMP)
    with pytest.raises(CatalogueError, match=r"call `json\.dump` is modelled by `json` too"):
        read_models(tmp_path)


def test_broken_toml_is_one_line_with_the_file(tmp_path: Path) -> None:
    (tmp_path / "bad.toml").write_text("library = ")
    with pytest.raises(CatalogueError, match=r"/bad\.toml: not TOML"):
        read_models(tmp_path)


def test_the_built_in_models_are_valid() -> None:
    libraries = load_models()
    assert load_models() is libraries
