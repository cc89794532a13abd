"""``python -m sst_lint``: the same command as ``sst-lint``."""

from sst_lint.cli import main

if __name__ == "__main__":
    main()
