#!/bin/sh
# The gate, for any CI: exit code 0 clean, 1 findings that are new, 2 something could not be done.
# Tried by the tests of sst-lint, but for pip's downloads.
set -eu
cd "$(dirname "$0")/.."
python -m pip install --quiet --disable-pip-version-check "sst-lint"
exec sst-lint check --output-format text --output-format sarif:sst-lint.sarif "$@"
