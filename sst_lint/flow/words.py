"""How are the things of the graph called when somebody asks about them? One table for each."""

from __future__ import annotations

SOURCE_WORDS = {
    "listing": "lists in file-system order",
    "rows": "gives rows in any order, for no ORDER BY stands in the query",
    "set": "a set, whose order differs from run to run",
    "completion": "gives results in the order in which they are completed",
    "clock": "reads the clock",
    "random": "makes a random value",
    "identity": "gives a value that belongs to this process",
    "machine": "tells who or on which machine it runs",
    "place": "tells where it runs",
    "platform": "tells on what kind of machine it runs",
    "hash": "is salted anew in each process",
}
MODE_WORDS = {
    "write": "truncates the file and writes it anew",
    "append": "appends",
    "exclusive": "creates a file that must not exist",
    "copy": "copies onto it",
    "remote": "puts an object into a store",
    "update": "changes the file in place",
}
KIND_WORDS = {
    "artifact": "an artifact",
    "state": "a state file",
    "log": "a log",
    "lock": "a lock file",
    "temp": "a temporary file",
    "report": "a report that people read",
    "scratch": "a scratch file",
    "test": "a file of a test",
    "console": "the terminal",
    "remote": "an object store",
    "argument": "a file that the user names",
    "unknown": "a file of unknown kind",
    "stable-log": "a log that is compared between runs",
}
EFFECT_WORDS = {
    "lock": " takes or makes a lock",
    "sync": " forces what was written on its way",
    "temporary": " makes a new temporary name",
}
MOVE_WORDS = {
    "replace": "a replace",
    "rename": "a rename",
    "move": "a move, which may copy",
    "copy": "a copy, which others can see half done",
}
OF_WORDS = {
    "listing": "a listing",
    "rows": "rows of a query without ORDER BY",
    "set": "a set",
    "dict": "a mapping",
    "completion": "results as they are completed",
    "tied": "what a sort leaves undecided",
    "clocked": "what a sort by time leaves undecided",
}
END_WORDS = {
    "falls": "goes on behind the `try`",
    "returns": "returns",
    "continues": "goes on with the next round",
    "breaks": "leaves the loop",
    "raises": "raises",
}
VALUE_WORDS = {
    "clock": "the time of a clock",
    "random": "a random value",
    "identity": "a value that belongs to the process",
    "machine": "who or which machine runs it",
    "place": "where it runs",
    "platform": "what kind of machine runs it",
    "hash": "a hash that is salted anew in each process",
}
