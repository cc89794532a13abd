"""What did the project decide? Files and options become one frozen ``Config`` for each project root."""

from sst_lint.config.config import KEYS, Config

__all__ = ["KEYS", "Config"]
