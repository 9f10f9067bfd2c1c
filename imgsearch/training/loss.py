"""What every loss says about itself, so that choosing one brings the miner, sampler and inputs that it needs."""

from __future__ import annotations

from torch import Tensor, nn

from imgsearch.training.tuples import Tuples


class Loss(nn.Module):
    """The base of all losses, modules `(embeddings (n, d), labels (n,), tuples, **inputs) → scalar`.

    Without a valid tuple a loss is exactly 0 and still has a gradient graph.
    """

    kind: type[Tuples] | None = None
    """What it compares; None: the whole batch, and `tuples` is None."""
    miner: str | None = None
    """The miner that it takes by default; None where `kind` is."""
    sampler: str = "m_per_class"
    """The sampler that it takes by default."""
    images_per_class: int = 4
    """How many pictures of a class a batch holds by default; those that compare with proxies need no more than one."""
    inputs: tuple[str, ...] = ()
    """Columns of the label table that it is given beside the labels, as keyword arguments (n,)."""
    also: tuple[str, ...] = ()
    """Further columns that it is given where the table has them."""
    normalised: bool = True
    """Whether it takes unit rows; else the network's output before normalisation."""
    wants_pool: bool = False
    """Whether `refresh` is to be called before each epoch."""
    active: Tensor | None = None
    """After a call: the share of its terms that were not 0, or of the pictures nearer to another class's proxy than to
    their own; None for losses that tell neither."""

    def refresh(self, embeddings: Tensor, labels: Tensor) -> None:
        """Take in the whole training set: embeddings (N, d) as the loss is given them, labels (N,).

        What is kept of it belongs into buffers of a fixed shape, so that a checkpoint holds it.
        """

    def meet(self, embeddings: Tensor, labels: Tensor) -> None:
        """Look at a batch, embeddings (n, d) and labels (n,), before learning from it; most losses need not."""

    def count_active(self, terms: Tensor) -> None:
        """Set `active` from hinge terms of any shape."""
        self.active = (terms.detach() > 0).float().mean() if terms.numel() else terms.new_zeros(())

    def count_misplaced(self, similarities: Tensor, labels: Tensor) -> None:
        """Set `active` from similarities to the proxies (n, classes)."""
        self.active = (similarities.detach().argmax(dim=1) != labels).float().mean()
