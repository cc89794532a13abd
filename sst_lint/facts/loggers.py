"""How are the methods of loggers called? Words alone: they are read without the parser."""

from __future__ import annotations

#: What they are given stays as it is, and is told to people.
METHODS_OF_LOGGERS = frozenset({"debug", "info", "warning", "warn", "error", "exception", "critical", "log"})
