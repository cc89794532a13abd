"""What do all tests share? Generated cases are the same in each run, and no case is judged by the clock.

A machine that is slow or unlucky must not turn main red; who looks for new cases gives `--hypothesis-profile=wild`.
"""

from __future__ import annotations

from hypothesis import settings

settings.register_profile("steady", derandomize=True, deadline=None)
settings.register_profile("wild", deadline=None)
settings.load_profile("steady")
