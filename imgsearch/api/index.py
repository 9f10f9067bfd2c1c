"""`imgsearch.Index`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from imgsearch import encoder
from imgsearch.api.names import NOTHING, Name, Weights, as_source, several, weighted
from imgsearch.errors import PictureError
from imgsearch.index import Index as PlainIndex
from imgsearch.model import Model, load_model

if TYPE_CHECKING:
    from imgsearch.encoder import Device
    from imgsearch.workflows.duplicates import Duplicates
    from imgsearch.workflows.indexing.report import IndexReport
    from imgsearch.workflows.question import Answer


class Index(PlainIndex):
    """Pictures that can be searched: `Index.open()`, or `Index.create()` and then `index("photos")`."""

    def __init__(self, folder: Path, root: Path | None = None) -> None:
        """Use `open` or `create`."""
        super().__init__(folder, root)
        self._encoders: dict[bool, encoder.Encoder] = {}

    @classmethod
    def create(cls, folder: Name = ".imgsearch", model: Name | Model = "base", *, root: Path | None = None) -> Index:
        """Make an empty index with a copy of `model`: "base", a model folder, or one that is open.

        Raises:
            IndexFolderError: there is an index already, something else is in the folder, or it cannot be written.
            ModelError: there is no such model.
        """
        return super().create(Path(folder), model if isinstance(model, Model) else load_model(model), root=root)

    def index(
        self,
        *folders: Name,
        model: Name | Model | None = None,
        exclude: str | Sequence[str] = (),
        files: Sequence[Name] | None = None,
        prune: bool | None = None,
        max_pixels: int | None = None,
        jobs: int | None = None,
        batch_size: int | None = None,
        device: Device = "auto",
        warn: Callable[[str], None] = lambda _: None,
    ) -> IndexReport:
        """Bring the index up to date with these folders, by default all that it was made of; see `imgsearch index`.

        Args:
            folders: with all below them.
            model: give the index this model.
            exclude: patterns of what is left out, remembered.
            files: pictures to index, besides folders.
            prune: also forget folders that are gone or empty; False forgets no picture.
            max_pixels: skip larger pictures.
            jobs: threads that decode, and as many that encode.
            batch_size: pictures that are committed together.
            device: where to encode.
            warn: called with a line where something is not as expected.

        Raises:
            UserError: a folder is missing or holds no pictures, or the index cannot be written just now.
            KeyboardInterrupt: what was committed by then is kept.
        """
        from imgsearch.workflows.indexing.options import Options

        sources = [Path(folder) for folder in folders]
        options = Options(
            files, exclude=several(exclude), prune=prune, max_pixels=max_pixels,
            jobs=jobs, batch_size=batch_size, device=device,
        )  # fmt: skip
        if model is None:
            from imgsearch.workflows.indexing.update import update_index

            report = update_index(self, sources, options=options, warn=warn)
        else:
            from imgsearch.workflows.indexing.remodel import update_with_model

            wanted = model if isinstance(model, Model) else load_model(model)
            report = update_with_model(self, wanted, sources, options=options, warn=warn)
        if report.interrupted:
            raise KeyboardInterrupt
        return report

    def query(
        self,
        *pictures: Name,
        k: int = 10,
        threshold: float | Literal["auto"] | None = None,
        together: bool = False,
        crop: str | None = None,
        plus: Weights = NOTHING,
        minus: Weights = NOTHING,
        within: Name | Sequence[Name] = (),
        exclude: Name | Sequence[Name] = (),
        include_self: bool = False,
        expand: int = 0,
        rerank: Literal["k-reciprocal"] | None = None,
        method: Literal["auto", "exact", "ann"] = "auto",
        beside: Sequence[PlainIndex] = (),
        skipped: list[PictureError] | None = None,
    ) -> list[Answer]:
        """An answer for each picture, in their order, with the pictures that are most like it; see `imgsearch query`.

        Args:
            pictures: files, or as a str also http(s) URLs and "-", picture bytes on standard input.
            k: matches of each at most.
            threshold: only matches at least as similar; "auto" is what was calibrated for the model.
            together: ask for all as one.
            crop: ask for this part of each, "X,Y,W,H" in pixels or per cent.
            plus: pictures that are added to each, with their weights.
            minus: pictures that are taken away, with their weights.
            within: only pictures in these folders or of these patterns.
            exclude: none of these.
            include_self: queried files may be their own answers.
            expand: ask again with so many first matches added.
            rerank: order the first 100 by whether nearness is mutual.
            method: how to search.
            beside: more indexes of the same model, searched with this one.
            skipped: takes the errors of pictures that are no good; without it, the first one is raised.

        Raises:
            PictureError: as said, and where one of `plus` or `minus` is no good.
            ValueError: a number is out of range.
        """
        from imgsearch.images.crop import Crop
        from imgsearch.workflows.indexes import Indexes
        from imgsearch.workflows.narrow import Narrowing
        from imgsearch.workflows.query import ask
        from imgsearch.workflows.question import Question, Search

        names = tuple(map(as_source, pictures))
        part = None if crop is None else Crop.parse(crop)
        questions = [Question(names, part)] if together and names else [Question((name,), part) for name in names]
        indexes = Indexes([self, *beside], Narrowing(several(within), several(exclude)), encoder_of=self._encoder)
        search = Search(
            k=k,
            threshold=indexes.threshold() if threshold == "auto" else threshold,
            method=method,
            questions=len(questions),
            others=(*weighted(plus, 1), *weighted(minus, -1)),
            include_self=include_self,
            expand=expand,
            rerank=rerank,
        )
        answers: list[Answer] = []
        for result in ask(indexes, questions, search):
            if not isinstance(result, PictureError):
                answers.append(result)
            elif skipped is None:
                raise result
            else:
                skipped.append(result)
        return answers

    def duplicates(self, *, threshold: float | None = None, mirrored: bool = False) -> Duplicates:
        """Groups of nearly identical pictures, the best of each first; see `imgsearch duplicates`.

        Args:
            threshold: how well the aligned pixels of copies agree at least, from 0 to 1.
            mirrored: mirror images are copies, too.

        Raises:
            IndexFolderError: the index is damaged, or was given another model or compacted meanwhile.
        """
        from imgsearch.workflows.duplicates import THRESHOLD, find_duplicates

        return find_duplicates(self, threshold=THRESHOLD if threshold is None else threshold, mirrored=mirrored)

    def _encoder(self, model: Model, pictures: int) -> encoder.Encoder:
        """The model's encoder for a few pictures, or for many; kept, since it takes longer to make than to use."""
        many = pictures > encoder.FEW
        kept = self._encoders.get(many)
        if kept is None or kept.model is not model:
            kept = self._encoders[many] = encoder.Encoder(model, pictures)
        return kept
