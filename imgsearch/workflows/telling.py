"""A run in words: what was chosen, what it came to, and what looks wrong."""

from __future__ import annotations

from typing import TYPE_CHECKING

from imgsearch.errors import printable
from imgsearch.training.reports import EpochReport, best_epoch
from imgsearch.workflows.settings import SCRATCH, Settings

if TYPE_CHECKING:
    from imgsearch.training.ending import Ending
    from imgsearch.training.run import Run


def chosen(run: Run, settings: Settings) -> str:
    """What will be trained, with what, on what, in one line."""
    config = run.config
    begin = "from scratch" if settings.start == SCRATCH else f"from {printable(settings.start)}"
    parts = [
        f"loss {config.loss}",
        f"sampler {config.sampler}",
        f"pooling {config.pooling}",
        f"{config.backbone} {begin}",
    ]
    if config.miner is not None:
        parts.insert(1, f"miner {config.miner}")
    if settings.teacher is not None:
        parts.append(f"taught by {printable(settings.teacher)}")
    if run.device.type != "cpu":
        parts.append(f"on {run.device.type}")
    measured = ""
    if run.validation is not None:
        count = len(run.validation.classes)
        measured = f", validating on {count} others"
    rounds = f", each {config.rounds} times an epoch" if (config.rounds or 1) > 1 else ""
    pictures = f"{len(run.data.labels):,} pictures of {len(run.data.classes):,} classes{rounds}"
    if run.data.pairs is not None:
        pictures = f"{len(run.data.pairs.same):,} pairs of {len(run.data.labels):,} pictures{rounds}"
    return f"training on {pictures}{measured}; {', '.join(parts)}"


def summary(run: Run, difference: float, ending: Ending) -> str:
    """What was learned, in one line."""
    learned = f"{run.epoch} epoch{'' if run.epoch == 1 else 's'}"
    best = best_epoch(run.reports)
    if best is not None:
        why = " (no better since, so it stopped)" if run.epoch < run.config.epochs and run.finished else ""
        learned += f", the best of them epoch {best.epoch}{why}"
    if ending.plain is not None:
        without, ours = ending.plain["map_at_r"], ending.quality["map_at_r"]
        learned += (
            f"; it ends in {'one stage' if len(ending.embedder.ends) == 1 else 'two stages'}, {_looks(ending)} "
            f"(unseen classes: map_at_r {without:.4f} without, {ours:.4f} with)"
        )
    return f"{learned}; the exported encoder is within {difference:.0e} of the trained network"


def _looks(ending: Ending) -> str:
    """How it ends, and what that costs."""
    how = "centred" if ending.centred else "whitened"
    seen, times = ending.embedder, ending.embedder.looks
    how += " and averaged with the mirror image" if seen.mirrored else ""
    how += f" in {seen.orientations} orientations" if seen.orientations > 1 else ""
    return how if times == 1 else f"{how}, which takes {times} times as long to encode"


def collapsed(report: EpochReport) -> str:
    """That all pictures lie in one place, and what to do about it."""
    return (
        f"the embeddings have collapsed: different classes are alike by {report.similarity:.4f}, so nothing "
        "can be told apart; lower --lr, or take another --loss or --miner"
    )


def warnings(run: Run) -> tuple[str, ...]:
    """What looks wrong, a line each with the remedy."""
    said = []
    if run.reports and run.reports[-1].collapsed:
        said.append(collapsed(run.reports[-1]))
    best, before = best_epoch(run.reports), run.reports[0] if run.reports else None
    if best is not None and before is not None and before.epoch == 0 and (best.map_at_r or 0) < (before.map_at_r or 0):
        said.append(
            f"training made unseen classes harder to find (map_at_r {before.map_at_r:.4f} before, {best.map_at_r:.4f} "
            "after): lower --lr, train on more classes, or keep the model that it started from"
        )
    if run.sampler.repeats:
        said.append(
            f"classes with fewer than {run.config.images_per_class} pictures stood in a batch with the same picture "
            f"twice ({run.sampler.repeats:,} times); lower --batch-images, or add pictures"
        )
    return tuple(said)
