"""Which of the pictures that an index knows were seen on the disk as they were."""

from __future__ import annotations

from array import array
from itertools import compress
from operator import not_

from imgsearch.index.known import Known


class Unchanged:
    """A mark for each known picture. Paths are stored paths, times in nanoseconds."""

    def __init__(self, known: Known) -> None:
        self._known = known
        self._marks = bytearray(len(known))
        self._next = 0  # the number of the picture after the one seen last: there a walk probably goes on

    def __contains__(self, path: str) -> bool:
        number = self._known.numbers.get(path)
        return number is not None and self._marks[number] == 1

    def saw(self, path: str, size: int, mtime_ns: int) -> bool:
        """Whether the index knows a file so, which is marked then."""
        number = self._known.numbers.get(path)
        if number is None:
            return False
        self._next = number + 1
        if self._known.sizes[number] != size or self._known.times[number] != mtime_ns:
            return False
        self._marks[number] = 1
        return True

    def expects(self, paths: list[str]) -> bool:
        """Whether these come next in the order of indexing, and none is marked."""
        here = slice(self._next, self._next + len(paths))
        return self._known.paths[here] == paths and not any(self._marks[here])

    def saw_expected(self, sizes: list[int], times: list[int]) -> bool:
        """Whether the index knows all files so that it `expects`, which are marked then, in a tenth of the time."""
        here = slice(self._next, self._next + len(sizes))
        try:
            if array("q", sizes) != self._known.sizes[here] or array("q", times) != self._known.times[here]:
                return False
        except OverflowError:  # a time after the year 2262
            return False
        self._marks[here] = b"\1" * len(sizes)
        self._next = here.stop
        return True

    def paths(self) -> list[str]:
        """The marked ones."""
        return list(compress(self._known, self._marks))

    def others(self) -> list[str]:
        """Those without a mark."""
        return list(compress(self._known, map(not_, self._marks)))
