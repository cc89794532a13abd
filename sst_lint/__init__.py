"""Finds where a code base can write a different, torn or poisoned artifact, proves the path, and fixes it."""

__version__ = "0.1.0"
