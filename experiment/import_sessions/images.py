"""The images of imported sessions, with the labels that the study has for them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any

from experiment.import_sessions.layout import WHERE, Layout
from experiment.import_sessions.trials import ImportedTrial
from stimuli.imported_set import NO_LABEL, ImportedImage
from tricky.core.errors import InputError
from tricky.core.files import sha256_of
from tricky.core.names import find_file, plain

_KEYS: Mapping[str, Callable[[str], str]] = {
    "path": plain,
    "name": lambda name: plain(PurePosixPath(name).name),
    "stem": lambda name: plain(PurePosixPath(name).stem),
}
"""What images are compared by, for each value of ``match_images``."""


@dataclass(frozen=True)
class KnownImages:
    """The images of a study, as its labels and decisions name them.

    Attributes
    ----------
    labels : mapping of str to mapping
        `image_id` → `label`, `class_name`, `difficulty`, `n_correct`, `n_models`; empty for an image without
        a difficulty.
    originals : Path or None
        Folder of the image files; None where they are not here, or no files.
    made_from : mapping of str to str
        File of the study → SHA-256.
    """

    labels: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    originals: Path | None = None
    made_from: Mapping[str, str] = field(default_factory=dict)


def read_known_images(root: Path, originals: Path | None) -> KnownImages:
    """Read the images that a study has labelled, or evaluated, so far; there may be none.

    Parameters
    ----------
    root : Path
        Folder of the study.
    originals : Path or None
        Folder of its image files.

    Raises
    ------
    InputError
        ``difficulty/`` or ``decisions/`` is damaged.
    """
    labels: dict[str, Mapping[str, Any]] = {}
    made_from = {}
    if (root / "decisions" / "pool.json").is_file():
        from model_eval.decisions import read_decisions

        labels = {name: {} for name in read_decisions(root / "decisions").images["image_id"]}
    if (root / "difficulty" / "difficulty.json").is_file():
        from model_eval.difficulty import read_difficulty

        made_from["difficulty/difficulty.json"] = sha256_of(root / "difficulty" / "difficulty.json")
        table = read_difficulty(root / "difficulty").images.dropna(subset="difficulty")
        columns = ["label", "class_name", "difficulty", "n_correct", "n_models"]
        rows = table[["image_id", *columns]].itertuples(index=False, name=None)
        labels |= {name: dict(zip(columns, cells, strict=True)) for name, *cells in rows}
    return KnownImages(labels, originals if originals is not None and originals.is_dir() else None, made_from)


@dataclass(frozen=True)
class MatchedImages:
    """The images of imported trials.

    Attributes
    ----------
    images : dict of str to ImportedImage
        By the name that the files give them; those of the study have its `image_id`.
    n_known : int
        Number of images that the study has.
    n_labelled : int
        Number of images with a difficulty.
    """

    images: Mapping[str, ImportedImage]
    n_known: int
    n_labelled: int


def match_images(trials: Sequence[ImportedTrial], layout: Layout, known: KnownImages) -> MatchedImages:
    """Find the images of trials among those of the study.

    Raises
    ------
    InputError
        An image could be several of the study, or two names mean the same one; rows give an image two
        classes, or none where the task needs one.
    """
    key = _KEYS[layout.settings.match_images]
    candidates: dict[str, list[str]] = {}
    for name in known.labels:
        shown = layout.format.images(name)  # models may have been given the same file as observers
        candidates.setdefault(key(shown[0] if len(shown) == 1 else name), []).append(name)
    first = {name: trial for trial in reversed(trials) for name in trial.images}
    classes = _classes(trials) if layout.task == "naming" else {}
    images: dict[str, ImportedImage] = {}
    named: dict[str, str] = {}
    for name, trial in first.items():
        found = candidates.get(key(name), [])
        if len(found) > 1:
            raise InputError(
                f"{trial.where}: {name!r} could be {found[0]!r} or {found[1]!r} of the study; compare whole "
                f'names ({WHERE} match_images = "path" in study.toml)'
            )
        image_id = found[0] if found else name
        if (other := named.setdefault(image_id, name)) != name:
            raise InputError(
                f"{trial.where}: {name!r} and {other!r} are the same image of the study; rename one"
            )
        images[name] = _image(image_id, known, classes.get(name), known=bool(found))
    if layout.task == "naming":
        _require_classes(images, first, layout)
    return MatchedImages(
        images,
        sum(each.image_id in known.labels for each in images.values()),
        sum(each.n_models > 0 for each in images.values()),
    )


def _image(image_id: str, study: KnownImages, class_name: str | None, *, known: bool) -> ImportedImage:
    about = study.labels.get(image_id, {}) if known else {}
    file = find_file(study.originals, image_id) if known and study.originals is not None else None
    return ImportedImage(
        image_id,
        class_name or str(about.get("class_name", "")),
        int(about.get("label", NO_LABEL)),
        str(about.get("difficulty", "")),
        int(about.get("n_correct", 0)),
        int(about.get("n_models", 0)),
        file if file is not None and file.is_file() else None,
    )


def _classes(trials: Iterable[ImportedTrial]) -> dict[str, str]:
    """Return the class that rows give each image."""
    found: dict[str, tuple[str, ImportedTrial]] = {}
    for trial in trials:
        if trial.class_name is None:
            continue
        for name in trial.images:
            class_name, first = found.setdefault(name, (trial.class_name, trial))
            if class_name != trial.class_name:
                raise InputError(
                    f"{trial.where}: the class of {name!r} is {trial.class_name!r}, but {class_name!r} in "
                    f"{first.where}; correct one of them"
                )
    return {name: class_name for name, (class_name, _) in found.items()}


def _require_classes(
    images: Mapping[str, ImportedImage], first: Mapping[str, ImportedTrial], layout: Layout
) -> None:
    """Raise InputError unless observers could have named the class of every image."""
    for name, image in images.items():
        if image.class_name not in layout.classes:
            said = f"{image.class_name!r}" if image.class_name else "unknown"
            raise InputError(
                f"{first[name].where}: the class of {name!r} is {said}, expected one of "
                f"{', '.join(layout.classes)}; name its column ({WHERE} columns.class_name), or all classes "
                f"({WHERE} classes) in study.toml"
            )


def labelled_trials(
    trials: Sequence[ImportedTrial], matched: MatchedImages, layout: Layout
) -> tuple[list[ImportedTrial], int]:
    """Return the trials whose images have the labels that the task needs, and how many were left out.

    Raises
    ------
    InputError
        An image has no difficulty, or is in none of the groups that observers chose from, and such trials are
        not to be left out.
    """
    if layout.task == "naming":
        return list(trials), 0
    groups = layout.settings.groups if layout.task == "single" else None
    kept = []
    for trial in trials:
        unlabelled = [name for name in trial.images if not matched.images[name].n_models]
        other = [name for name in trial.images if groups and matched.images[name].difficulty not in groups]
        if (unlabelled or other) and not layout.settings.leave_out_unlabelled:
            name = (unlabelled or other)[0]
            why = (
                "has no difficulty in difficulty/"
                if unlabelled
                else f"is {matched.images[name].difficulty}, none of the groups {', '.join(groups or ())}"
            )
            raise InputError(
                f"{trial.where}: the image {name!r} {why}, which the task {layout.task} needs; label it "
                f"(`tricky label`), see {WHERE} match_images, or leave such trials out: {WHERE} "
                "leave_out_unlabelled = true"
            )
        if not (unlabelled or other):
            kept.append(trial)
    return kept, len(trials) - len(kept)
