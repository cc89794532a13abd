"""Is a file without a suffix a program in Python? Its first line says by what it is run."""

from __future__ import annotations

import os
import re
from pathlib import PurePath

#: Enough of a file to hold the line that an operating system reads (Linux: 255 bytes).
_LINE = 256
#: ``#!/usr/bin/python``, ``#!/usr/bin/env -S python3.11 -u``, ``#!/usr/bin/env pypy3``, ``#!/usr/bin/env -S uv run``.
_PYTHON = re.compile(rb"#!.*(?:\b(?:python|pypy)(?:3[\d.]*)?(?![\w.])|\buv run\b)")


def may_be_script(name: str) -> bool:
    """Whether a file of this name can be a script: it has no suffix, and so no other tool takes it for a module."""
    return "." not in name


def calls_python(path: str | PurePath) -> bool:
    """Whether the first line of the regular file ``path`` calls Python 3. What cannot be read says nothing."""
    try:
        handle = os.open(path, os.O_RDONLY | getattr(os, "O_BINARY", 0))
    except OSError:
        return False
    try:
        begin = os.read(handle, _LINE)
    except OSError:
        return False
    finally:
        os.close(handle)
    return begin.startswith(b"#!") and _PYTHON.match(begin.partition(b"\n")[0]) is not None
