"""Check a finished set against all rules that it was built by, from its own folder alone."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from PIL import Image, UnidentifiedImageError

from stimuli.balance import balance_table
from stimuli.eligibility import group_of
from stimuli.manifest import set_id_of
from stimuli.near_duplicates import close_pairs, hash_bits
from stimuli.order_check import orders
from stimuli.records import Block, StimulusSet, Trial, read_tables
from stimuli.settings import StimulusSettings
from stimuli.tasks import structure_of
from stimuli.trials import item_id_of, trial_id_of
from tricky.core.errors import InputError
from tricky.core.files import sha256_of

OBSERVERS = 20
"""Number of observers whose sessions are drawn and checked."""

BALANCE_TOLERANCE = 1e-3
"""The balance table was computed from more digits than ``items.tsv`` has."""


@dataclass(frozen=True)
class Checked:
    """A rule that the set should keep, and where it does not."""

    rule: str
    problems: tuple[str, ...]


@dataclass(frozen=True)
class _SetUnderCheck:
    """A set, with its items as a table that has a row per item and a column `group`."""

    set: StimulusSet
    settings: StimulusSettings
    items: pd.DataFrame
    lists: Mapping[str, frozenset[str]]


def check_set(folder: Path) -> list[Checked]:
    """Check a set: its files, its names, and every rule that it was built by.

    Raises
    ------
    InputError
        The folder contains no set, or its tables can't be read at all.
    """
    stimulus_set = read_tables(folder)
    stimulus_set.refuse_imported("this check")
    settings = stimulus_set.settings
    items = items_table(stimulus_set)
    lists = {name: frozenset(ids) for name, ids in stimulus_set.manifest.lists.items()}
    subject = _SetUnderCheck(stimulus_set, settings, items, lists)
    return [Checked(rule, tuple(find(subject))) for rule, find in RULES.items()]


def items_table(stimulus_set: StimulusSet) -> pd.DataFrame:
    """Return the items of a set as a table by `item_id`, with their measured features and their `group`."""
    settings = stimulus_set.settings
    rows = [vars(item) | dict(stimulus_set.more[name]) for name, item in stimulus_set.items.items()]
    items = pd.DataFrame(rows)
    for name in ("stability", "width_px", "height_px", *settings.match.covariates, *_balanced(stimulus_set)):
        if name in items:
            items[name] = pd.to_numeric(items[name], errors="coerce")
    return items.set_index("item_id", drop=False).assign(group=lambda rows: group_of(rows, settings))


def require_sound(folder: Path) -> None:
    """Check a set before an observer sees it.

    Raises
    ------
    InputError
        It breaks a rule; the first problem is named.
    """
    problems = [problem for checked in check_set(folder) for problem in checked.problems]
    if problems:
        more = f" (and {len(problems) - 1} more; see `tricky stimuli check`)" if len(problems) > 1 else ""
        raise InputError(f"{folder}: {problems[0]}{more}; build the set again")


def _balanced(stimulus_set: StimulusSet) -> list[str]:
    return [row.covariate for row in stimulus_set.manifest.balance if row.statistic == "smd"]


def _files(subject: _SetUnderCheck) -> Iterator[str]:
    for item in subject.set.items.values():
        path = subject.set.folder / item.file
        if not item.file:  # of a study without images
            continue
        if not path.is_file():
            yield f"{item.file} is missing"
        elif sha256_of(path) != item.sha256:
            yield f"{item.file} has changed"


def _images_open(subject: _SetUnderCheck) -> Iterator[str]:
    for item in subject.set.items.values():
        path = subject.set.folder / item.file
        if not path.is_file():
            continue  # reported by `_files`
        try:
            with Image.open(path) as image:
                image.load()
                metadata = sorted(map(str, image.info)) if not subject.settings.export.reference else []
        except (OSError, ValueError, SyntaxError, UnidentifiedImageError) as error:
            yield f"{item.file} can't be opened ({error})"
            continue
        if metadata:
            yield f"{item.file} contains metadata ({', '.join(metadata)})"


def _ids(subject: _SetUnderCheck) -> Iterator[str]:
    manifest = subject.set.manifest
    if set_id_of(manifest.tables) != manifest.set_id:
        yield "set_id is not that of the tables"
    for name, row in subject.items.iterrows():
        if item_id_of(row["image_id"], row["image_sha256"]) != name:
            yield f"{name} is not the name of {row['image_id']}"
    for trial_id, n in Counter(trial.trial_id for trial in subject.set.trials).items():
        if n > 1:
            yield f"{trial_id} is listed {n} times"
    for trial in subject.set.trials:
        if trial.trial_id != trial_id_of(trial.item_ids, repeat=trial.repeats is not None):
            yield f"{trial.trial_id} is not the name of {', '.join(trial.item_ids)}"


def _once(subject: _SetUnderCheck) -> Iterator[str]:
    for column, what in (("image_id", "image"), ("image_sha256", "content of image")):
        for value, n in subject.items[column].value_counts().items():
            if n > 1 and value:  # without images, their content is unknown
                yield f"{what} {value} belongs to {n} items"
    shown = Counter(item for trial in subject.set.trials if trial.repeats is None for item in trial.item_ids)
    for item in subject.set.items:
        if shown[item] != 1:
            yield f"{item} is shown in {shown[item]} trials (without repeats)"
    by_id = {trial.trial_id: trial for trial in subject.set.trials}
    for trial in subject.set.trials:
        if trial.repeats is None:
            continue
        first = by_id.get(trial.repeats)
        same = first is not None and (first.item_ids, first.session) == (trial.item_ids, trial.session)
        if not same or trial.block is not Block.MAIN:
            yield f"{trial.trial_id} repeats {trial.repeats}, which is a different trial"


def _practice_apart(subject: _SetUnderCheck) -> Iterator[str]:
    of_block = {
        block: {item for trial in subject.set.trials if trial.block is block for item in trial.item_ids}
        for block in Block
    }
    for item in sorted(of_block[Block.PRACTICE] & of_block[Block.MAIN]):
        yield f"{item} is shown in practice and in the main block"


def _numbers(subject: _SetUnderCheck) -> Iterator[str]:
    trials, settings = subject.set.trials, subject.settings
    main = [trial for trial in trials if trial.block is Block.MAIN]
    counts = {
        "practice_trials": len(trials) - len(main),
        "trials": sum(not trial.catch and trial.repeats is None for trial in main),
        "catch_trials": sum(trial.catch for trial in main),
        "repeat_trials": sum(trial.repeats is not None for trial in main),
    }
    for key, n in counts.items():
        if n != getattr(settings, key):
            yield f"{key} is {getattr(settings, key)}, the set has {n}"
    sizes = Counter(trial.session for trial in main if not trial.catch and trial.repeats is None)
    if (
        sorted(sizes) != list(range(1, settings.sessions + 1))
        or max(sizes.values()) - min(sizes.values()) > 1
    ):
        yield f"sessions have {dict(sorted(sizes.items()))} trials, not evenly over {settings.sessions}"


def _groups(subject: _SetUnderCheck) -> Iterator[str]:
    groups = subject.settings.groups
    for name in subject.items.index[subject.items["group"].isna()]:
        item = subject.set.items[name]
        yield f"{name} ({item.difficulty}, {item.n_correct} correct) is in none of {', '.join(groups)}"
    of_item = {str(name): str(group) for name, group in subject.items["group"].items()}
    trials = [(trial, [of_item[item] for item in trial.item_ids]) for trial in subject.set.trials]
    yield from structure_of(subject.set.task).group_problems(trials, groups)


def _eligible(subject: _SetUnderCheck) -> Iterator[str]:
    items, rules, lists = subject.items, subject.settings.eligible, subject.lists
    catch = {item for trial in subject.set.trials if trial.catch for item in trial.item_ids}
    short, long = items[["width_px", "height_px"]].min(axis=1), items[["width_px", "height_px"]].max(axis=1)
    listed, of_class = items["image_id"].isin, items["class_name"].isin
    broken: dict[str, Any] = {
        "allow_images": ~listed(lists.get("allow_images", items["image_id"])),
        "deny_images": listed(lists.get("deny_images", ())),
        "allow_classes": ~of_class(lists.get("allow_classes", items["class_name"])),
        "deny_classes": of_class(lists.get("deny_classes", ())),
        "min_side_px": short < rules.min_side_px,
        "max_aspect_ratio": long > (rules.max_aspect_ratio or np.inf) * short,
        "catch_images": items.index.isin(list(catch)) != listed(lists.get("catch_images", ())),
    }
    if rules.min_stability > 0:
        broken["min_stability"] = ~(items["stability"] >= rules.min_stability)
    for rule, breaks in broken.items():
        for name in items.index[breaks]:
            yield f"{name} breaks {rule}"
    if rules.max_per_class is not None:
        for class_name, n in items["class_name"].value_counts().items():
            if n > rules.max_per_class:
                yield f"class {class_name} has {n} images, more than max_per_class = {rules.max_per_class}"


def _no_near_duplicates(subject: _SetUnderCheck) -> Iterator[str]:
    least = subject.settings.eligible.min_hash_distance
    if least:
        names = subject.items.index
        for one, two in close_pairs(hash_bits(subject.items["phash"].tolist()), least):
            yield f"{names[one]} and {names[two]} are near-duplicates, closer than {least} bits"


def _matched(subject: _SetUnderCheck) -> Iterator[str]:
    settings, items = subject.settings.match, subject.items
    if structure_of(subject.set.task).partners and settings.how == "pairs":
        for trial in subject.set.trials:
            if not trial.catch:
                for a, b in combinations(trial.item_ids, 2):
                    yield from _mismatch(subject, trial, items.loc[a].to_dict(), items.loc[b].to_dict())
    main = [
        item
        for trial in subject.set.trials
        if trial.block is Block.MAIN and not trial.catch and trial.repeats is None
        for item in trial.item_ids
    ]
    recorded = subject.set.manifest.balance
    names = tuple(dict.fromkeys(_balanced(subject.set)))
    found = balance_table(items.loc[main], items.loc[main], subject.settings.groups, names)
    for then, now in zip(recorded, found, strict=True):
        one, two = then.after, now["after"]
        if (one is None) != (two is None) or (one is not None and abs(one - two) > BALANCE_TOLERANCE):
            yield f"the balance of {then.covariate} is recorded as {one}, but is {two}"


def _mismatch(
    subject: _SetUnderCheck, trial: Trial, a: Mapping[Any, Any], b: Mapping[Any, Any]
) -> Iterator[str]:
    """Yield where two partners differ more than the settings allow."""
    settings = subject.settings.match
    for name in settings.exact:
        if a[name] != b[name]:
            yield f"{trial.trial_id} pairs {name} {a[name]} with {b[name]}"
    if settings.caliper_sd is not None:
        scale = subject.set.manifest.scale_sd
        apart = sum(((a[name] - b[name]) / sd) ** 2 for name, sd in scale.items()) ** 0.5
        if apart > settings.caliper_sd * (1 + 1e-6):
            yield f"{trial.trial_id} pairs images {apart:.2f} SD apart"


def _presented(subject: _SetUnderCheck) -> Iterator[str]:
    for order in orders(subject.set, [f"{number:02d}" for number in range(1, OBSERVERS + 1)]):
        for problem in order.problems:
            yield f"observer {order.participant}, session {order.session}: {problem}"


RULES: Mapping[str, Callable[[_SetUnderCheck], Iterator[str]]] = {
    "files are those that were written": _files,
    "images open and contain no metadata": _images_open,
    "names are unique and follow from content": _ids,
    "no image twice": _once,
    "practice images are not in the main block": _practice_apart,
    "numbers of trials as in the settings, evenly over sessions": _numbers,
    "every trial and block has its groups": _groups,
    "every image is eligible": _eligible,
    "no near-duplicates": _no_near_duplicates,
    "partners match, and the balance is as recorded": _matched,
    "orders and places are balanced for every observer": _presented,
}
"""What `check_set` checks, in this order."""
