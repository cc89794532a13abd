"""Does an entry of a library model say what is true of the library that is installed here?

The signature of its example's callee is compared with what the entry says, and the example is run, where that can be.
"""

from __future__ import annotations

import ast
import builtins
import importlib
import inspect
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from model_sandbox import names

from sst_lint.catalogue.model import Library, Model

STANDARD = set(sys.stdlib_module_names)

#: not there on older interpreters, or gone from newer ones
SINCE = {
    "copy.replace": (3, 13),
    "hashlib.file_digest": (3, 11),
    "itertools.batched": (3, 12),
    "pathlib.Path.walk": (3, 12),
    "zipfile.ZipFile.mkdir": (3, 11),
    "tomllib.load": (3, 11),
    "tomllib.loads": (3, 11),
}
#: in some versions only, or in one of two libraries of that name
SOMETIMES = frozenset({"farmhash.hash64", "tifffile.imsave"})
#: the example is bound to the real signature but not run, and why
NOT_RUN = {
    "trio.Nursery.start_soon": "needs a running loop",
    "asyncio.AbstractEventLoop.create_task": "needs a running loop",
    "asyncio.as_completed": "needs a running loop",
    "asyncio.create_task": "needs a running loop",
    "asyncio.ensure_future": "needs a running loop",
    "asyncio.gather": "needs a running loop",
    "builtins.input": "waits for a terminal",
    "os._exit": "ends the process",
    "os.abort": "ends the process",
    "os.getlogin": "needs a terminal",
    "os.lockf": "waits for a lock",
    "os.sync": "slow",
    "catboost.CatBoost.save_model": "needs a trained model",
    "django.template.loader.render_to_string": "needs the settings of a site",
    "geopandas.read_file": "reads a file of a format of its own",
    "keras.Model.export": "needs a backend that exports",
    "keras.models.load_model": "reads a file of a format of its own",
    "plotly.graph_objects.Figure.write_image": "needs a browser",
    "plotly.io.write_image": "needs a browser",
    "pydicom.dataset.Dataset.save_as": "needs a data set of a camera",
    "pydicom.dcmwrite": "needs a data set of a camera",
    "trimesh.load": "reads a file of a format of its own",
    "psycopg2.connect": "needs a server",
    "psycopg2.extensions.connection.cursor": "needs a server",
    **{
        f"psycopg2.extensions.cursor.{name}": "needs a server"
        for name in ("execute", "fetchall", "fetchmany", "fetchone")
    },
    "pydantic.BaseModel.model_validate": "is for subclasses",
    "subprocess.getoutput": "needs a shell",
    "xgboost.Booster.dump_model": "needs a trained model",
    "xgboost.Booster.save_model": "needs a trained model",
}
#: needs more than this machine: a network, an account, a server
NOT_RUN_LIBRARIES = {"parallel", "remote", "web"}
#: (entry, what a parameter is called there) -> what newer versions of the library call it
NEWER_NAMES = {("pandas.Series.map", "arg"): "func"}
#: modules that exist on one platform only
PLATFORM = {"msvcrt"}


@dataclass(frozen=True)
class Checked:
    """How far an entry could be checked. ``missing``: why not at all; ``not_run``: why its example was not run."""

    missing: str = ""
    signature: bool = False  #: the callable tells its signature, and the entry agrees with it
    not_run: str = ""


def example_call(model: Model) -> ast.Call:
    """Return the outermost call of the example."""
    tree = ast.parse(model.example, mode="eval").body
    assert isinstance(tree, ast.Call), f"{model.name}: the example is not a call"
    return tree


class CompanionMissing(Exception):
    """A library is installed, what it stands on is not."""


def missing_module(model: Model, library: Library) -> str:
    """What this interpreter lacks of what the entry is about, or ""; the standard library must be there."""
    if SINCE.get(model.name, (0,)) > sys.version_info[:2]:
        return f"needs Python {SINCE[model.name]}"
    for module in library.modules:
        try:
            importlib.import_module(module)
        except (ImportError, OSError):  # not there, or not for what else is installed
            needed = any(
                name.startswith(f"{module}.") and since > sys.version_info[:2] for name, since in SINCE.items()
            )
            assert module.partition(".")[0] not in STANDARD - PLATFORM or needed, module
            if model.name.startswith(f"{module}."):
                return f"no {module}"
    return ""


def check(model: Model, library: Library, here: Path) -> Checked:
    """Check one entry in the directory ``here``; what is wrong with it is raised."""
    missing = missing_module(model, library)
    if missing:
        return Checked(missing=missing)
    try:
        return run_example(model, library, here)
    except CompanionMissing as error:
        return Checked(missing=str(error))


def run_example(model: Model, library: Library, here: Path) -> Checked:
    """Compare the signature of the example's callee, and call it; raise ``CompanionMissing`` where that cannot be."""
    standard = library.modules[0].partition(".")[0] in STANDARD
    call = example_call(model)
    with names(here) as known:
        try:
            function = evaluate(call.func, known)
        except ImportError as error:
            if standard:
                raise
            raise CompanionMissing(f"no {error.name}") from error
        except AttributeError as error:
            if model.name not in SOMETIMES:
                raise
            raise CompanionMissing("not in the version that is installed") from error
        told = compare_signature(model, function)
        if model.name in NOT_RUN or library.name in NOT_RUN_LIBRARIES:
            return Checked(signature=told, not_run=NOT_RUN.get(model.name, "needs a network, an account or a cluster"))
        arguments = [evaluate(argument, known) for argument in call.args]
        keywords = {keyword.arg: evaluate(keyword.value, known) for keyword in call.keywords if keyword.arg}
        try:
            function(*arguments, **keywords)
        except SystemExit:
            assert model.raises
        except (FileNotFoundError, ImportError) as error:
            if standard:
                raise
            # the example reads a file, or the library wants another one
            return Checked(signature=told, not_run=f"{type(error).__name__} when called")
        except BaseException:  # a command or a test ends, each by an error of its own
            if not model.raises:
                raise
        else:
            assert not model.raises
    return Checked(signature=told)


def evaluate(node: ast.expr, known: dict[str, Any]) -> Any:
    return eval(
        compile(ast.Expression(node), "example", "eval"), {"__builtins__": builtins, "__name__": "example"}, known
    )


def compare_signature(model: Model, function: Callable[..., Any]) -> bool:
    """Whether the callable tells its signature; fail when a parameter of the entry is not where it has it."""
    try:
        real = list(inspect.signature(function).parameters.values())
    except (ValueError, TypeError):  # built-in functions without a text signature
        return False
    positional = [p for p in real if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)]
    takes_more = any(p.kind is p.VAR_POSITIONAL for p in real)
    takes_any_keyword = any(p.kind is p.VAR_KEYWORD for p in real)
    named = {p.name for p in real if p.kind in (p.KEYWORD_ONLY, p.POSITIONAL_OR_KEYWORD)}
    for index, name in enumerate(model.params):
        if index < len(positional):
            known = (name, NEWER_NAMES.get((model.name, name)))
            same = positional[index].name in known or positional[index].kind is inspect.Parameter.POSITIONAL_ONLY
            assert same, f"{model.name}: parameter {index} is {positional[index].name}, not {name}"
        else:
            assert takes_more or (takes_any_keyword and name not in named), f"{model.name}: no parameter {name}"
    for name in model.keywords:
        assert name in named or takes_any_keyword, f"{model.name}: no keyword {name}"
    return True
