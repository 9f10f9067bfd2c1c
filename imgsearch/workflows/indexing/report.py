"""What an update of an index came to."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path

from imgsearch.errors import PictureError
from imgsearch.index import Record
from imgsearch.index.paths import absolute_path
from imgsearch.workflows.indexing.options import Before
from imgsearch.workflows.indexing.scan import Scan


@dataclass
class IndexReport:
    """What an update came to, in pictures."""

    index: Path
    """The folder of the index that was updated."""
    pictures: int = 0
    """All that can be searched in it now."""
    added: int = 0
    updated: int = 0
    moved: int = 0
    """Those that lie elsewhere now and were not encoded again."""
    removed: int = 0
    unchanged: int = 0
    skipped: list[PictureError] = field(default_factory=list)
    """All that cannot be searched, those included that an earlier run found broken and that have not changed since."""
    unreadable: list[PictureError] = field(default_factory=list)
    """Those among the unchanged that the disk did not let us look at."""
    missing: list[PictureError] = field(default_factory=list)
    """Listed files that are not there."""
    reprojected: int = 0
    """Those that are compared through another linear metric now, without having been opened."""
    seconds: float = 0.0
    interrupted: bool = False
    """Ctrl-C: what is counted here is in the index, the rest is not yet."""

    def refuse(self, error: PictureError, *, searchable: bool) -> None:
        """Count a picture of which the disk gave nothing: what is `searchable` stays, what is not is skipped."""
        if searchable:
            self.unreadable.append(error)
            self.unchanged += 1
        else:
            self.skipped.append(error)

    def copy(self) -> IndexReport:
        """The same, to be counted on."""
        return replace(self, skipped=[*self.skipped], unreadable=[*self.unreadable])


def report_of(before: Before, scan: Scan) -> IndexReport:
    """What is known before any file is read."""
    report = IndexReport(before.folder, missing=scan.missing)
    reasons = before.known.reasons
    report.skipped = [
        PictureError(str(absolute_path(path, before.root)), reasons[path]) for path in scan.unchanged if path in reasons
    ]
    report.unchanged = len(scan.unchanged) - len(report.skipped)
    for path, error in scan.unreadable.items():
        report.refuse(error, searchable=before.known.is_searchable(path))
    return report


def recounted(report: IndexReport, before: dict[str, Record], now: dict[str, Record], scan: Scan) -> IndexReport:
    """`report`, of before any file was read, with what the index says `now`: an update was interrupted."""
    report = report.copy()
    report.interrupted = True
    former = {record.slot for path in scan.gone if (record := before[path]).slot is not None}
    for stored, found in scan.changed.items():
        old, new = before.get(stored), now.get(stored)
        if new is None or new == old:  # its turn had not come
            continue
        if new.reason is not None:
            report.skipped.append(PictureError(found.path, new.reason))
        elif new.slot in former:
            report.moved += 1
        elif old is None or old.slot is None:
            report.added += 1
        elif new.slot != old.slot:
            report.updated += 1
        else:
            report.unchanged += 1
    report.removed = sum(path not in now for path in scan.gone) - report.moved
    return report
