"""Alignment of two domains, such as pictures and captions (Faghri et al. 2018, "VSE++: Improving Visual-Semantic
Embeddings with Hard Negatives"; Radford et al. 2021, "Learning Transferable Visual Models From Natural Language
Supervision")."""

from __future__ import annotations

from torch import Tensor, nn
from torch.nn import functional

from imgsearch.training.loss import Loss
from imgsearch.training.numerics import at_least_single
from imgsearch.training.tuples import Pairs, all_pairs


class CrossModalLoss(Loss):
    """L₁ + L₂, a triplet loss from each domain to the other: Σ over negatives of [S(a,n) − S(a,p) + m]₊.

    S is the cosine similarity; p is a picture of the anchor's label and n one of another, both of the other domain, so
    that several captions of one picture are positives all, and never negatives of each other. Each of L₁ and L₂ is the
    mean over its pairs (a, p) of the sum over n.

    Args:
        classes: number of training classes.
        dimension: length of the embeddings.
        margin: m; 0.2 as published.
        hardest: take the greatest term of each pair (VSE++), not the sum.
        infonce: ½·(L₁ + L₂) of −log(e^(S(a,p)/T) / (e^(S(a,p)/T) + Σ e^(S(a,n)/T))) instead.
        temperature: T of `infonce`; 0.07, which CLIP starts from.
        within_domain: weight of the same loss among pictures of one domain, the mean over all their pairs.
        classification: weight of the cross-entropy of a learned linear layer over the classes.
    """

    inputs = ("domain",)

    def __init__(
        self,
        classes: int,
        dimension: int,
        margin: float = 0.2,
        hardest: bool = False,
        infonce: bool = False,
        temperature: float = 0.07,
        within_domain: float = 0.0,
        classification: float = 0.0,
    ) -> None:
        super().__init__()
        self.margin, self.hardest = margin, hardest
        self.infonce, self.temperature = infonce, temperature
        self.within_domain, self.classification = within_domain, classification
        self.classifier = nn.Linear(dimension, classes) if classification else None

    def forward(self, embeddings: Tensor, labels: Tensor, tuples: None = None, *, domain: Tensor) -> Tensor:
        """Embeddings (n, d) unit rows, labels (n,), domain (n,) of two values → scalar."""
        embeddings = at_least_single(embeddings)
        similarities = embeddings @ embeddings.T
        positive, negative = all_pairs(labels)
        across = domain[:, None] != domain[None, :]
        # Every pair across is a pair in both directions: L₁ and L₂ have as many, and are one mean, twice.
        total = self._mean(similarities, Pairs(positive & across, negative & across)) * (1.0 if self.infonce else 2.0)
        if self.within_domain:
            within = self._mean(similarities, Pairs(positive & ~across, negative & ~across))
            total = total + self.within_domain * within
        if self.classifier is not None:
            total = total + self.classification * functional.cross_entropy(self.classifier(embeddings), labels)
        return total

    def _mean(self, similarities: Tensor, pairs: Pairs) -> Tensor:
        """The mean over the positive pairs (a, p), a scalar."""
        anchor, partner = pairs.positive.nonzero(as_tuple=True)
        near = similarities.flatten().index_select(0, anchor * len(similarities) + partner)
        far = similarities.masked_fill(~pairs.negative, float("-inf"))
        if self.infonce:
            crowd = (far / self.temperature).logsumexp(dim=1).index_select(0, anchor)
            terms = functional.softplus(crowd - near / self.temperature)
        elif self.hardest:
            terms = (far.amax(dim=1).index_select(0, anchor) - near + self.margin).relu()
        else:
            terms = (far.index_select(0, anchor) - near[:, None] + self.margin).relu().sum(dim=1)
        return terms.sum() / max(len(anchor), 1)
