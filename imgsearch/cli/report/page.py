"""The report as one page that needs nothing else: its parts in their order."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from itertools import chain
from pathlib import Path

from imgsearch import __version__
from imgsearch.cli.console import count, shown
from imgsearch.cli.embedded import Written, beside, closing, opening
from imgsearch.cli.replacing import replacing
from imgsearch.cli.report import markup
from imgsearch.cli.report.checks import checks
from imgsearch.cli.report.classes import class_table, confused, confusions
from imgsearch.cli.report.embedding_map import draw_map, map_section
from imgsearch.cli.report.figures import all_figures, cards, comparison, lead, seen_and_unseen
from imgsearch.cli.report.markup import Section
from imgsearch.cli.report.pairs import calibrated, verification
from imgsearch.cli.report.rest import clustering, copies, copies_shown, few_shot, glossary, skipped
from imgsearch.cli.report.strips import choose_strips, strip_lists
from imgsearch.cli.report.tiles import Tiles
from imgsearch.cli.report.words import model_name
from imgsearch.errors import PictureError
from imgsearch.workflows.evaluation.result import Evaluation


def write_report(file: Path, evaluation: Evaluation, projection: str = "pca") -> Written:
    """Write the page of this evaluation, whole or not at all; `projection` is one of `PROJECTIONS`.

    Raises:
        UserError: it cannot be written, or the projection needs a library that is not installed.
    """
    unread: dict[str, PictureError] = {}
    drawn = draw_map(evaluation, projection, unread)
    strips, examples = choose_strips(evaluation), confused(evaluation)
    pairs = chain(copies_shown(evaluation), ((query, found) for _, query, found in examples))
    tiles = Tiles(chain(strips.paths(evaluation), chain.from_iterable(pairs)), file, unread)
    sections = [
        Section("figures", "Figures", "How well it finds", (cards(evaluation), all_figures(evaluation))),
        Section("compared", "Comparison", "Which model is better?", (comparison(evaluation),)),
        Section(
            "trust",
            "Trust",
            "Can the figures be trusted?",
            (checks(evaluation), seen_and_unseen(evaluation)),
        ),
        Section("pairs", "Pairs", "Same or different?", (verification(evaluation), calibrated(evaluation))),
        Section("groups", "Groups", "From few examples, and from none", (few_shot(evaluation), clustering(evaluation))),
        Section(
            "classes", "Classes", "Class by class", (class_table(evaluation), confusions(evaluation, examples, tiles))
        ),
        Section("queries", "Queries", "Queries and what they find", (strip_lists(evaluation, strips, tiles),)),
        Section("map", "Map", "A map of the pictures", (map_section(evaluation, drawn, projection),)),
        Section("copies", "Copies", "Near-duplicates", (copies(evaluation, tiles),)),
        Section("skipped", "Skipped", "Skipped files", (skipped(evaluation),)),
        Section("terms", "Terms", "What the terms mean", (glossary(evaluation),)),
    ]
    size = 0
    with replacing(file, "--report") as stream:
        for part in _parts(evaluation, [section for section in sections if any(section.parts)]):
            size += stream.write(part.encode())
    shown_once = tiles.paths.union(evaluation.queries.paths[row] for row in drawn.rows)
    return Written(size, len(shown_once), list(unread.values()))


def _parts(evaluation: Evaluation, sections: list[Section]) -> Iterator[str]:
    model, folder = model_name(evaluation.model), shown(evaluation.folder)
    yield opening(f"{markup.said(model)} on {markup.said(folder)}", beside(__file__, "report.css"))
    yield (
        f"<header>\n<h1>How well does {markup.name(model)} know {markup.name(folder)}?</h1>\n"
        f'<p class="help">{_protocol(evaluation)}</p>\n{lead(evaluation)}\n</header>\n'
    )
    links = "".join(f'<li><a href="#{section.identifier}">{section.short}</a></li>' for section in sections)
    yield f'<nav aria-label="Parts"><ul>{links}</ul></nav>\n<main>\n'
    yield from (section.html for section in sections)
    yield (
        f"</main>\n<footer><p>Written by imgsearch {__version__} on "
        f"{datetime.now().strftime('%Y-%m-%d %H:%M')}.</p></footer>\n"
        f"{closing(beside(__file__, 'tables.js', 'map.js'))}"
    )


def _protocol(evaluation: Evaluation) -> str:
    """What was asked of whom, in a sentence."""
    pictures, classes = len(evaluation.queries.paths), len(set(evaluation.queries.classes))
    if not evaluation.model.figures:
        return f"{evaluation.protocol}: of {count(pictures, 'picture')}; nothing is ranked."
    of = f"{count(pictures, 'picture')} of {count(classes, 'class', 'classes')}"
    asked = count(len(evaluation.model.queries.rows), "query", "queries")
    if evaluation.gallery is evaluation.queries:
        return f"{evaluation.protocol}: {of}; {asked}, each asks for all other pictures of its class."
    gallery = count(len(evaluation.gallery.paths), "picture")
    where = f" in {markup.name(shown(evaluation.gallery_folder))}" if evaluation.gallery_folder else ""
    return f"{evaluation.protocol}: {of}; {asked}, each asks for the pictures of its class among {gallery}{where}."
