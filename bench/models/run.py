"""How much of each library's model was checked against the library itself? A table, for the libraries installed here.

An entry is checked when its example names something that is there, and the callable takes what the entry says at the
place where the entry says it; where the callable tells no signature, running the example has to do. What is not
installed is not checked, and says so.

    python bench/models/run.py [--write FILE]
"""

from __future__ import annotations

import argparse
import io
import os
import sys
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass, field, replace
from importlib import metadata
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "tests" / "rules")]

from model_sandbox import make_files  # noqa: E402
from model_signatures import Checked, check  # noqa: E402

from sst_lint.catalogue import load_models  # noqa: E402
from sst_lint.catalogue.model import Library, Model  # noqa: E402
from sst_lint.runtime import write_atomic_text  # noqa: E402

#: The libraries that pipelines use: each has to have a model.
WANTED = tuple(
    "json pickle marshal shelve dbm csv configparser xml zipfile tarfile gzip bz2 lzma shutil tempfile pathlib os io "
    "sqlite3 logging hashlib hmac uuid random secrets time datetime socket getpass platform concurrent multiprocessing "
    "asyncio queue glob fnmatch contextlib yaml ruamel.yaml tomli_w tomlkit orjson ujson simplejson msgpack numpy "
    "pandas polars pyarrow h5py zarr xarray torch safetensors keras joblib cloudpickle dill sklearn xgboost lightgbm "
    "catboost matplotlib plotly PIL openpyxl fsspec s3fs boto3 google.cloud sqlalchemy psycopg2 duckdb ray dask loguru "
    "structlog filelock portalocker atomicwrites boltons reportlab".split()
)
#: Import name -> name of the distribution, where they differ.
DISTRIBUTIONS = {
    "Bio": "biopython", "Crypto": "pycryptodome", "PIL": "pillow", "attr": "attrs", "bson": "pymongo",
    "cv2": "opencv-python-headless", "docx": "python-docx", "google.cloud": "google-cloud-storage",
    "pptx": "python-pptx", "psycopg2": "psycopg2-binary", "rapidjson": "python-rapidjson", "skimage": "scikit-image",
    "sklearn": "scikit-learn", "yaml": "pyyaml", "tomli_w": "tomli-w", "tensorflow": "tensorflow-cpu",
}  # fmt: skip
#: Packages whose parts are libraries of their own.
_SHARED = ("google", "ruamel")


@dataclass
class Row:
    """The entries of one library."""

    entries: int = 0
    signature: int = 0
    run: int = 0
    wrong: list[str] = field(default_factory=list)
    unchecked: list[str] = field(default_factory=list)
    reasons: dict[str, None] = field(default_factory=dict)


def library_of(model: Model) -> str:
    """The import name of the library that an entry is about."""
    parts = model.name.split(".")
    return ".".join(parts[:2]) if parts[0] in _SHARED else parts[0]


def measured() -> dict[str, Row]:
    """A row for each library, by name."""
    rows: dict[str, Row] = {name: Row() for name in WANTED}
    before = Path.cwd()
    with tempfile.TemporaryDirectory() as directory, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for library in load_models():
            for model in (*library.calls, *_under_other_names(library)):
                here = Path(directory) / str(sum(row.entries for row in rows.values()))
                here.mkdir()
                make_files(here)
                os.chdir(here)
                row = rows.setdefault(library_of(model), Row())
                try:
                    _count(row, model, _quietly(model, library, here))
                except Exception as error:  # noqa: BLE001 -- whatever an entry gets wrong is told, and the rest counted
                    row.entries += 1
                    row.wrong.append(f"{model.name}: {type(error).__name__}: {str(error).splitlines()[:1]}")
        os.chdir(before)
    return dict(sorted(rows.items(), key=lambda row: row[0].lower()))


def _under_other_names(library: Library) -> Iterator[Model]:
    """The entries of a library whose functions another one has too, as those of that other one."""
    for other, name in library.aliases:
        for model in library.calls:
            if other in WANTED and model.name.startswith(f"{name}."):
                yield replace(
                    model,
                    name=other + model.name.removeprefix(name),
                    example=model.example.replace(f"{name}.", f"{other}."),
                )


def _quietly(model: Model, library: Library, here: Path) -> Checked:
    said = io.TextIOWrapper(io.BytesIO())
    with redirect_stdout(said), redirect_stderr(said):
        return check(model, library, here)


def _count(row: Row, model: Model, checked: Checked) -> None:
    row.entries += 1
    row.signature += checked.signature
    ran = not checked.missing and not checked.not_run
    row.run += ran
    if not checked.signature and not ran:
        row.unchecked.append(model.name)
    reason = checked.missing or ("" if checked.signature else checked.not_run)
    if reason:
        row.reasons[reason] = None


def version(name: str) -> str:
    """The version that is installed, `stdlib`, or `-`."""
    if name in sys.stdlib_module_names:
        return "stdlib"
    try:
        return metadata.version(DISTRIBUTIONS.get(name, name))
    except metadata.PackageNotFoundError:
        return "-"


def table(rows: dict[str, Row]) -> str:
    """The rows as Markdown, those with unchecked entries marked."""
    total, signature, run = (sum(getattr(row, key) for row in rows.values()) for key in ("entries", "signature", "run"))
    unchecked = sum(len(row.unchecked) for row in rows.values())
    lacking = [name for name in WANTED if not rows[name].entries]
    python = ".".join(map(str, sys.version_info[:2]))
    out = [
        f"{total} entries of {sum(bool(row.entries) for row in rows.values())} libraries, Python {python}: "
        f"{signature} agree with the real signature, {run} examples ran, {unchecked} could not be checked. "
        f"Libraries that pipelines use and that have no entry: {', '.join(lacking) or 'none'}.",
        "",
        "A callable that tells no signature (written in C) is checked by running the example alone.",
        "",
        "| library | version | entries | signature agrees | example ran | not checked |",
        "|---|---|---:|---:|---:|---|",
    ]
    for name, row in rows.items():
        why = f"{len(row.unchecked)}: {'; '.join(row.reasons)}" if row.unchecked else "0"
        out.append(f"| {name} | {version(name)} | {row.entries} | {row.signature} | {row.run} | {why} |")
    return "\n".join(out) + "\n"


def main() -> None:
    """Print the table, or write it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--write", type=Path)
    options = parser.parse_args()
    rows = measured()
    text = table(rows)
    if options.write:
        write_atomic_text(options.write.resolve(), text)
    print(text)
    wrong = [line for row in rows.values() for line in row.wrong]
    print("".join(f"wrong: {line}\n" for line in wrong), end="", file=sys.stderr)
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
