"""``sst-lint vendor``: copy the runtime into a project, or say whether a copy is still the original."""

from __future__ import annotations

from pathlib import Path

import click

from sst_lint.cli.teaching import closing
from sst_lint.cli.terminal import UsageProblem, print_result

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
    lines = [f"{directory}: {result.state}" + (f" (sst-lint {result.version})" if result.version else "")]
    lines.extend(f"  {problem}" for problem in result.problems)
    print_result("\n".join(lines) + "\n")
    return 0 if result.state == "current" else 1
