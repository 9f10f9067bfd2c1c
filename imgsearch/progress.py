"""Progress bars on stderr, drawn only where a person watches."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tqdm import tqdm


def progress(
    items: Iterable[Any] | None = None,
    *,
    total: int | None = None,
    initial: int = 0,
    description: str = "",
    unit: str = "pictures",
) -> tqdm[Any]:
    """A tqdm bar over `items` (or one to `.update()` by hand), silent when stderr is not a terminal."""
    from tqdm import tqdm

    return tqdm(
        items,
        total=total,
        initial=initial,
        desc=description,
        unit=f" {unit}",
        file=sys.stderr,
        disable=not sys.stderr.isatty(),
        leave=False,
    )
