"""``sst-lint cache``: what is remembered of a project, and how it is forgotten."""

from __future__ import annotations

import os
from pathlib import Path

import click

from sst_lint.cli.teaching import closing
from sst_lint.cli.terminal import UsageProblem, print_result

_path = click.argument("path", type=click.Path(path_type=Path), default=Path())


def _there(path: Path) -> Path:
    """A path that is there: the store of another project than was meant is not to be removed."""
    if not os.path.lexists(path):
        raise UsageProblem(f"{path}: no such file or directory")
    return path


_INFO = ("sst-lint cache info", "where it is, and how much it holds")
_CLEAN = ("sst-lint cache clean", "forget everything; the next run finds it out again")


@click.group("cache", no_args_is_help=False, epilog=closing("0 done", _INFO, _CLEAN))
def command() -> None:
    """Show or remove what is remembered of a project in .sst_cache."""


@command.command("info", epilog=closing("0 told", _INFO))
@_path
def info(path: Path) -> int:
    """Say where the store of the project around PATH is, and how much it holds."""
    from sst_lint.facts.store import measure
    from sst_lint.source import find_root

    measured = measure(find_root(_there(path)))
    print_result(f"{measured.file}\n{measured.entries:,} entries, {measured.size:,} bytes on disk\n")
    return 0


@command.command("clean", epilog=closing("0 removed, or nothing was there", _CLEAN))
@_path
def clean(path: Path) -> int:
    """Remove the store of the project around PATH."""
    from sst_lint.facts.store import measure, remove
    from sst_lint.source import find_root

    root = find_root(_there(path))
    measured = measure(root)
    try:
        remove(root)
    except OSError as error:
        raise UsageProblem(f"cannot remove {measured.file}: {error.strerror or error}") from error
    print_result(f"{measured.file}: {measured.entries:,} entries removed\n")
    return 0
