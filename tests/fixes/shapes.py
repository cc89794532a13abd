"""Which shapes of programs do fixes have to keep working? Each is a body of ``main(source, out)``, names to fill in.

``source`` holds files to read, ``out`` takes artifacts. ``$handle``, ``$data``, ``$path``, ``$name`` are identifiers,
``$file`` an artifact's name; they differ from variant to variant, as do layout, quotes, line ends and what is around.
"""

from __future__ import annotations

import random
from string import Template

#: what stands above the function
HEAD = """\
import codecs
import csv
import hashlib
import json
import os
import shutil
import tempfile
import zipfile
from multiprocessing.pool import ThreadPool
from pathlib import Path

NAMES = {"beta", "alpha", "gamma", "delta", "epsilon"}
"""

#: shapes that safe fixes change
SAFE = {
    "with_block": """
$data = {"b": [1, 2], "a": "ä"}
with open(out / "$file.json", "w", encoding="utf-8") as $handle:
    json.dump($data, $handle, sort_keys=True, ensure_ascii=False)
    $handle.write("\\n")
""",
    "ascii_block": """
with open(os.path.join(out, "$file.json"), "w") as $handle:
    $handle.write(json.dumps({"b": 1, "a": 2}, sort_keys=True))
""",
    "method_rows": """
$data = [[1, "x"], [2, "y"]]
with (out / "$file.csv").open("w", newline="", encoding="utf-8") as $handle:
    csv.writer($handle).writerows($data)
""",
    "whole_text": """
$path = out / "$file.json"
$path.write_text(json.dumps({"a": "é"}, sort_keys=True) + "\\n", encoding="utf-8")
""",
    "whole_bytes": """
(out / "$file.bin").write_bytes(b"\\x00\\x01" * 100)
""",
    "closed_by_hand": """
$handle = open(out / "$file.json", "w", encoding="utf-8")
$handle.write("[")
# one by one
for $name in range(3):
    $handle.write(f"{$name},")
$handle.write("null]")
$handle.close()
""",
    "closed_finally": """
$handle = open(f"{out}/$file.csv", "w", encoding="latin-1")
try:
    for $name in ("ä", "ö"):
        $handle.write($name + "\\n")
finally:
    $handle.close()
""",
    "two_items": """
with open(out / "$file.bin", "wb") as $handle, open(out / "${file}_2.bin", "wb") as $name:
    $handle.write(b"1")
    $name.write(b"2")
""",
    "choice_of_modes": """
$name = len(str(out)) > 0
with open(out / "$file.bin", "wb" if $name else "w", encoding=None if $name else "utf-8") as $handle:
    $handle.write(b"1" if $name else "1")
""",
    "codec": """
with codecs.open(str(out / "$file.json"), "w", "utf-8") as $handle:
    $handle.write('{"a": "\\u00e4"}')
""",
    "copied": """
$path = source / "b.txt"
shutil.copyfile($path, out / "$file.txt.bin")
""",
    "archive": """
with zipfile.ZipFile(out / "$file.zip", "w") as $handle:
    $handle.writestr(zipfile.ZipInfo("a.txt"), "text")
""",
    "cause": """
try:
    json.loads((source / "b.txt").read_text(encoding="utf-8"))
except ValueError:
    raise RuntimeError("no artifact") from None
""",
    "error_inside": """
with open(out / "$file.json", "w", encoding="utf-8") as $handle:
    $handle.write(json.dumps({"a": 1}, sort_keys=True))
raise KeyError("$name")
""",
}

#: shapes that only unsafe fixes change
UNSAFE = {
    "handed_over": """
json.dump({"a": 1}, open(out / "$file.json", "w", encoding="utf-8"), sort_keys=True)
""",
    "listed": """
$data = [$name for $name in os.listdir(source)]
(out / "$file.json").write_text(json.dumps($data), encoding="utf-8")
""",
    "globbed": """
with open(out / "$file.txt.json", "w", encoding="utf-8") as $handle:
    for $name in source.glob("*.txt"):
        $handle.write($name.name + "\\n")
""",
    "walked": """
$data = []
for $path, $name, files in os.walk(source):
    for $handle in files:
        $data.append(os.path.relpath(os.path.join($path, $handle), source))
(out / "$file.json").write_text(json.dumps($data), encoding="utf-8")
""",
    "scanned": """
$data = [$name.name for $name in os.scandir(source)]
(out / "$file.json").write_text(json.dumps($data), encoding="utf-8")
""",
    "joined_set": """
$data = {$name.upper() for $name in NAMES}
(out / "$file.json").write_text(",".join($data), encoding="utf-8")
""",
    "listed_set": """
$data = {"names": list(NAMES), "count": len(NAMES)}
with open(out / "$file.json", "w", encoding="utf-8") as $handle:
    json.dump($data, $handle, sort_keys=True)
""",
    "dict_of_set": """
$data = {$name: len($name) for $name in NAMES}
with open(out / "$file.csv", "w", encoding="utf-8") as $handle:
    for $name, $path in $data.items():
        $handle.write(f"{$name},{$path}\\n")
""",
    "unsorted_keys": """
$data = {$name: len($name) for $name in NAMES}
with open(out / "$file.json", "w", encoding="utf-8") as $handle:
    json.dump($data, $handle)
""",
    "first_match": """
$name = next(source.glob("*.txt"), None)
(out / "$file.json").write_text(json.dumps($name.name), encoding="utf-8")
""",
    "digested": """
$data = {$name: len($name) for $name in NAMES}
$path = hashlib.sha256(json.dumps($data).encode()).hexdigest()
(out / "$file.json").write_text(json.dumps({"digest": $path}), encoding="utf-8")
""",
    "stringly": """
$data = {"root": Path("a/b"), "n": 1}
(out / "$file.json").write_text(json.dumps($data, sort_keys=True, default=str), encoding="utf-8")
""",
    "bare": """
try:
    $data = int((source / "a.txt").read_text(encoding="utf-8"))
except:
    $data = 0
(out / "$file.json").write_text(json.dumps({"n": $data}), encoding="utf-8")
""",
    "fail_open": """
try:
    $data = json.loads((source / "b.txt").read_text(encoding="utf-8"))
except Exception:
    $data = {}
(out / "$file.json").write_text(json.dumps($data, sort_keys=True), encoding="utf-8")
""",
    "protocol": """
$path = str(out / "$file.json") + ".tmp"
with open($path, "w", encoding="utf-8") as $handle:
    json.dump({"a": 1}, $handle, sort_keys=True)
    $handle.flush()
    os.fsync($handle.fileno())
os.replace($path, out / "$file.json")
""",
    "protocol_with_cleanup": """
$name, $path = tempfile.mkstemp(dir=out)
try:
    with os.fdopen($name, "w", encoding="utf-8") as $handle:
        $handle.write("{}")
    os.rename($path, out / "$file.json")
except BaseException:
    os.unlink($path)
    raise
""",
    "update": """
$path = source / "index.json"
$data = json.loads($path.read_text(encoding="utf-8"))
$data["$name"] = 1
$path.write_text(json.dumps($data), encoding="utf-8")
shutil.copy($path, out / "seen.txt")
""",
    "made": """
$path = os.path.join(out, "folder")
if not os.path.exists($path):
    os.makedirs($path)
with open(os.path.join($path, "$file.json"), "w", encoding="utf-8") as $handle:
    $handle.write("{}")
""",
    "completion": """
with ThreadPool(2) as $handle:
    $data = [$name for $name in $handle.imap_unordered(str.upper, ["a", "b", "c"])]
(out / "$file.json").write_text(json.dumps($data), encoding="utf-8")
""",
}

_WORDS = {
    "handle": ("f", "stream", "fh", "output"),
    "data": ("payload", "rows", "result", "content"),
    "path": ("target", "destination", "where", "location"),
    "name": ("item", "part", "each", "entry"),
    "file": ("metrics", "manifest", "report_data", "index_of_runs"),
}


def shapes() -> dict[str, str]:
    """Return every shape by name."""
    return {**SAFE, **UNSAFE}


def variant(name: str, number: int) -> bytes:
    """Return a program of a shape; numbers stand for layouts, and for the names in it."""
    drawn = random.Random(f"{name} {number}")
    words = {key: drawn.choice(options) for key, options in _WORDS.items()}
    body = Template(shapes()[name]).substitute(words).strip("\n")
    if number == 1:  # a method, with something before and after
        lines = ["class Job:", '    """Work."""', "", "    def run(self, source: Path, out: Path):"]
        lines += [
            f"        {line}" if line else ""
            for line in ("done = []", *body.split("\n"), "done.append(out)", "return done")
        ]
        text = HEAD + "\n\n" + "\n".join(lines) + "\n\n\ndef main(source, out):\n    Job().run(source, out)\n"
    elif number == 2:  # tabs, single quotes, in a branch
        inner = "\n".join(f"\t\t{_tabs(line)}" if line else "" for line in body.split("\n"))
        text = HEAD + f"\n\ndef main(source: Path, out: Path):\n\tif out.is_dir():  # it is\n{inner}\n"
        text = text.replace('"', "'") if "'" not in body else text
        return text.replace("\n", "\r\n").encode()
    else:
        inner = "\n".join(f"    {line}" if line else "" for line in body.split("\n"))
        text = HEAD + f"\n\ndef main(source: Path, out: Path) -> None:\n{inner}\n"
    return text.encode()


def _tabs(line: str) -> str:
    bare = line.lstrip(" ")
    return "\t" * ((len(line) - len(bare)) // 4) + bare
