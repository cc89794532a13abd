"""Does the runtime keep its promises, and would we notice if it did not?

Each layer takes a `Subject` (the runtime, a vendored copy, a mutant, or a broken protocol) and returns what it tried
and what it found. `python -m tests.runtime.proof` runs the long form; docs/proof.md says what each layer means.
"""
