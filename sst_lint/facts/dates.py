"""How is it written that a date is in UTC? The finding and its fix have to agree, and no parser is needed to ask."""

from __future__ import annotations

from typing import Final

#: A time zone, as it is written behind a date in UTC.
ZONE: Final = r" ?(?:Z|UTC|GMT|[+-]00:?00)(?![A-Za-z])"
