"""Ids of imported observers: from those of the files to those that BIDS allows."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from experiment.data.bids import plain_id
from experiment.import_sessions.trials import ImportedTrial
from experiment.import_settings import ImportSessionsSettings
from tricky.core.errors import InputError
from tricky.core.files import sha256_of

_CODE = re.compile(r"[A-Za-z0-9]+([-_.][A-Za-z0-9]+)*")
PSEUDONYM_DIGITS = 10

Person = tuple[str, str]
"""Experiment and id of an observer, as the files name them."""


def participant_ids(
    trials: Sequence[ImportedTrial], settings: ImportSessionsSettings
) -> Mapping[Person, str]:
    """Return the participant id of each observer.

    A code, such as ``subject-01``, loses what BIDS does not allow: ``subject01``.  Anything else may be a
    name; it is replaced by a pseudonym if the study asks for that, and refused otherwise.  An observer of
    another experiment is another person, so the experiment comes first: ``coloursubject01``.

    Parameters
    ----------
    trials : sequence of ImportedTrial
    settings : ImportSessionsSettings

    Raises
    ------
    InputError
        An id may be a person's name, or two get the same id, leading zeros and capital letters aside.
    """
    found: dict[Person, str] = {}
    owners: dict[str, Person] = {}
    for trial in trials:
        person = (trial.experiment, trial.observer)
        if person in found:
            continue
        found[person] = settings.prefix + _id_of(trial, settings)
        other = owners.setdefault(plain_id(found[person]), person)
        if other != person:
            raise InputError(
                f"{trial.where}: the observers {other[1]!r} and {person[1]!r} would both be "
                f"sub-{found[person]}, leading zeros and capital letters aside; if they are one person, "
                "write the id the same way in every row, otherwise rename one"
            )
    return found


def _id_of(trial: ImportedTrial, settings: ImportSessionsSettings) -> str:
    if settings.participants == "pseudonyms":
        return "p" + sha256_of(f"{trial.experiment}/{trial.observer}")[:PSEUDONYM_DIGITS]
    if not _CODE.fullmatch(trial.observer) or not any(each.isdigit() for each in trial.observer):
        raise InputError(
            f"{trial.where}: the observer {trial.observer!r} is no code (letters and digits, with a digit, "
            "and - _ . between them), so it may be a person's name; use codes, or set [import.sessions] "
            'participants = "pseudonyms" in study.toml'
        )
    return re.sub("[^A-Za-z0-9]", "", trial.experiment + trial.observer)
