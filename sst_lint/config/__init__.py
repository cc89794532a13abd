"""What did the project decide? Files and options become one frozen ``Config`` for each project root."""

from sst_lint.config.config import KEYS, Config
from sst_lint.config.load import ConfigError, has_configuration, load_config

__all__ = ["KEYS", "Config", "ConfigError", "has_configuration", "load_config"]
