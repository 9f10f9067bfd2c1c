"""What one set of embeddings is worth, by one protocol."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from imgsearch.retrieval import Answers, Relevance, answered, chance_queries
from imgsearch.retrieval.bootstrap import interval
from imgsearch.retrieval.clustering import clustering
from imgsearch.retrieval.few_shot import few_shot
from imgsearch.retrieval.jackknife import verification_intervals
from imgsearch.retrieval.pair_counts import PairCounts, all_pairs
from imgsearch.retrieval.pair_groups import PairGroups, all_pair_groups
from imgsearch.retrieval.verification import roc, verification, verification_chance
from imgsearch.workflows.evaluation.extras import Clustering, Curve, FewShot, Verification
from imgsearch.workflows.evaluation.figures import Scores
from imgsearch.workflows.evaluation.options import CHEAP, KS, RANKS, Options
from imgsearch.workflows.evaluation.result import Pictures
from imgsearch.workflows.evaluation.task import RE_IDENTIFICATION

Rows = NDArray[np.float32]
Values = dict[str, Scores]


@dataclass(frozen=True, eq=False)
class Setting:
    """The pictures on both sides, and the rules between them."""

    protocol: str
    queries: Pictures
    gallery: Pictures
    rules: Relevance
    options: Options
    everything: NDArray[np.int64] = field(init=False)
    """Labels of all pictures: of the queries and, where it is another side, of the gallery."""

    def __post_init__(self) -> None:
        labels = self.queries.labels
        together = labels if self.alone else np.concatenate([labels, self.gallery.labels])
        object.__setattr__(self, "everything", together)

    @property
    def alone(self) -> bool:
        """Whether pictures query one another."""
        return self.queries is self.gallery

    def all_rows(self, queries: Rows, gallery: Rows) -> Rows:
        """The rows of `everything`."""
        return queries if self.alone else np.concatenate([queries, gallery])

    @property
    def ks(self) -> Sequence[int]:
        """Of recall_at_k."""
        return RANKS if self.protocol == RE_IDENTIFICATION else KS

    def ranked(self, queries: Rows, gallery: Rows, *, rerank: bool = False) -> Answers:
        """How the queries that have something to find are answered, in their order."""
        answers = answered(queries, gallery, self.rules, ks=self.ks, rerank=rerank)
        return replace(answers, metrics=self._named(answers.metrics))

    def chance(self) -> tuple[NDArray[np.intp], Values]:
        """The same of a random ranking."""
        rows, values = chance_queries(self.rules, self.ks)
        return rows, self._named(values)

    def _named(self, values: Values) -> Values:
        if self.protocol != RE_IDENTIFICATION:
            return values
        found = {f"cmc_at_{k}": values[f"recall_at_{k}"] for k in self.ks}
        return {**found, "map": values["map"]}

    @property
    def counts_pairs(self) -> bool:
        """Whether all pairs are counted: they are not too many, and not all of one kind."""
        sizes = np.bincount(self.everything)
        both = sizes.max() > 1 and np.count_nonzero(sizes) > 1
        return bool(both and (len(self.everything) <= CHEAP or self.options.verification))

    def verified(self, rows: Rows) -> Verification | None:
        """What a threshold makes of all pairs among the rows of `everything`, where they are counted."""
        if not self.counts_pairs:
            return None
        return verified(*all_pair_groups(rows, self.everything, self.options.seed), "all pairs")

    def clustering(self, rows: Rows) -> Clustering | None:
        """k-means of the rows of `everything`; None where they are too many for it."""
        if len(rows) > CHEAP or np.bincount(self.everything).max() < 2:
            return None
        found = clustering(rows, self.everything, seed=self.options.seed)
        return Clustering(found.nmi, found.ami, found.seed, found.chance_nmi)

    def few_shot(self, rows: Rows) -> tuple[FewShot, ...]:
        """Episodes among the rows of `everything`.

        Raises:
            UserError: too few classes have enough pictures.
        """
        wanted = self.options.episodes
        if wanted is None:
            return ()
        return tuple(_few_shot(rows, self.everything, wanted.way, shot, wanted.number, self.options.seed)
                     for shot in wanted.shots)  # fmt: skip


def _few_shot(rows: Rows, labels: NDArray[np.int64], way: int, shot: int, episodes: int, seed: int) -> FewShot:
    result = few_shot(rows, labels, way, shot, episodes=episodes, seed=seed)
    return FewShot(
        way, shot, episodes, result.mean, interval(result.by_class), result.interval, result.chance, result.left_out
    )


def verified(pairs: PairCounts, groups: PairGroups, source: str) -> Verification:
    """What a threshold on similarity makes of pairs, which are also counted by groups."""
    curve = roc(pairs).thinned()
    return Verification(
        pairs=int(pairs.genuine.sum() + pairs.impostor.sum()),
        same=int(pairs.genuine.sum()),
        source=source,
        figures=verification(pairs),
        intervals=verification_intervals(pairs, groups),
        roc=Curve(curve.far, curve.tar),
        precision_recall=Curve(curve.tar, curve.precision),
    )


def beside(setting: Setting, queries: Rows, gallery: Rows) -> dict[str, float]:
    """Figures of verification and of episodes, for a baseline."""
    rows = setting.all_rows(queries, gallery)
    found = verification(all_pairs(rows, setting.everything)) if setting.counts_pairs else {}
    return found | {episodes.name: episodes.accuracy for episodes in setting.few_shot(rows)}


def beside_chance(setting: Setting) -> dict[str, float]:
    """The same by drawing lots: where no two pictures can be told apart."""
    found: dict[str, float] = {}
    if setting.counts_pairs:
        sizes = np.bincount(setting.everything)
        same = np.array([(sizes * (sizes - 1) // 2).sum()])
        every = len(setting.everything) * (len(setting.everything) - 1) // 2
        found = verification_chance(PairCounts(np.zeros(1), same, every - same))
    wanted = setting.options.episodes
    if wanted is not None:
        found |= {f"{wanted.way}_way_{shot}_shot": 1 / wanted.way for shot in wanted.shots}
    return found
