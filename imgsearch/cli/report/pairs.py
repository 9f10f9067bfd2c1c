"""Pairs of pictures: are the two of one class? Curves, figures, and the threshold that was calibrated."""

from __future__ import annotations

from collections.abc import Sequence

from imgsearch.cli.report import markup
from imgsearch.cli.report.plot import SERIES, Plot
from imgsearch.cli.report.words import meaning, model_name
from imgsearch.workflows.evaluation.extras import Calibration, Verification
from imgsearch.workflows.evaluation.result import Evaluation

Verified = Sequence[tuple[int, str, Verification]]
"""For each model that has one its number, its name, and what its similarities tell of pairs."""


def verification(evaluation: Evaluation) -> str:
    """The curves of all models in one plot each, and the figures beside them."""
    verified = [
        (number, model_name(model), model.verification)
        for number, model in enumerate(evaluation.models)
        if model.verification is not None
    ]
    if not verified:
        return ""
    first = verified[0][2]
    lead = (
        f"<p>Similarity alone shall tell whether two pictures are of the same class: {first.pairs:,} pairs "
        f"({markup.said(first.source)}), {first.same:,} of them of the same class.</p>"
    )
    curves = _curves(verified, evaluation.model.calibration)
    metrics = list(dict.fromkeys(metric for _, _, one in verified for metric in one.figures))
    rows = [
        [
            metric,
            *(markup.number(one.figures.get(metric)) for _, _, one in verified),
            *(markup.number(figures.get(metric)) for figures in evaluation.beside.values()),
            markup.words(meaning(metric)),
        ]
        for metric in metrics
    ]
    head = ["metric", *(markup.name(name, 40) for _, name, _ in verified), *evaluation.beside, "meaning"]
    return lead + curves + markup.table("verification-figures", "Verification of pairs", head, rows, kind="metrics")


def _curves(verified: Verified, calibration: Calibration | None) -> str:
    roc = Plot("false-accept rate", "true-accept rate")
    recall = Plot("recall", "precision")
    roc.reference((0, 0), (1, 1), "chance")
    share = verified[0][2].same / max(1, verified[0][2].pairs)
    recall.reference((0, share), (1, share), "chance")
    for number, _, one in reversed(verified):  # the first model above the others
        roc.curve(one.roc, number)
        recall.curve(one.precision_recall, number)
    if calibration is not None:
        at = f"from {calibration.threshold:.3f}"
        roc.mark(calibration.false_accept_rate, 1 - calibration.false_reject_rate, at)
        recall.mark(calibration.recall, calibration.precision, at)
    drawn = [
        figure
        for title, plot, area, points in (
            ("Precision–recall", recall, "pr_auc", [len(one.precision_recall.x) for _, _, one in verified]),
            ("ROC", roc, "roc_auc", [len(one.roc.x) for _, _, one in verified]),
        )
        if any(points) and (figure := _figure(title, plot, area, verified))
    ]
    if not drawn:
        return "<p>There is no curve to draw.</p>"
    return '<div class="plots">\n' + "\n".join(drawn) + f"\n</div>\n{_legend(verified, calibration)}"


def _figure(title: str, plot: Plot, area: str, verified: Verified) -> str:
    areas = ", ".join(
        f"{markup.said(name, 40)} {one.figures[area]:.3f}" for _, name, one in verified if area in one.figures
    )
    label = f"{title} curve. Area below it: {areas or 'not measured'}"
    return f"<figure><figcaption>{title} curve</figcaption>\n{plot.svg(label)}</figure>"


def _legend(verified: Verified, calibration: Calibration | None) -> str:
    entries = [
        f'<li><svg viewBox="0 0 36 8" aria-hidden="true"><line class="curve s{number % SERIES}" '
        f'x1="1" y1="4" x2="35" y2="4"/></svg>{markup.name(name, 40)}</li>'
        for number, name, _ in verified
    ]
    entries.append(
        '<li><svg viewBox="0 0 36 8" aria-hidden="true"><line class="reference" x1="1" y1="4" x2="35" y2="4"/></svg>'
        "chance</li>"
    )
    if calibration is not None:
        entries.append(
            '<li><svg viewBox="0 0 36 12" aria-hidden="true"><circle class="mark" cx="18" cy="6" r="5"/></svg>'
            "the calibrated threshold, as it does on the classes that it was not found on</li>"
        )
    return '<ul class="legend">' + "\n".join(entries) + "</ul>"


def calibrated(evaluation: Evaluation) -> str:
    """The threshold, and how it does on classes that had no say in it."""
    one = evaluation.model.calibration
    if one is None:
        return ""
    wanted = {"precision": "a precision of", "far": "a false-accept rate of"}.get(one.wanted, one.wanted)
    saved = f" It is stored in {markup.name(one.saved_to)}." if one.saved_to else ""
    lead = (
        f'<h3>Calibration</h3>\n<p>From a similarity of <strong class="n">{one.threshold:.4f}</strong> on, two '
        f"pictures count as the same. That was found for {wanted} {one.target:g} on {one.found_on:,} classes, "
        f"and verified on {one.pairs:,} pairs of {one.verified_on:,} others.{saved}</p>"
    )
    rows = [
        ["precision", markup.number(one.precision), markup.text("of the accepted pairs, the share of same ones")],
        ["recall", markup.number(one.recall), markup.text("of the same pairs, the share that is accepted")],
        [
            "false-accept rate",
            markup.number(one.false_accept_rate),
            markup.text("of the different pairs, the share that is accepted"),
        ],
        [
            "false-reject rate",
            markup.number(one.false_reject_rate),
            markup.text("of the same pairs, the share that is refused"),
        ],
    ]
    head = ["on the other classes", "value", "meaning"]
    return lead + markup.table("calibration", "The threshold on classes that it was not found on", head, rows)
