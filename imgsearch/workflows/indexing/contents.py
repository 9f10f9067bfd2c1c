"""What an index knows of files that lie elsewhere now, or once more: no content has to be encoded twice."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from imgsearch.index import Record
from imgsearch.index.known import Known
from imgsearch.workflows.indexing.scan import Scan


def concerned(known: Known, scan: Scan) -> set[str]:
    """The known pictures that have changed or are gone, and those whose content a changed file may hold again."""
    concerned = set(scan.gone)
    if scan.changed and known:
        sizes = {found.size for found in scan.changed.values()}
        concerned.update(path for path, size in zip(known, known.sizes, strict=True) if size in sizes)
        concerned.update(path for path in scan.changed if path in known)
    return concerned


class Contents:
    """The indexed pictures that a changed file may hold again, by size at first and then by content hash."""

    def __init__(self, records: dict[str, Record], scan: Scan) -> None:
        sizes = {found.size for found in scan.changed.values()} if records else set()
        self._slots: dict[bytes, int] = {}
        self._gone: defaultdict[bytes, list[str]] = defaultdict(list)
        gone = set(scan.gone)
        for record in records.values():
            if record.slot is not None and record.size in sizes:
                # Whatever becomes of the picture in this run, what is in its slot stays there until the run ends.
                self._slots[record.content_hash] = record.slot
                if record.path in gone:
                    self._gone[record.content_hash].append(record.path)

    def __contains__(self, content_hash: bytes) -> bool:
        return content_hash in self._slots

    def slots(self, records: Iterable[Record]) -> list[int]:
        """Where the embeddings of these contents are."""
        return [self._slots[record.content_hash] for record in records]

    def claim(self, content_hash: bytes) -> str | None:
        """The stored path of a gone picture with this content, which was moved then; each is given once."""
        gone = self._gone.get(content_hash)
        return gone.pop() if gone else None

    def unclaimed(self) -> list[str]:
        """Gone pictures that may yet be claimed."""
        return [path for paths in self._gone.values() for path in paths]
