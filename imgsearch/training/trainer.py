"""The training loop: sampled batches through augmentation, network, miner and loss; validation on other classes."""

from __future__ import annotations

import itertools
import math
import time
from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from imgsearch.errors import UserError
from imgsearch.progress import progress
from imgsearch.training.checkpoint import Tensors
from imgsearch.training.device import autocast
from imgsearch.training.distillation import distillation
from imgsearch.training.distributed import from_first, gather, own_share, rank, sum_gradients
from imgsearch.training.loader import views
from imgsearch.training.loss import Loss
from imgsearch.training.reports import EpochReport, harmed
from imgsearch.training.run import Run
from imgsearch.training.samplers.base import Indices
from imgsearch.training.tuples import Pairs, Tuples, all_pairs, convert
from imgsearch.training.validation import embed_dataset, validate
from imgsearch.training.variants import draw_variants, variants

RESTARTS = 2
"""How often a run may begin again with a smaller learning rate."""
SAVE_EVERY = 120.0
"""Seconds between two calls of `save` within an epoch."""


def train(
    run: Run,
    report: Callable[[EpochReport], None] = lambda _: None,
    save: Callable[[Tensors, dict[str, Any]], None] = lambda *_: None,
    say: Callable[[str], None] = lambda _: None,
) -> None:
    """Train to the end of the configuration, or until validation no longer improves.

    AdamW with a linear warm-up over the first twentieth of all steps, then a cosine to zero. All that is random in a
    step follows from the seed and the step's number, so that a run which goes on from a checkpoint ends like one that
    was never interrupted. Whoever interrupts it has in `run` what was learned so far.

    Args:
        run: what to train; trained in place.
        report: called after each epoch, and before the first with the untrained network's scores.
        save: called with the run's state after each epoch, and every two minutes within one.
        say: called with a line where the learning rate proved too high, see `TrainingConfig.adapt_rate`.

    Raises:
        UserError: the loss is no number any more.
    """
    if not run.reports and run.validation is not None:
        run.conclude(EpochReport(0, None, None, None, 0.0, 0.0, _validated(run)))
        report(run.reports[0])
    done = run.epoch * run.batches_per_epoch + run.batch
    with progress(total=run.steps, initial=done, description="training", unit="batches") as bar:
        while not run.finished:
            _train_epoch(run, bar, save)
            report(_conclude_epoch(run))
            if run.config.adapt_rate and run.epoch == 1 and run.restarts < RESTARTS and harmed(run.reports):
                run.begin_again()
                bar.reset()
                say(
                    "that made unseen classes harder to find: "
                    f"beginning again with a quarter of the learning rate, {run.config.rate:g}"
                )
            save(*run.state())


def _train_epoch(run: Run, bar: Any, save: Callable[[Tensors, dict[str, Any]], None]) -> None:  # noqa: ANN401 - tqdm
    if run.plan is None:
        _refresh(run)
        run.plan = np.concatenate([run.sampler.epoch() for _ in range(run.config.rounds or 1)])
    first = run.epoch * len(run.plan)
    rows = run.plan[run.batch :]
    # Each process varies its pictures in its own way.
    seeds = [_seed(run, first + run.batch + number) + 999_983_777 * rank() for number in range(len(rows))]
    share = own_share(rows.shape[1])
    config = run.config
    steps = itertools.count(first + run.batch)
    drawn = np.stack(
        [draw_variants(config, run.data.labels[row], step) for row, step in zip(rows, steps, strict=False)]
    )
    side = config.side(run.epoch)
    batches = views(run.data, rows[:, share], drawn[:, share], side, config, seeds, run.device)
    bar.set_description(f"epoch {run.epoch + 1}/{config.epochs}")
    known = run.reports[-1].map_at_r if run.reports else None
    run.embedder.train()
    began = saved = time.monotonic()
    for batch, indices, kinds in zip(batches, rows, drawn, strict=True):
        figures = _step(run, batch, indices, kinds, first + run.batch)
        now = time.monotonic()
        figures["seconds"], began = now - began, now
        for name, amount in figures.items():
            run.totals[name] = run.totals.get(name, 0.0) + amount
        run.batch += 1
        bar.set_postfix_str(_shown(figures, known))
        bar.update()
        if now - saved > SAVE_EVERY and run.batch < len(run.plan):
            save(*run.state())
            saved = now


def _step(run: Run, batch: Tensor, indices: Indices, kinds: Indices, step: int) -> dict[str, float]:
    """One step of the optimiser; what it showed."""
    torch.manual_seed(_seed(run, step))  # for what the network, the miner and the loss draw
    for group in run.optimiser.param_groups:
        group["lr"] = group["peak"] * schedule(step, run.steps)
    labels = torch.from_numpy(run.data.labels[indices] * variants(run.config) + kinds).to(run.device)
    with autocast(run.device):
        embeddings = run.embedder.embed(batch, normalise=run.loss.normalised)
    embeddings = gather(embeddings)
    unit = functional.normalize(embeddings.detach(), dim=1)
    mined = None
    if run.miner is not None and run.loss.kind is not None:
        with torch.no_grad():
            mined = convert(run.miner(unit, labels), run.loss.kind, labels)
    run.loss.meet(embeddings.detach(), labels)
    value: Tensor = run.loss(embeddings, labels, mined, **run.inputs(indices))
    if run.teacher is not None:
        taught = gather(run.teacher.embed(batch))
        value = value + run.config.teacher_weight * distillation(embeddings, taught, run.config.teacher_temperature)
    # The embeddings too: a miner finds no pair among numbers that are none, and without pairs the loss is 0.
    if not (torch.isfinite(value) and torch.isfinite(embeddings).all()):
        raise UserError(
            f"training ran away in epoch {run.epoch + 1} (loss {value.item():g}); lower --lr (now {run.config.rate:g})"
        )
    run.optimiser.zero_grad(set_to_none=True)
    torch.autograd.backward(value)
    sum_gradients(run.embedder.parameters())
    run.optimiser.step()
    run.average.update(run.embedder, step + 1)
    negative = all_pairs(labels).negative
    similarity = float(((unit @ unit.T) * negative).sum() / negative.sum().clamp(min=1))
    figures = {"loss": value.item(), "similarity": similarity}
    active = _active(run.loss, mined, labels)
    return figures if active is None else {**figures, "active": active}


def _active(loss: Loss, mined: Tuples | None, labels: Tensor) -> float | None:
    """Share of the tuples that teach something: by the loss, or else the share of all pairs that the miner kept."""
    if loss.active is not None:
        return float(loss.active)
    if not isinstance(mined, Pairs):
        return None
    possible = all_pairs(labels)
    kept, there = (sum(int(mask.sum()) for mask in pairs) for pairs in (mined, possible))
    return kept / max(1, there)


def _refresh(run: Run) -> None:
    """Show the whole training set to the parts that want to see it before an epoch."""
    if not (run.loss.wants_pool or run.sampler.wants_pool):
        return
    torch.manual_seed(_seed(run, run.epoch * run.batches_per_epoch))
    pool = embed_dataset(run.embedder, run.data, run.config.image_size, normalise=False)
    unit = functional.normalize(torch.from_numpy(pool), dim=1, eps=1e-6)
    if run.loss.wants_pool:
        seen = unit if run.loss.normalised else torch.from_numpy(pool)
        run.loss.refresh(seen.to(run.device), torch.from_numpy(run.data.labels).to(run.device))
    if run.sampler.wants_pool:
        run.sampler.refresh(unit.numpy())


def _conclude_epoch(run: Run) -> EpochReport:
    for network in (run.embedder, run.average.embedder):  # each process saw other pictures
        from_first(network.buffers())
    began, count, totals = time.monotonic(), run.batch, run.totals
    scores = _validated(run)
    report = EpochReport(
        epoch=run.epoch + 1,
        loss=totals["loss"] / count,
        active=totals["active"] / count if "active" in totals else None,
        similarity=totals["similarity"] / count,
        learning_rate=run.optimiser.param_groups[0]["lr"],
        seconds=totals["seconds"] + time.monotonic() - began,
        validation=scores,
    )
    run.conclude(report)
    return report


def _validated(run: Run) -> dict[str, float] | None:
    if run.validation is None:
        return None
    scores = validate(run.average.embedder, run.validation, run.config.image_size)
    values = torch.tensor(list(scores.values()), dtype=torch.float64, device=run.device)
    from_first([values])  # all processes must agree on when to stop
    return dict(zip(scores, values.tolist(), strict=True))


def _shown(figures: dict[str, float], map_at_r: float | None) -> str:
    active = f", active {figures['active']:.0%}" if "active" in figures else ""
    return f"loss {figures['loss']:.3f}{active}" + ("" if map_at_r is None else f", map_at_r {map_at_r:.3f}")


def _seed(run: Run, step: int) -> int:
    return run.config.seed * 1_000_003 + step


def schedule(step: int, steps: int) -> float:
    """Share of the peak learning rate at `step` (from 0) of `steps`."""
    warm_up = max(1, steps // 20)
    if step < warm_up:
        return (step + 1) / warm_up
    return 0.5 * (1.0 + math.cos(math.pi * (step - warm_up) / max(1, steps - warm_up)))
