"""What can a person do about a finding that no tool can mend? One sentence for each such rule."""

from __future__ import annotations

#: for findings without a mechanical fix; what is the right value, lock or error is for a person to know
SUGGESTIONS: dict[str, str] = {
    "SST101": "write to a temporary file beside it and `os.replace` it when it is whole",
    "SST112": "act without asking first, and let the one exception pass that means that somebody was quicker",
    "SST120": "put the version of its schema into the payload, and check it where the artifact is read",
    "SST121": "ask the project's own helper for the path",
    "SST204": "collect the results by key, and go through them in the order in which work was handed out",
    "SST206": "give each run a number from a counter that is kept under a lock, and choose by that",
    "SST207": "add a second, unique key to the sort",
    "SST301": "take the time once, at the start of the run, hand it in, and keep it out of digests and names",
    "SST302": "draw from a generator with a seed that is recorded, or derive the name from the content",
    "SST303": "use a key that belongs to the content: a digest of its canonical form, a name, a counter",
    "SST304": "leave it out, or put it into a field that nothing compares or digests",
    "SST306": "keep all of the digest where things are told apart by it; shorten it only for people",
    "SST307": "digest a canonical serialization (`canonical_json`, `digest`) in place of it",
    "SST404": "raise, or leave the entry out visibly: readers cannot tell a placeholder from a value",
    "SST407": "let the error end the update, so that what could not be read is not written over",
}
