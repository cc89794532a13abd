"""What may be asked of a parameter? The words of it: they are read without the parser."""

from __future__ import annotations

#: (node of the parameter, what is asked of it, whether that holds)
Condition = tuple[int, str, bool]
#: Asked of a parameter: is it true, is it None. Anything else is what it is compared with (see ``equal_to``).
IS_TRUE, IS_NONE = "true", "none"
_TEXT, _NUMBER = "=t", "=c"


def equal_to(text: str, is_text: bool) -> str:
    """How "equals this constant" is asked."""
    return (_TEXT if is_text else _NUMBER) + text
