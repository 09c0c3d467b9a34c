"""Find the session files of a data set, and all other files in it.

Data sets are copied on sticks, synchronised and opened in spreadsheets. Every file is either a session's file
in the right folder, or it is reported here. A file that could change a number is an error for all readers of
the data; other files are ignored and reported.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from os import walk
from pathlib import Path

from tricky.core.errors import InputError
from tricky.core.files import sha256_of

TABLE_NAME = re.compile(
    r"sub-(?P<participant>[A-Za-z0-9]+)(?:_ses-(?P<session>[A-Za-z0-9]+))?_task-(?P<task>[A-Za-z0-9]+)_beh\.tsv"
)
_SESSION_LIKE = re.compile(r"_beh(?![a-z0-9]).*\.(tsv|json)(\W.*)?$", re.IGNORECASE)
"""Names of session tables and sidecars, however they were changed."""
_OF_PROGRAMS = re.compile(
    r"\._.*|\.DS_Store|desktop\.ini|Thumbs\.db|ehthumbs\.db|Icon\r|~\$.*|\.~lock\..*|.*~|.*\.(tmp|swp|partial)"
    r"|\.nfs.*|@eaDir|__MACOSX",
    re.IGNORECASE,
)
"""Names of files that operating systems and other programs create in any folder."""
_OF_THE_LAB = {"derivatives", "sourcedata", "code", "phenotype", "stimuli", "docs", "logs"}
"""Other folders that BIDS allows at the root; they contain no sessions."""
_AT_THE_ROOT = re.compile(
    r"(dataset_description|participants)\.json|participants\.tsv|(README|CHANGES)(\.(md|rst|txt))?"
    r"|LICENSE.*|CITATION\.cff|task-[A-Za-z0-9]+_beh\.json|samples\.(tsv|json)"
)


@dataclass(frozen=True, order=True)
class SessionFile:
    """A session's table, in the folder that its name requires.

    Attributes
    ----------
    participant : str
        Without ``sub-``.
    session : str
        Without ``ses-``; empty where the participant's sessions have no numbers.
    task : str
        The task entity.
    table : Path
    """

    participant: str
    session: str
    task: str
    table: Path

    @property
    def sidecar(self) -> Path:
        """The table's description."""
        return self.table.with_suffix(".json")

    @property
    def stem(self) -> str:
        """Name of the session's files without ``_beh`` and suffix."""
        return self.table.stem.removesuffix("_beh")

    def moved(self, participant: str, data_folder: Path) -> SessionFile:
        """Return the path of the same session for another participant, in another data set."""
        ses = f"ses-{self.session}" if self.session else ""
        name = f"sub-{participant}{f'_{ses}' if ses else ''}_task-{self.task}_beh.tsv"
        table = data_folder / f"sub-{participant}" / ses / "beh" / name
        return SessionFile(participant, self.session, self.task, table)

    @property
    def label(self) -> str:
        """The session in words."""
        return f"sub-{self.participant}" + (f", session {self.session}" if self.session else "")


@dataclass(frozen=True)
class Finding:
    """A file that does not belong to a session, or has a problem.

    Attributes
    ----------
    path : Path
    problem : str
        The problem, and what to do.
    harmful : bool
        Whether it could change a number; if not, it is ignored.
    """

    path: Path
    problem: str
    harmful: bool
    half_of: SessionFile | None = None
    """The session, where this is its table without a sidecar, or the reverse."""


@dataclass(frozen=True)
class FoundSessions:
    """All session files of a data set.

    Attributes
    ----------
    folder : Path
        The data set.
    sessions : tuple of SessionFile
        By participant, session and task.
    findings : tuple of Finding
    """

    folder: Path
    sessions: tuple[SessionFile, ...]
    findings: tuple[Finding, ...]

    def require_sound(self) -> None:
        """Raise InputError if anything that was found could change a number."""
        if harmful := [each for each in self.findings if each.harmful]:
            more = f" (and {len(harmful) - 1} more such files)" if len(harmful) > 1 else ""
            raise InputError(f"{harmful[0].path}: {harmful[0].problem}{more}")

    def without_halves(self, chosen: Callable[[SessionFile], bool]) -> FoundSessions:
        """Leave out the chosen ones of those sessions that have a table or a sidecar only."""
        left_out = {each.half_of for each in self.findings if each.half_of and chosen(each.half_of)}
        sessions = tuple(each for each in self.sessions if each not in left_out)
        findings = tuple(each for each in self.findings if each.half_of not in left_out)
        return FoundSessions(self.folder, sessions, findings)

    @cached_property
    def notes(self) -> tuple[str, ...]:
        """What was left out, one line for each kind."""
        kinds: dict[str, list[Path]] = {}
        for each in self.findings:
            if not each.harmful:
                kinds.setdefault(each.problem, []).append(each.path)
        lines = []
        for problem, paths in kinds.items():
            names = ", ".join(str(path.relative_to(self.folder)) for path in paths[:3])
            more = f" and {len(paths) - 3} more" if len(paths) > 3 else ""
            lines.append(f"left out: {names}{more} ({problem})")
        return tuple(lines)


def find_sessions(data_folder: Path, participant: str | None = None) -> FoundSessions:
    """Find all session files of a data set, or of one participant.

    Nothing is read but files whose name makes them look like another session's copy.

    Parameters
    ----------
    data_folder : Path
        The BIDS data set, which may not exist yet.
    participant : str, optional
        Without ``sub-``; only this participant's folder is looked at.
    """
    start = data_folder if participant is None else data_folder / f"sub-{participant}"
    tables: dict[Path, SessionFile] = {}
    sidecars: set[Path] = set()
    doubtful: list[Path] = []
    findings: list[Finding] = []
    for path in _files(start, data_folder, findings):
        if (found := _session_of(path, data_folder)) is not None:
            tables[path] = found
        elif path.suffix == ".json" and _session_of(path.with_suffix(".tsv"), data_folder) is not None:
            sidecars.add(path)
        elif _SESSION_LIKE.search(path.name) and not _belongs_at_root(path, data_folder):
            doubtful.append(path)
        elif not _expected(path, data_folder):
            findings.append(Finding(path, "not part of the data set", harmful=False))
    for path in sorted(sidecars):
        if path.with_suffix(".tsv") not in tables:
            gone = "its table is missing; restore it, or move this file out of the data set as well"
            half = _session_of(path.with_suffix(".tsv"), data_folder)
            findings.append(Finding(path, gone, harmful=True, half_of=half))
    for path in sorted(set(tables) - {each.with_suffix(".tsv") for each in sidecars}):
        gone = "its sidecar (.json) is missing; restore it, because it names the stimulus set that was shown"
        findings.append(Finding(path, gone, harmful=True, half_of=tables[path]))
    findings += [_doubt(path, [*tables, *sorted(sidecars)], data_folder) for path in doubtful]
    return FoundSessions(data_folder, tuple(sorted(tables.values())), tuple(findings))


def _files(start: Path, data_folder: Path, findings: list[Finding]) -> Iterator[Path]:
    """Yield the files that may be the data set's; note what other programs left."""
    for folder, subfolders, names in walk(start):
        at_root = Path(folder) == data_folder
        kept = []
        for name in sorted(subfolders):
            path = Path(folder, name)
            if _OF_PROGRAMS.fullmatch(name):
                findings.append(Finding(path, "made by the system or another program", harmful=False))
            elif name.startswith(".") or (at_root and name in _OF_THE_LAB):
                continue
            elif path.is_symlink():
                problem = "a link to another folder, which is not followed; copy the folder itself here"
                findings.append(Finding(path, problem, harmful=True))
            else:
                kept.append(name)
        subfolders[:] = kept
        for name in sorted(names):
            if _OF_PROGRAMS.fullmatch(name):
                problem = "made by the system or another program"
                findings.append(Finding(Path(folder, name), problem, harmful=False))
            elif not name.startswith("."):
                yield Path(folder, name)


def _session_of(path: Path, data_folder: Path) -> SessionFile | None:
    """Return the session that a file belongs to; None unless name and folders agree."""
    name = TABLE_NAME.fullmatch(path.name)
    if name is None:
        return None
    session = name["session"] or ""
    folders = [f"sub-{name['participant']}", *([f"ses-{session}"] if session else []), "beh"]
    if path.parent != data_folder.joinpath(*folders):
        return None
    return SessionFile(name["participant"], session, name["task"], path)


def _belongs_at_root(path: Path, data_folder: Path) -> bool:
    return path.parent == data_folder and _AT_THE_ROOT.fullmatch(path.name) is not None


def _expected(path: Path, data_folder: Path) -> bool:
    """Return whether a file may be in a data set: BIDS's own at the root, other data of a participant."""
    folders = path.relative_to(data_folder).parts[:-1]
    if not folders:
        return _belongs_at_root(path, data_folder)
    return re.fullmatch("sub-[A-Za-z0-9]+", folders[0]) is not None and path.name.startswith(f"{folders[0]}_")


def _doubt(path: Path, proper: list[Path], data_folder: Path) -> Finding:
    """Judge a file that looks like a session's, but has another name or is in another folder."""
    size = path.stat().st_size
    if size == 0:
        return Finding(path, "empty copy", harmful=False)
    digest = sha256_of(path)
    for other in proper:
        if other.stat().st_size == size and sha256_of(other) == digest:
            return Finding(path, "exact copy of a session's file", harmful=False)
    if versions := [other for other in proper if other.stem in path.name and other.suffix in path.name]:
        shown = versions[0].relative_to(data_folder)
        problem = (
            f"another version of {shown}; keep the right one there, and move the other out of the data set"
        )
    elif (named := TABLE_NAME.fullmatch(path.with_suffix(".tsv").name)) is not None:
        problem = (
            f"named as a file of sub-{named['participant']}, but in another folder; move it where it "
            "belongs, or out of the data set"
        )
    else:
        problem = (
            "not a name of the form sub-ID[_ses-N]_task-NAME_beh.tsv; rename it, or move it out of the "
            "data set"
        )
    return Finding(path, problem, harmful=True)
