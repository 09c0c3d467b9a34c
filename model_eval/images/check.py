"""Inspect a set of images before any model runs: which can be shown, and what decoding changes."""

from __future__ import annotations

import importlib.metadata
from collections import Counter
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

import pandas as pd
from PIL import Image

from model_eval.columns import IMAGE_COLUMNS
from model_eval.images.decode import DECODING, conversions
from model_eval.images.formats import FORMATS
from model_eval.images.listing import Listing
from model_eval.images.uncounted_files import NotCounted, count, describe_not_counted, printable
from model_eval.settings import ImageSettings
from tricky.core.cache import read_memory, write_memory
from tricky.core.errors import InputError
from tricky.core.files import sha256_of
from tricky.core.names import plain, problem_with
from tricky.core.progress import Progress

N_NAMED = 5
"""Number of bad files that an error message names before it counts the rest."""

COPIES = "exact copies of images in the same folder"
LOST_CLASSES = "classes of which no image can be read"


@dataclass(frozen=True)
class Inspection:
    """The result of inspecting every image of a set.

    Attributes
    ----------
    images : DataFrame
        Those that can be shown: `IMAGE_COLUMNS`, sorted by `image_id`.
    problems : dict of str to str
        The others by `image_id`, with the reason.
    conversions : dict of str to str
        By `image_id`, visible changes by decoding.
    not_counted : dict of str to NotCounted
        Other files, by kind.
    named_like_copies : tuple of str
        Images that are named like copies of others but have other content, so that they are counted.
    left_out : tuple of str
        Images that exist but are not counted: copies, and those of classes that are left out.
    classes_left_out : tuple of str
        Classes that exist but have no image that is counted.
    """

    images: pd.DataFrame
    problems: dict[str, str] = field(default_factory=dict)
    conversions: dict[str, str] = field(default_factory=dict)
    not_counted: dict[str, NotCounted] = field(default_factory=dict)
    named_like_copies: tuple[str, ...] = ()
    left_out: tuple[str, ...] = ()
    classes_left_out: tuple[str, ...] = ()

    @property
    def every_image(self) -> set[str]:
        """Images that lists may name, although some cannot be shown: all images that exist."""
        return {*self.images["image_id"], *self.problems, *self.left_out}

    @property
    def every_class(self) -> set[str]:
        """The same for classes."""
        return {*self.images["class_name"], *self.classes_left_out}

    def remarks(self) -> list[str]:
        """Return lines about the images that people should read before a long computation."""
        lines = describe_not_counted(self.not_counted)
        if self.named_like_copies:
            named, more = self.named_like_copies[:N_NAMED], len(self.named_like_copies) - N_NAMED
            lines.append(
                "counted, although named like copies of other images, because their content differs: "
                f"{len(self.named_like_copies):,} images: {', '.join(named)}"
                + (f" and {more:,} more" if more > 0 else "")
            )
        return lines

    def usable(self, settings: ImageSettings, where: str) -> pd.DataFrame:
        """Return the images that a study uses.

        Raises
        ------
        InputError
            Some can't be shown and the study says to stop then; or fewer than two classes are left.
        """
        if self.problems and settings.on_bad_image == "stop":
            named = ", ".join(f"{key} ({why})" for key, why in list(self.problems.items())[:N_NAMED])
            more = f", and {len(self.problems) - N_NAMED} more" if len(self.problems) > N_NAMED else ""
            raise InputError(
                f"{where}: {len(self.problems)} of {len(self.images) + len(self.problems)} images can't be "
                f"read: {named}{more}; repair or remove them, or leave them out with "
                '`on_bad_image = "skip"` in [images]; `tricky images check` lists them all'
            )
        if (n_classes := self.images["class_name"].nunique()) < 2:
            others = "".join(f"; {line}" for line in describe_not_counted(self.not_counted))
            raise InputError(f"{where}: images of {n_classes} classes, at least 2 needed{others}")
        return self.images


class _Look(NamedTuple):
    """The content of one file."""

    sha256: str
    format: str = ""
    conversions: str = ""
    problem: str = ""


def inspect_files(folder: Path, listing: Listing, progress: Progress, memory: Path | None) -> Inspection:
    """Read every image file, and decode those whose content is not in the cache.

    A file that is named like a copy of another image, and has the same content, is left out: an image would
    count twice.

    Parameters
    ----------
    folder : Path
    listing : Listing
        Of `folder`.
    progress : Progress
    memory : Path or None
        A file that caches results by hash; it saves time and changes no result.
    """
    known = _recall(memory)

    def look(image_id: str) -> _Look:
        try:
            content = (folder / image_id).read_bytes()
        except OSError as error:
            return _Look("", problem=error.strerror or one_line(error))
        sha256 = sha256_of(content)
        if sha256 in known:
            return known[sha256]
        try:
            kind, changes = conversions(content)
        except Exception as error:  # decoders may raise any error for a broken file
            return _Look(sha256, problem=one_line(error))
        return _Look(sha256, kind, "; ".join(changes))

    ids = sorted(listing.class_of)
    looks: dict[str, _Look] = {}
    with ThreadPoolExecutor() as threads:
        for image_id, found in zip(ids, threads.map(look, ids), strict=True):
            looks[image_id] = found
            progress("Checking images", len(looks), len(ids))
    if memory is not None and not known.keys() >= {each.sha256 for each in looks.values() if each.sha256}:
        _remember(memory, known, looks)
    return _inspection(listing, looks)


def _inspection(listing: Listing, looks: dict[str, _Look]) -> Inspection:
    """Collect the results of all files, by their names in Unicode's composed form."""
    copies = {
        each
        for each, original in listing.copies.items()
        if looks[each].sha256 and looks[each].sha256 == looks[original].sha256
    }
    ids = [image_id for image_id in looks if image_id not in copies]
    good = [image_id for image_id in ids if not looks[image_id].problem and printable(image_id) == image_id]
    problems = {key: looks[key].problem or "its name is not UTF-8" for key in set(ids).difference(good)}
    problems = {**problems, **listing.unreachable}
    problems = {plain(printable(key)): why for key, why in sorted(problems.items())}
    changes = {plain(each): _changes(looks[each], Path(each).suffix) for each in good}
    names = _one_form(good, "files")
    class_of_each = [listing.class_of[each] for each in good]
    lost = set(listing.class_of.values()).difference(class_of_each)
    return Inspection(
        catalogue_of(names, names, class_of_each, [looks[each].sha256 for each in good]),
        problems,
        {image_id: changed for image_id, changed in changes.items() if changed},
        listing.not_counted | count({COPIES: sorted(copies), LOST_CLASSES: sorted(lost)}),
        tuple(plain(each) for each in good if each in listing.copies),
        tuple(sorted(plain(printable(each)) for each in copies)),
        tuple(sorted(plain(printable(each)) for each in lost)),
    )


def catalogue_of(
    image_ids: Sequence[str], paths: Sequence[str], class_of_each: Sequence[str], sha256: Sequence[str]
) -> pd.DataFrame:
    """Return a catalogue in `IMAGE_COLUMNS`, sorted by `image_id`.

    Labels are indices into the class names, which are in Unicode's composed form, sorted as text.

    Raises
    ------
    InputError
        The name of a class cannot be a cell of a table, or two names look the same.
    """
    classes = sorted(set(class_of_each))
    for name in classes:
        if problem := problem_with(name):
            raise InputError(f"class {name!r} cannot have this name: {problem}")
    form_of = dict(zip(classes, _one_form(classes, "classes"), strict=True))
    label_of = {name: index for index, name in enumerate(sorted(form_of.values()))}
    names = [form_of[name] for name in class_of_each]
    columns = {"image_id": image_ids, "path": paths, "class_name": names, "sha256": sha256}
    table = pd.DataFrame(columns).astype("str")
    table["label"] = table["class_name"].map(label_of).astype("int32")
    return table[list(IMAGE_COLUMNS)].sort_values("image_id", ignore_index=True)


def _one_form(names: Sequence[str], what: str) -> list[str]:
    """Return names in Unicode's composed form: macOS writes ``é`` as two characters, other systems as one.

    Raises
    ------
    InputError
        Two names differ only in this.
    """
    forms = [plain(name) for name in names]
    if len(set(forms)) < len(forms):
        twice = next(form for form, n in Counter(forms).items() if n > 1)
        raise InputError(f"two {what} are called {twice!r}, in two Unicode forms; rename or remove one")
    return forms


def one_line(error: Exception) -> str:
    """Return what an error says, in one line."""
    return " ".join(str(error).split()) or type(error).__name__


def _changes(found: _Look, suffix: str) -> str:
    """Describe what decoding changes, and whether the suffix is that of another format."""
    promised = Image.registered_extensions().get(suffix.lower(), found.format)
    same = {promised, found.format} <= {"JPEG", "MPO"} or promised == found.format
    return "; ".join(filter(None, ("" if same else f"in truth {found.format}", found.conversions)))


def _versions() -> str:
    return f"{DECODING} {' '.join(FORMATS)} {importlib.metadata.version('pillow')}"


def _recall(memory: Path | None) -> dict[str, _Look]:
    """Return the cached results, by hash; none where they are from other rules or another Pillow."""
    found = None if memory is None else read_memory(memory)
    if found is None or found[1] != {"found_by": _versions()}:
        return {}
    return {row[0]: _Look(*row) for row in found[0][list(_Look._fields)].itertuples(index=False)}


def _remember(memory: Path, known: Mapping[str, _Look], looks: Mapping[str, _Look]) -> None:
    found = {**known, **{each.sha256: each for each in looks.values() if each.sha256}}
    table = pd.DataFrame(sorted(found.values()), columns=list(_Look._fields))
    write_memory(memory, table, {"found_by": _versions()})
