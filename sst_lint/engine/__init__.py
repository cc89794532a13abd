"""What happens between paths and a report? The one pipeline behind every face; ``road`` shows it on one screen."""

from sst_lint.engine.faces import check, repair
from sst_lint.engine.questions import compare_project, examine, read_only, survey
from sst_lint.engine.reading import extract_all
from sst_lint.engine.records import Configuration, Examined, Failures, Options, Surveyed
from sst_lint.engine.road import check_project

__all__ = [
    "Configuration",
    "Examined",
    "Failures",
    "Options",
    "Surveyed",
    "check",
    "check_project",
    "compare_project",
    "examine",
    "extract_all",
    "read_only",
    "repair",
    "survey",
]
