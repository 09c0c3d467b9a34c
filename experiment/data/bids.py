"""The paths of a BIDS data set, and its participants: ``participants.tsv``.

Behaviour without imaging is a ``_beh.tsv`` with a task entity (BIDS 1.10.0, "Behavioral experiments").
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from experiment.data.consents import read_consents
from experiment.data.withdrawn import read_marks
from experiment.records import Kind
from tricky.core.errors import InputError
from tricky.core.tables import read_table
from tricky.core.write_tables import write_tsv


@dataclass(frozen=True)
class Dataset:
    """What the data set says about itself.

    Attributes
    ----------
    name : str
        Title of the data set.
    authors : tuple of str
        Who is named when it is cited.
    institution : str
        Where the sessions were run.
    license : str
        Under which the data may be used, best as an SPDX name.
    department, address : str
        Of the institution; ``n/a`` where not given.
    """

    name: str
    authors: tuple[str, ...]
    institution: str
    license: str
    department: str = "n/a"
    address: str = "n/a"


@dataclass(frozen=True)
class SessionPath:
    """Where one session of one participant is in a data set.

    Raises
    ------
    InputError
        The participant's id contains something other than letters and digits, or the session's number is
        below 1.
    """

    data_folder: Path
    participant: str
    session: int | None
    task_name: str

    def __post_init__(self) -> None:
        if not re.fullmatch(r"[A-Za-z0-9]+", self.participant):
            raise InputError(
                f"participant id {self.participant!r}: BIDS allows letters and digits only; "
                "choose an id such as 07 or anna2"
            )
        if self.session is not None and self.session < 1:
            raise InputError(f"session {self.session}: sessions are counted from 1; give 1 or more")

    @property
    def participant_folder(self) -> Path:
        """Everything of this participant."""
        return self.data_folder / f"sub-{self.participant}"

    @property
    def stem(self) -> str:
        """Name of the session's files, without suffix."""
        session = "" if self.session is None else f"_ses-{self.session}"
        return f"sub-{self.participant}{session}_task-{self.task_name}"

    @property
    def table(self) -> Path:
        """The session table."""
        within = [] if self.session is None else [f"ses-{self.session}"]
        return self.participant_folder.joinpath(*within, "beh", f"{self.stem}_beh.tsv")

    @property
    def sidecar(self) -> Path:
        """Its description."""
        return self.table.with_suffix(".json")


@dataclass(frozen=True)
class Participants:
    """The table of participants.

    Attributes
    ----------
    path : Path
        ``participants.tsv``, whether or not it exists.
    columns : tuple of str
        In order; `participant_id` and `kind` are always among them.
    rows : dict of str to dict
        The cells of each participant by column, by id without ``sub-``.
    """

    path: Path
    columns: tuple[str, ...]
    rows: dict[str, dict[str, str]]

    @property
    def kinds(self) -> dict[str, Kind]:
        """The kind of each participant, by id without ``sub-``."""
        return {participant: Kind(row["kind"]) for participant, row in self.rows.items()}

    def write(self) -> None:
        """Write the table atomically."""
        write_tsv(
            self.path,
            self.columns,
            [[row.get(column, "n/a") for column in self.columns] for row in self.rows.values()],
        )


def read_participants(data_folder: Path) -> Participants:
    """Read ``participants.tsv``; without the file there are no participants.

    Raises
    ------
    InputError
        The table is damaged, lacks a column, has two rows for one participant, or names a kind that is
        neither person nor simulated.
    """
    path = data_folder / "participants.tsv"
    if not path.exists():
        return Participants(path, ("participant_id", "kind"), {})
    table = read_table(path, ["participant_id", "kind"], own=True)
    table.choices("kind", Kind)
    rows = {}
    for number, name in enumerate(table.texts("participant_id", unique=True)):
        if not re.fullmatch(r"sub-[A-Za-z0-9]+", name):
            raise table.error(number, "participant_id", "sub- and an id of letters and digits")
        rows[name.removeprefix("sub-")] = dict(zip(table.columns, table.rows[number], strict=True))
    return Participants(path, table.columns, rows)


def read_kinds(data_folder: Path) -> dict[str, Kind]:
    """Return the kind of each participant, by id without ``sub-``: see `read_participants`."""
    return read_participants(data_folder).kinds


def read_participant(data_folder: Path, participant: str) -> dict[str, str]:
    """Return a participant's row of ``participants.tsv``, by column; empty if there is none."""
    return read_participants(data_folder).rows.get(participant, {})


def plain_id(participant: str) -> str:
    """Return an id in small letters without leading zeros; it is the same for ids that people confuse."""
    return re.sub(r"[0-9]+", lambda digits: digits[0].lstrip("0") or "0", participant.lower())


def check_new_participant(data_folder: Path, participant: str) -> None:
    """Refuse a new id that people would confuse with another one, or that was withdrawn.

    Raises
    ------
    InputError
        Another id differs in leading zeros or capital letters only; or a participant with this id was
        withdrawn.
    """
    participants = read_participants(data_folder)
    if participant in participants.rows:
        return
    known = [*participants.rows, *read_consents(data_folder).participants()]
    _refuse_similar(participant, {plain_id(each): each for each in known}, participants.path)
    withdrawn = [mark.participant_id.removeprefix("sub-") for mark in read_marks(data_folder)]
    if participant in withdrawn:
        other = next(free_ids([*known, *withdrawn], participant))
        raise InputError(
            f"sub-{participant} was withdrawn, and the id is not used again; give another, such as {other}"
        )


def _refuse_similar(participant: str, known: Mapping[str, str], path: Path) -> None:
    """Raise InputError if an id in use (`known`, by `plain_id`) is similar but not the same."""
    other = known.get(plain_id(participant), participant)
    if other != participant:
        raise InputError(
            f"{path}: sub-{participant} differs from sub-{other} in leading zeros or capital letters only; "
            f"give {other} for the same participant, else another id, such as "
            f"{next(free_ids(known.values(), participant))}"
        )


def free_ids(known: Iterable[str], like: str = "") -> Iterator[str]:
    """Yield free ids: numbers after those in use, with the letters that `like` begins with.

    Parameters
    ----------
    known : iterable of str
        Ids in use, without ``sub-``.
    like : str
        An id with the same letters and number of digits; by default two digits without letters.
    """
    stem, digits = _split_id(like)
    split = [_split_id(each) for each in known]
    first = 1 + max((int(each) for other, each in split if each and other.lower() == stem.lower()), default=0)
    for number in itertools.count(first):
        yield f"{stem}{number:0{len(digits) or 2}d}"


def _split_id(participant: str) -> tuple[str, str]:
    found = re.fullmatch(r"(.*?)([0-9]*)", participant)
    assert found is not None  # the pattern fits any id
    return found[1], found[2]


def register(
    data_folder: Path,
    participants: Collection[str],
    kind: Kind,
    *,
    drop: Iterable[str] = (),
    values: Mapping[str, str] | None = None,
) -> None:
    """Add participants to ``participants.tsv``, before their folders are made.

    BIDS requires a row for every folder, but not a folder for every row: the row is added first and removed
    last. Rows and columns that a lab added itself are kept.

    Parameters
    ----------
    data_folder : Path
        The data set.
    participants : collection of str
        Ids without ``sub-``.
    kind : Kind
        Kind of all of them.
    drop : iterable of str
        Ids whose rows are removed.
    values : mapping of str to str, optional
        Values for all of them, by column. New columns are ``n/a`` for everyone else.

    Raises
    ------
    InputError
        A participant is there already as the other kind, or under an id that differs in leading zeros or
        capital letters only; a person was withdrawn.
    """
    before = read_participants(data_folder)
    gone = set(drop)
    rows = {name: dict(row) for name, row in before.rows.items() if name not in gone}
    kinds, similar = before.kinds, {plain_id(name): name for name in rows}
    for participant in participants:
        if kind is Kind.PERSON:
            check_new_participant(data_folder, participant)
        _refuse_similar(participant, similar, before.path)
        similar[plain_id(participant)] = participant
        if (found := kinds.get(participant, kind)) is not kind:
            raise InputError(
                f"{before.path}: sub-{participant} is there as {found}, not {kind}; choose another "
                "participant id"
            )
        row = rows.setdefault(participant, {"participant_id": f"sub-{participant}", "kind": kind})
        row.update(values or {})
    columns: tuple[str, ...] = (
        *before.columns,
        *(each for each in values or {} if each not in before.columns),
    )
    rows = {name: {column: row.get(column, "n/a") for column in columns} for name, row in rows.items()}
    if rows != before.rows or not before.path.exists():
        Participants(before.path, columns, rows).write()
