"""The formats of files of trials, each declared once: how it is recognised, and what its columns mean."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import PurePosixPath

from experiment.import_sessions.read_source import Source
from experiment.import_settings import ImportSessionsSettings
from tricky.core.errors import InputError

SIXTEEN_CLASSES = (
    *("airplane", "bear", "bicycle", "bird", "boat", "bottle", "car", "cat"),
    *("chair", "clock", "dog", "elephant", "keyboard", "knife", "oven", "truck"),
)
"""The names that observers of Geirhos et al. (2018, 2021) chose from: entry-level classes of ImageNet."""


@dataclass(frozen=True)
class Format:
    """A format of files of trials.

    Attributes
    ----------
    name : str
        For `tricky import sessions --as`.
    recognised : callable
        Columns of a file, in small letters → whether it is of this format.
    columns : mapping of str to str
        Role, as in `SessionColumns` → column, in small letters.
    task : str or None
        What observers did, where that is the same in all files.
    unit : str or None
        Of response times, ``s`` or ``ms``.
    classes : tuple of str
        Names that observers chose from.
    no_answer, no_time : frozenset of str
        Cells that mean that there was none.
    other_rows : bool
        Whether files have rows that are no trials (instructions, fixation): those without an image.
    pairs_in_a_cell : bool
        Whether one cell may show both images of a pair.
    images : callable
        Cell with the image → names of the images that it shows, from left to right; none where it shows none.
    experiment : callable
        Name of a file → the experiment that it is of; its observers are other people than those of others.
    """

    name: str
    recognised: Callable[[Collection[str]], bool]
    columns: Mapping[str, str] = field(default_factory=dict)
    task: str | None = None
    unit: str | None = None
    classes: tuple[str, ...] = ()
    no_answer: frozenset[str] = frozenset()
    no_time: frozenset[str] = frozenset()
    other_rows: bool = False
    pairs_in_a_cell: bool = False
    images: Callable[[str], tuple[str, ...]] = lambda cell: (cell,)
    experiment: Callable[[str], str] = lambda _: ""


class _Pictures(HTMLParser):
    """Collects the sources of the images in a piece of HTML."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.found: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "img":
            self.found += [value for name, value in attrs if name == "src" and value]


def pictures_in(cell: str) -> tuple[str, ...]:
    """Return the images of a jsPsych stimulus: a path, or the sources of the images in HTML."""
    if "<" in cell:
        return tuple(_Pictures(cell).found)
    return (cell,) if PurePosixPath(cell).suffix else ()


_TRIAL_NAME = re.compile(
    r"[0-9]+_(?P<experiment>[^_]+)_[^_]+_(?P<condition>[^_]+)_[^_]+_[0-9]+_(?P<image>.+)"
)
_FILE_NAME = re.compile(r"(?P<experiment>.+)_subject-[0-9]+_session_[0-9]+")


def image_of_trial(cell: str) -> tuple[str, ...]:
    """Return the image of ``0001_cl_s01_cr_oven_40_n04111531_14126.png``: ``cl/cr/n04111531_14126.png``.

    These parts, experiment, condition and picture, are the same for all observers and models.  The others are
    the number of the trial, the observer (``dnn`` for models), and the class.
    """
    found = _TRIAL_NAME.fullmatch(cell)
    return (cell if found is None else "/".join(found.group("experiment", "condition", "image")),)


def experiment_of_file(stem: str) -> str:
    """Return the experiment in ``colour_subject-01_session_1``; empty where a name is of another form."""
    found = _FILE_NAME.fullmatch(stem)
    return "" if found is None else found["experiment"]


_MODEL_VS_HUMAN = {
    "observer": "subj",
    "session": "session",
    "trial": "trial",
    "image": "imagename",
    "response": "object_response",
    "response_time": "rt",
    "class_name": "category",
    "condition": "condition",
}

FORMATS: tuple[Format, ...] = (
    Format(
        "model-vs-human",
        lambda columns: set(_MODEL_VS_HUMAN.values()) <= set(columns),
        columns=_MODEL_VS_HUMAN,
        task="naming",
        unit="s",
        classes=SIXTEEN_CLASSES,
        no_answer=frozenset({"na"}),
        no_time=frozenset({"nan"}),
        images=image_of_trial,
        experiment=experiment_of_file,
    ),
    Format(
        "jspsych",
        lambda columns: {"trial_type", "trial_index", "time_elapsed"} <= set(columns),
        columns={
            "trial": "trial_index",
            "image": "stimulus",
            "response": "response",
            "response_time": "rt",
        },
        unit="ms",
        no_answer=frozenset({"null"}),
        no_time=frozenset({"null"}),
        other_rows=True,
        pairs_in_a_cell=True,
        images=pictures_in,
    ),
    Format(
        "psychopy",
        lambda columns: (
            bool({"expname", "psychopyversion"} & set(columns))
            and any(name.endswith(".thisn") for name in columns)
        ),
        columns={
            "observer": "participant",
            "session": "session",
            "response": "key_resp.keys",
            "response_time": "key_resp.rt",
        },
        unit="s",
        no_answer=frozenset({"none"}),
        no_time=frozenset({"none"}),
        other_rows=True,
    ),
    Format("table", lambda _: True),
)
"""In the order in which they are tried; the last is any table, with columns that the study file names."""


def format_of(sources: Sequence[Source], settings: ImportSessionsSettings) -> Format:
    """Return the format of all files: that of the settings, else the one that their columns say.

    Raises
    ------
    InputError
        Two files are of different formats, or a file lacks a column of the format.
    """
    if settings.format is not None:
        return next(each for each in FORMATS if each.name == settings.format)
    found: dict[str, Source] = {}
    for source in sources:
        columns = [name.lower() for name in source.table.columns]
        found.setdefault(next(each.name for each in FORMATS if each.recognised(columns)), source)
    if len(found) > 1:
        (first, one), (second, other), *_ = found.items()
        raise InputError(
            f"{other.path}: its columns say {second}, those of {one.path} {first}; import them one after the "
            "other, or say which it is with --as"
        )
    return next(each for each in FORMATS if each.name in found)
