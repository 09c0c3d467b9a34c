"""Which of a model's outputs stands for which class of the images: matched by name, never by place."""

from __future__ import annotations

import functools
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from model_eval.images.entry_level import members
from tricky.core.errors import InputError
from tricky.core.tables import read_entries

VOCABULARIES = {
    "imagenet-1k": 1000,
    "imagenet-21k-miil": 11_221,
    "imagenet-12k": 11_821,
    "imagenet-22k": 21_841,
    "imagenet-22k-ms": 21_842,
    "imagenet-21k-goog": 21_843,
}
"""Sets of WordNet ids that published heads were trained on, as timm calls them → number of outputs."""


@dataclass(frozen=True)
class Head:
    """What a model's outputs are called.

    Attributes
    ----------
    name : str
        Of the whole set, for people.
    aliases : tuple of frozenset of str
        For each output the names that it goes by, as `plain` writes them.
    """

    name: str
    aliases: tuple[frozenset[str], ...]

    @property
    def n_outputs(self) -> int:
        """Number of outputs."""
        return len(self.aliases)


@dataclass(frozen=True)
class Readout:
    """How a model is asked about the classes of the images.

    Attributes
    ----------
    outputs : tuple of tuple of int
        For each class, in order, the outputs that stand for it: one, or all members of an entry-level class.
    description : dict
        What is recorded: `head`, `n_outputs` and `policy`.
    """

    outputs: tuple[tuple[int, ...], ...]
    description: dict[str, Any]


def plain(name: str) -> str:
    """Return a class's name as names are compared: without case, and with blanks for underscores."""
    return " ".join(name.replace("_", " ").casefold().split())


def named_head(name: str, names: tuple[str, ...]) -> Head:
    """Return the head of a model that was trained on classes of these names, in this order."""
    return Head(name, tuple(frozenset({plain(each)}) for each in names))


@functools.cache
def vocabulary(name: str) -> Head:
    """Return one of `VOCABULARIES`; an output goes by its WordNet id and by each word of its synset."""
    from timm.data.imagenet_info import ImageNetInfo

    info = ImageNetInfo(name)
    words: dict[str, str] = info.label_descriptions(as_dict=True)  # type: ignore[assignment]
    aliases = [{each, *words[each].split(", ")} for each in info.label_names()]
    return Head(name, tuple(frozenset(plain(each) for each in names) for names in aliases))


def head_of_size(n_outputs: int) -> Head | None:
    """Return the vocabulary of a published head with so many outputs, None where there is none."""
    found = [name for name, size in VOCABULARIES.items() if size == n_outputs]
    return vocabulary(found[0]) if found else None


def stated_head(model: str, statement: str, classes: tuple[str, ...], root: Path) -> Head:
    """Return the head that a pool's entry states.

    Parameters
    ----------
    model : str
        Its name, for messages.
    statement : str
        The entry's `head`.
    classes : tuple of str
        Classes of the images.
    root : Path
        Folder that a file is relative to.

    Raises
    ------
    InputError
        There is no such vocabulary and no such file, or the file can't be read as a list.
    """
    if statement in VOCABULARIES:
        return vocabulary(statement)
    if statement == "images":
        return named_head("the classes of the images, sorted as text", classes)
    path = root / statement
    if not path.is_file():
        raise InputError(
            f"{model}: no head {statement!r}; set `head` to {', '.join(VOCABULARIES)}, to images, or to a "
            "text file with one class name a line"
        )
    names, _ = read_entries(path, column="class_name")
    return named_head(path.name, tuple(names))


def read_out(model: str, head: Head, classes: tuple[str, ...]) -> Readout:
    """Match the classes of the images with a model's outputs.

    Outputs of other classes are left out of account: a head of 1,000 that is asked about a part of them
    answers with the best of that part.  Classes that are all among the 16 entry-level ones are asked of an
    ImageNet head by the mean probability of their members (Geirhos et al. 2018).

    Parameters
    ----------
    model : str
        Its name, for messages.
    head : Head
    classes : tuple of str
        Names or WordNet ids, in the order of their labels.

    Raises
    ------
    InputError
        A class has no output or more than one, or two classes have the same.
    """
    places: defaultdict[str, list[int]] = defaultdict(list)
    for output, names in enumerate(head.aliases):
        for name in names:
            places[name].append(output)
    found = {name: places.get(plain(name), []) for name in classes}
    unknown = [name for name in classes if not found[name]]
    description = {"head": head.name, "n_outputs": head.n_outputs}
    if unknown and head.name == "imagenet-1k" and set(classes) <= set(members()):
        outputs = tuple(members()[name] for name in classes)
        return Readout(
            outputs, description | {"policy": "mean probability of an entry-level class's members"}
        )
    if unknown:
        raise InputError(
            f"{model}: its {head.n_outputs} outputs are called by {head.name}, but {len(unknown)} of the "
            f"images' {len(classes)} classes are not among them ({_some(unknown)}); rename the classes, "
            "state another `head`, or take the model out of the pool"
        )
    if several := [name for name in classes if len(found[name]) > 1]:
        raise InputError(
            f"{model}: {len(several)} of the images' classes are each called like more than one of its "
            f"{head.n_outputs} outputs in {head.name} ({_some(several)}); call classes by WordNet id"
        )
    owner: dict[int, str] = {}
    for name in classes:
        if (other := owner.setdefault(found[name][0], name)) != name:
            raise InputError(
                f"{model}: the classes {other!r} and {name!r} of the images are one output in {head.name}; "
                "make them one class"
            )
    restricted = len(classes) < head.n_outputs
    policy = "restricted to the classes of the images" if restricted else "all outputs"
    return Readout(tuple((output,) for output in owner), description | {"policy": policy})


def _some(names: list[str]) -> str:
    return ", ".join(repr(name) for name in names[:3]) + (", …" if len(names) > 3 else "")
