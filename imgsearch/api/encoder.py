"""`imgsearch.Encoder`."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from imgsearch import encoder

if TYPE_CHECKING:
    from imgsearch.api.names import Name
    from imgsearch.workflows.evaluation.result import Evaluation


class Encoder(encoder.Encoder):
    """A model that embeds pictures, is measured, and is trained."""

    @classmethod
    def train(
        cls,
        folder: Name,
        output: Name,
        *,
        metric: str | None = None,
        deep: Mapping[str, object] | None = None,
        start: Name = "base",
        labels: Name | None = None,
        device: str = "auto",
        say: Callable[[str], None] = lambda _: None,
    ) -> Encoder:
        """Learn from a folder with one sub-folder a class, write the model folder `output`, and open it.

        Args:
            folder: the labelled pictures.
            output: must not exist yet.
            metric: fit this linear metric, as "lda" or "rca^0.4"; by default all ways are compared, deep training too,
                and "auto" compares without it.
            deep: train the network, with options by the names of the fields of `imgsearch.training.config` and
                `imgsearch.workflows.settings`, as {"loss": "triplet", "epochs": 6}.
            start: the model to start from.
            labels: a table `path,label[,…]` instead of sub-folders.
            device: of deep training.
            say: called with single lines about what was chosen.

        Raises:
            UserError: `output` exists, or nothing can be learned from these pictures.
        """
        from imgsearch.workflows.labelled import read_labelled
        from imgsearch.workflows.table import read_table

        data = read_labelled(folder) if labels is None else read_table(Path(labels), Path(folder))
        place = Path(output)
        if deep is not None:
            from imgsearch.workflows.deep import train_deep

            train_deep(data, place, {"start": os.fspath(start), **deep}, device=device, say=say)
        elif metric is None or metric == "auto":
            from imgsearch.workflows.choose import train_best

            train_best(data, place, start=start, networks=metric is None, device=device, say=say)
        else:
            from imgsearch.workflows.linear import train_linear

            train_linear(data, place, metric, start=start)
        return cls(place)

    def eval(
        self,
        folder: Name,
        *,
        gallery: Name | None = None,
        labels: Name | None = None,
        split: str | None = None,
        expand: int = 0,
        rerank: bool = False,
    ) -> Evaluation:
        """How well pictures of the same class are found in a folder with one sub-folder a class.

        Args:
            folder: the labelled pictures.
            gallery: search these with those of `folder`, which else query one another.
            labels: a table `path,label[,camera][,sequence]` instead of sub-folders.
            split: only the classes held out, as "holdout:40".
            expand: measure `query(expand=…)` beside it.
            rerank: measure `query(rerank="k-reciprocal")` beside it.

        Raises:
            UserError: no such folder, fewer than two classes, or no readable picture.
        """
        from imgsearch.workflows.evaluation.cache import open_cache
        from imgsearch.workflows.evaluation.options import Options
        from imgsearch.workflows.evaluation.run import evaluate
        from imgsearch.workflows.evaluation.task import read_task

        task = read_task(
            Path(folder),
            gallery=None if gallery is None else Path(gallery),
            split=split,
            labels=None if labels is None else Path(labels),
        )
        with open_cache() as cache:
            return evaluate(task, [(self.model.info.name, self.model)], cache, Options(expand=expand, rerank=rerank))
