"""Units: where they start and end, and what text is their own."""

from sst_lint.source.units import split_units


def test_module_and_function() -> None:
    module, function = split_units("x = 1\n\n\ndef f(a):\n    return a\n\n\ny = 2\n")
    assert (module.qualname, module.first_line, module.text) == ("<module>", 1, "x = 1\n\n\npass\n\n\n\ny = 2\n")
    assert (function.qualname, function.first_line, function.text) == ("f", 4, "def f(a):\n    return a\n")
