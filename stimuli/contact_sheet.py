"""Contact sheets of a set: an HTML page, and two pictures to print."""

from __future__ import annotations

import base64
import io
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib import resources
from importlib.metadata import version
from itertools import groupby
from pathlib import Path
from typing import Any

from PIL import Image, ImageDraw, ImageFont

from stimuli.balance import WORTH_A_WARNING
from stimuli.check import items_table
from stimuli.contact_sheet_figures import GROUP_COLOURS, balance_figure, data_uri, histogram_figure
from stimuli.manifest import FeatureClassifierRecord
from stimuli.records import Block, Item, StimulusSet, read_any_set
from stimuli.tasks import structure_of
from tricky.core.files import replacing, write_text

THUMBNAIL_PX = 220
SMALL_PX = 64
"""Images up to this size are enlarged without interpolation."""


@dataclass(frozen=True)
class Sheet:
    """The files of a contact sheet."""

    page: Path
    trials: Path
    by_count: Path


@dataclass(frozen=True)
class Picture:
    """An item on a sheet."""

    item_id: str
    class_name: str
    group: str
    colour: str
    n_correct: int
    n_models: int
    image: Image.Image
    small: bool

    @property
    def source(self) -> str:
        """The picture as a ``data:`` URI."""
        file = io.BytesIO()
        kind = "PNG" if self.small else "JPEG"
        self.image.save(file, format=kind, **({} if self.small else {"quality": 85}))
        return f"data:image/{kind.lower()};base64,{base64.b64encode(file.getvalue()).decode()}"


def show_set(folder: Path) -> Sheet:
    """Write the contact sheets of a set into its sub-folder ``sheet``.

    ``contact-sheet.html`` is a single file: histogram, exclusions, balance, changes since the
    parent, every trial, and every image sorted by the number of correct models. ``trials.png`` and
    ``by-n-correct.png`` show the images alone.

    Raises
    ------
    InputError
        The folder contains no set, or one that changed since it was written.
    """
    stimulus_set = read_any_set(folder)
    stimulus_set.refuse_imported("a contact sheet")
    stimulus_set.require_images("draw contact sheets")
    rows = items_table(stimulus_set)
    groups = stimulus_set.settings.groups
    colours = dict(zip(groups, GROUP_COLOURS, strict=False))
    pictures = {
        name: _picture(folder / item.file, item, str(rows.loc[name, "group"]), colours)
        for name, item in stimulus_set.items.items()
    }
    trials = _trials(stimulus_set, groups, pictures)
    by_count = _by_count(pictures)
    sheet = Sheet(
        *(folder / "sheet" / name for name in ("contact-sheet.html", "trials.png", "by-n-correct.png"))
    )
    write_text(sheet.page, _page(stimulus_set, groups, trials, by_count))
    parts = {
        part: [shown for trial in listed for shown in trial["pictures"]] for part, listed in trials.items()
    }
    per_trial = len(stimulus_set.trials[0].item_ids)
    _write_png(sheet.trials, parts, columns=12, together=per_trial)
    _write_png(sheet.by_count, dict(by_count), columns=12, together=1)
    return sheet


def _picture(path: Path, item: Item, group: str, colours: Mapping[str, str]) -> Picture:
    with Image.open(path) as image:
        small = max(image.size) <= SMALL_PX
        seen = image.convert("RGB")
        if not small:
            seen.thumbnail((THUMBNAIL_PX, THUMBNAIL_PX), Image.Resampling.LANCZOS)
    return Picture(
        item.item_id, item.class_name, group, colours[group], item.n_correct, item.n_models, seen, small
    )


def _trials(
    stimulus_set: StimulusSet, groups: Sequence[str], pictures: Mapping[str, Picture]
) -> dict[str, list[dict[str, Any]]]:
    """Return the trials by part of the session, each with its pictures in the order of the groups."""
    repeated = {trial.repeats for trial in stimulus_set.trials}
    parts: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for trial in stimulus_set.trials:
        if trial.repeats is not None:
            continue
        part = (
            "Catch trials" if trial.catch else "Practice" if trial.block is Block.PRACTICE else "Main block"
        )
        shown = sorted((pictures[item] for item in trial.item_ids), key=lambda each: groups.index(each.group))
        parts[part].append(
            {
                "trial_id": trial.trial_id,
                "session": trial.session,
                "repeated": trial.trial_id in repeated,
                "pictures": shown,
            }
        )
    for listed in parts.values():
        listed.sort(key=lambda trial: [groups.index(each.group) for each in trial["pictures"]])
    return dict(parts)


def _by_count(pictures: Mapping[str, Picture]) -> list[tuple[str, list[Picture]]]:
    def share(picture: Picture) -> tuple[float, int]:
        return picture.n_correct / picture.n_models, picture.n_models

    ordered = sorted(pictures.values(), key=lambda each: (*share(each), each.class_name, each.item_id))
    return [
        (f"{found[0].n_correct} of {found[0].n_models} correct", found)
        for found in (list(each) for _, each in groupby(ordered, key=share))
    ]


def _page(
    stimulus_set: StimulusSet,
    groups: Sequence[str],
    trials: Mapping[str, Any],
    by_count: Sequence[tuple[str, list[Picture]]],
) -> str:
    from jinja2 import Environment

    manifest = stimulus_set.manifest
    templates = resources.files("stimuli").joinpath("templates")
    template = Environment(autoescape=True, trim_blocks=True).from_string(
        templates.joinpath("sheet.html.jinja").read_text(encoding="utf-8")
    )
    from markupsafe import Markup

    classifier = manifest.feature_classifier
    n_main = len(trials.get("Main block", ()))
    key = [(f"{n_main}", "trials in the main block"), (f"{len(stimulus_set.items)}", "images in all")]
    key += [(f"{n:,}", f"{group} images eligible") for group, n in manifest.eligible.groups.items()]
    if classifier:
        key.append((f"{classifier.auc:.2f}", "AUC of low-level features"))
    return template.render(
        css=Markup(templates.joinpath("sheet.css").read_text(encoding="utf-8")),
        name=stimulus_set.name,
        set_id=stimulus_set.set_id,
        title=f"{n_main} {structure_of(stimulus_set.task).title(groups)}",
        key=key,
        warnings=manifest.warnings,
        histogram=data_uri(
            histogram_figure(manifest.histogram.model_dump(), groups, _counts_by_group(by_count))
        ),
        groups=groups,
        eligible=manifest.eligible.groups,
        excluded=manifest.eligible.excluded,
        feature_classifier=_about_feature_classifier(classifier),
        balance_figure=data_uri(balance_figure([row.model_dump() for row in manifest.balance])),
        balance=[_balance_row(row.model_dump()) for row in manifest.balance],
        limit=WORTH_A_WARNING,
        parent=manifest.parent,
        refresh=manifest.refresh,
        trials=trials,
        n_sessions=stimulus_set.n_sessions,
        by_count=by_count,
        version=version("tricky-images"),
        folder=f"stimuli/{stimulus_set.folder.name}",
    )


def _counts_by_group(by_count: Sequence[tuple[str, list[Picture]]]) -> dict[str, dict[int, int]]:
    counts: dict[str, dict[int, int]] = defaultdict(lambda: defaultdict(int))
    for _, pictures in by_count:
        for picture in pictures:
            counts[picture.group][picture.n_correct] += 1
    return counts


def _about_feature_classifier(classifier: FeatureClassifierRecord | None) -> str:
    if classifier is None:
        return "There are too few images to predict the group from low-level features, or no feature varies."
    text = (
        f"From {', '.join(classifier.covariates)} alone, a cross-validated logistic regression predicts the "
        f"group with an area under the ROC curve of {classifier.auc:.3f} (chance .5"
    )
    sd = classifier.chance_sd
    text += f", standard deviation {sd:.3f} for this number of images)." if sd else ")."
    return text + (" A value below .5 has no meaning." if classifier.auc < 0.5 else "")


def _balance_row(row: Mapping[str, Any]) -> dict[str, Any]:
    """Return a row of the balance table as text; `high` marks a difference above the limit."""
    values = {}
    for when in ("before", "after"):
        value = row[when]
        values[when] = (
            "–" if value is None else f"{value:+.3f}" if row["statistic"] == "smd" else f"{value:.3f}"
        )
    after = row["after"]
    high = row["statistic"] == "smd" and (after is None or abs(after) > WORTH_A_WARNING)
    return {**row, **values, "high": high}


def _write_png(
    path: Path, parts: Mapping[str, Sequence[Picture]], *, columns: int, together: int, side: int = 120
) -> None:
    """Draw pictures in rows, with a heading per part; pictures of a trial are close together."""
    margin, gap, caption, heading = 32, 18, 44, 52
    per_row = max(1, columns // together)
    width = 2 * margin + per_row * (together * side + (together - 1) * 4) + (per_row - 1) * gap
    rows = {part: -(-len(pictures) // (per_row * together)) for part, pictures in parts.items()}
    height = 2 * margin + sum(heading + n * (side + caption + gap) for n in rows.values())
    sheet = Image.new("RGB", (width, height), "white")
    draw = ImageDraw.Draw(sheet)
    small, large = ImageFont.load_default(size=12), ImageFont.load_default(size=18)
    top = margin
    for part, pictures in parts.items():
        draw.text((margin, top + 12), f"{part} ({len(pictures) // together})", fill="#22262b", font=large)
        top += heading
        for place, picture in enumerate(pictures):
            unit, within = divmod(place, together)
            row, column = divmod(unit, per_row)
            left = margin + column * (together * side + (together - 1) * 4 + gap) + within * (side + 4)
            y = top + row * (side + caption + gap)
            draw.rectangle((left, y, left + side - 1, y + side - 1), fill="#f5f6f8")
            sheet.paste(*_fitted(picture, side, left, y))
            label = _short(f"{picture.group} {picture.class_name}", side, small)
            draw.text((left, y + side + 5), label, fill=picture.colour, font=small)
            count = f"{picture.n_correct} of {picture.n_models} correct"
            draw.text((left, y + side + 21), count, fill="#59616b", font=small)
        top += rows[part] * (side + caption + gap)
    with replacing(path) as written:
        sheet.save(written, format="PNG")


def _fitted(picture: Picture, side: int, left: int, top: int) -> tuple[Image.Image, tuple[int, int]]:
    image = picture.image
    scale = side / max(image.size)
    size = (max(1, round(image.width * scale)), max(1, round(image.height * scale)))
    how = Image.Resampling.NEAREST if picture.small else Image.Resampling.LANCZOS
    place = (left + (side - size[0]) // 2, top + (side - size[1]) // 2)
    return image.resize(size, how), place


def _short(text: str, width: int, font: Any) -> str:
    """Truncate a caption that is wider than its picture."""
    if font.getlength(text) <= width:
        return text
    while text and font.getlength(text + "…") > width:
        text = text[:-1]
    return text.rstrip() + "…"
