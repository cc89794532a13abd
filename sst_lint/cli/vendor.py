"""``sst-lint vendor``: copy the runtime into a project, or say whether a copy is still the original."""

from __future__ import annotations

from pathlib import Path

import click

from sst_lint.cli.teaching import closing
from sst_lint.cli.terminal import UsageProblem, print_result, say

_EPILOG = closing(
    "0 the copy is current, 1 --check: it is not",
    ("sst-lint vendor acme/_sst", "then: helpers = 'acme._sst'"),
    ("sst-lint vendor acme/_sst --check", "for CI"),
)


@click.command("vendor", epilog=_EPILOG)
@click.argument("directory", type=click.Path(path_type=Path, file_okay=False))
@click.option("--check", is_flag=True, help="Write nothing; exit with 1 unless the copy is current and unedited.")
@click.option("--force", is_flag=True, help="Overwrite a copy that was edited.")
def command(directory: Path, check: bool, force: bool) -> int:
    """Copy the runtime helpers into DIRECTORY as plain files, importable without this product."""
    from sst_lint.fixes.vendoring import VendorError, status, vendor

    try:
        result = status(directory) if check else vendor(directory, force=force)
    except VendorError as error:
        raise UsageProblem(str(error)) from error
    note = "" if check else _too_old(directory)
    if note:
        say(f"note: {note}")
    lines = [f"{directory}: {result.state}" + (f" (sst-lint {result.version})" if result.version else "")]
    lines.extend(f"  {problem}" for problem in result.problems)
    print_result("\n".join(lines) + "\n")
    return 0 if result.state == "current" else 1


def _too_old(directory: Path) -> str:
    """Say that the project runs on an older Python than the helpers, or ""."""
    from sst_lint.config import ConfigError, load_config
    from sst_lint.config.python import parse_version
    from sst_lint.fixes.helpers import OLDEST_PYTHON, PROMISED_PYTHON
    from sst_lint.source import find_root

    try:
        target = load_config(find_root(directory.absolute().parent)).target_version
    except ConfigError:
        return ""
    if not target or parse_version(target) >= PROMISED_PYTHON:
        return ""
    if parse_version(target) < OLDEST_PYTHON:
        return f"the project runs on Python {target}, which cannot import these files: no fix will call them"
    promised = ".".join(str(each) for each in PROMISED_PYTHON)
    return f"the project runs on Python {target}; what these files promise is tried on {promised} and later"
