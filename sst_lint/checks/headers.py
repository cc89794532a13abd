"""Which archives and drawings carry the date of their making in a header, where somebody compares them?"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from sst_lint.checks.belief import MEDIUM, OF_A_TEST
from sst_lint.checks.defect import Defect

if TYPE_CHECKING:
    from sst_lint.flow import Project
    from sst_lint.flow.volatile import Source
    from sst_lint.flow.writes import Write

#: What caches, backups and logs hold nobody compares.
_UNCOMPARED = re.compile(r"cach|back_?up|(?<![^\W_])logs?(?![^\W_])", re.IGNORECASE)
#: Formats of what people look at.
_SHOWN = frozenset({"image", "pdf", "xlsx"})
_HEADER_CURES = {
    "image": 'leave the date out (`metadata={"Date": None}` for SVG, `{"CreationDate": None}` for PDF and PostScript)',
    "pdf": 'leave the date out (`metadata={"CreationDate": None}`, `invariant=1`)',
    "xlsx": "set `SOURCE_DATE_EPOCH` for the tools that honor it, or compare the cells",
    "csv": 'give the date yourself (`compression={"method": "gzip", "mtime": 0}`)',
}


def headers(project: Project) -> Iterator[Defect]:
    """SST301 on archives and drawings, which write the date into their header."""
    for source, write, rank, what in project.leaks.headers:
        where = project.trace.location(source.node)
        kept = write.kind.kind not in ("argument", "state") and not _UNCOMPARED.search(f"{where.path} {where.function}")
        # what has no name of its own is what somebody asked for; the time in a gzip header nobody ever asks for
        kept = kept and (rank == 0 or bool(write.shown) or source.api.startswith("gzip."))
        belief = MEDIUM if rank <= 1 and kept else MEDIUM.low("nobody is known to compare the file")
        form = _form(source, write)
        whole = source.site is not None and source.site.model.writes is not None
        if (whole or form in _SHOWN) and write.final.kind != "artifact":
            belief = belief.low("people look at a drawing, and nobody compares it")
        if project.is_test(where.path):
            belief = belief.low(OF_A_TEST)
        if not (write.kind.declared or project.compares_archives):
            belief = belief.low("nothing in the program says that it compares archives: no date settled, no seed")
        yield Defect(
            "SST301",
            where,
            project.trace.statement_line(source.node),
            "",
            f"`{source.api}` writes a date into the header of {what}: the bytes differ although the content does not; "
            + _HEADER_CURES.get(form, "give the date yourself (`mtime=0`, `ZipInfo(date_time=...)`, a `filter`)"),
            "warning",
            belief.confidence,
            group=f"value:{where.line}:{where.column}",
            doubts=belief.doubts,
        )


def _form(source: Source, write: Write) -> str:
    """The format by which a file with a date in its header is judged."""
    model = source.site.model if source.site is not None else None
    if model is not None and (model.format or (model.writes is not None and model.writes.format)):
        return model.format or (model.writes.format if model.writes is not None else "")
    return next(iter(write.formats), "")
