"""A study's worth of simulated observers, in the same files as people's sessions."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from experiment.data.bids import Dataset, SessionPath, read_kinds, register
from experiment.data.columns import Table, table_of
from experiment.data.describe_dataset import describe_dataset
from experiment.data.find_sessions import find_sessions
from experiment.data.journal import locked
from experiment.data.sidecar import Run, ShownSet, describe_session, read_sidecar
from experiment.observers.cast import Role, roles
from experiment.observers.simulated import SimulatedDisplay
from experiment.records import Kind, Response, ScheduledTrial, Task
from experiment.screen.texts import Texts, read_texts
from experiment.session.engine import run
from experiment.session.interfaces import Display, Observer
from experiment.session.plan import schedule, steps
from experiment.settings import ExperimentSettings, SimulateSettings
from experiment.tasks import task_of
from stimuli.records import StimulusSet, read_any_set
from tricky.core.errors import InputError
from tricky.core.files import json_text, sha256_of, versions_of
from tricky.core.matching import describe_matches
from tricky.core.progress import Progress, no_progress


@dataclass(frozen=True)
class Seat:
    """Where a simulated observer sits.

    Attributes
    ----------
    display, observer : Display, Observer
        For the engine.
    apparatus : dict
        What was measured of the machine; nothing where there is no screen.
    """

    display: Display
    observer: Observer
    apparatus: dict[str, Any] = field(default_factory=dict)


Seating = Callable[
    [Role, StimulusSet[Any], Sequence[ScheduledTrial], Task, ExperimentSettings, Texts, Path],
    AbstractContextManager[Seat],
]


def seat_nowhere(role: Role, *_: Any) -> AbstractContextManager[Seat]:
    """Seat an observer before nothing, in simulated time."""
    display = SimulatedDisplay()
    return nullcontext(Seat(display, role.enter(display)))


def simulate_sessions(
    stimuli_folder: Path,
    data_folder: Path,
    settings: SimulateSettings,
    experiment: ExperimentSettings,
    dataset: Dataset,
    *,
    seed: int,
    root: Path = Path(),
    decisions: Path | None = None,
    seating: Seating = seat_nowhere,
    progress: Progress = no_progress,
    tell: Callable[[str], None] = lambda _: None,
) -> list[Path]:
    """Let simulated observers sit the session, through the engine that people's sessions go through.

    Afterwards the data set's simulated sessions are exactly the ones described by the arguments: those
    that stand there already, byte for byte, are left alone; others are made, or take the place of what
    an earlier simulation left.  People's sessions are never touched.  Observers are named ``sim01``,
    ``sim02`` …; each depends on the seed and its own name only, so that a larger number changes none of
    those before.

    A session appears whole or not at all.  Its rows are not flushed to disk one by one: what can be
    simulated again needs no such care.

    Parameters
    ----------
    stimuli_folder, data_folder : Path
        The stimulus set, and the BIDS data set.
    settings : SimulateSettings
        How many observers, and of what ability.
    experiment : ExperimentSettings
        The session they sit.
    dataset : Dataset
        What the data set says of itself.
    seed : int
        Of the study.
    root : Path
        What paths in the settings are relative to: the study's folder.
    decisions : Path, optional
        Where decisions are, for networks as observers; by default in the study's folder.
    seating : callable
        Where observers sit: by default before nothing, in simulated time.
    progress : Progress
        Called for each observer.
    tell : callable
        Takes a line about how much of a table of probabilities applies to the set.

    Returns
    -------
    list of Path
        The session tables, in the observers' order.

    Raises
    ------
    InputError
        The stimulus set is damaged, an observer's name belongs to a person, or another simulation is at
        work on the same data set.
    """
    stimulus_set = read_any_set(stimuli_folder)
    texts = read_texts(experiment.language, stimulus_set.task, root)
    cast = roles(
        settings, stimulus_set, names_of, seed=seed, decisions=decisions or root / "decisions", root=root
    )
    for line in describe_matches(next(iter(cast.values())).parameters.get("matched", {})):
        tell(line)
    sessions = [SessionPath(data_folder, name, None, experiment.task_name) for name in cast]
    names = list(cast)
    busy = f"{data_folder}: another simulation is at work there; wait until it is done"
    with locked(data_folder, "simulate", busy):
        with locked(data_folder, "participants", f"{data_folder}: participants.tsv is in use", timeout_s=10):
            surplus = _remove_surplus(data_folder, set(names))
            describe_dataset(data_folder, dataset)
            register(data_folder, names, Kind.SIMULATED, drop=surplus)
        versions = versions_of("numpy", "scipy")
        for done, session in enumerate(sessions):
            progress("Simulating observers", done, len(sessions))
            trials = schedule(stimulus_set, session.participant, session.session)
            about_set = ShownSet(name=stimulus_set.name, set_id=stimulus_set.set_id, n_trials=len(trials))
            task = task_of(stimulus_set, experiment, session.participant, texts.wording)
            table = table_of(task)
            instructions = texts.instructions(experiment, task)
            role = cast[session.participant]
            with seating(role, stimulus_set, trials, task, experiment, texts, root) as seat:
                rows = _table(trials, seat, experiment, table)
            sidecar = describe_session(
                dataset,
                session,
                table,
                instructions=instructions,
                stimulus_set=about_set,
                drawn_for=session.participant,
                simulated=role.parameters | ({"visual": True} if seat.apparatus else {}),
            ).with_(
                settings={"experiment": experiment.model_dump(mode="json")},
                versions=versions | (versions_of("psychopy", "pyglet", "pillow") if seat.apparatus else {}),
                apparatus=seat.apparatus,
                # Time is simulated as well: there is no moment at which the session started.
                runs=(Run.model_validate({"started": None, "first_trial": 0}),),
                table_sha256=sha256_of(rows),
            )
            _put(session, {session.table: rows, session.sidecar: json_text(sidecar.content())})
        progress("Simulating observers", len(sessions), len(sessions))
    return [session.table for session in sessions]


def names_of(n_observers: int) -> list[str]:
    """Return the ids of simulated observers: ``sim01``, ``sim02`` and so on."""
    return [f"sim{number:02d}" for number in range(1, n_observers + 1)]


def _table(trials: Sequence[ScheduledTrial], seat: Seat, experiment: ExperimentSettings, table: Table) -> str:
    """Run one observer's session and return its table."""
    responses: list[Response] = []
    run(
        steps(trials, 0, experiment.break_every),
        seat.display,
        seat.observer,
        responses.append,
        table.task,
        inter_trial_interval_s=experiment.inter_trial_interval_s,
        resumed=False,
    )
    return table.header + "".join(map(table.row_of, responses))


def _put(session: SessionPath, files: dict[Path, str]) -> None:
    """Make a participant's folder hold these files and no others, in one step."""
    folder = session.participant_folder
    encoded = {path.relative_to(folder): text.encode() for path, text in files.items()}
    found = {path.relative_to(folder): path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    if found == encoded:
        return
    part = folder.with_name(f".{folder.name}.part")
    shutil.rmtree(part, ignore_errors=True)  # of a simulation that was killed
    try:
        for path, content in encoded.items():
            (part / path).parent.mkdir(parents=True, exist_ok=True)
            (part / path).write_bytes(content)
        _remove(session.data_folder, session.participant)
        part.rename(folder)
    finally:
        shutil.rmtree(part, ignore_errors=True)


def _remove_surplus(data_folder: Path, wanted: set[str]) -> list[str]:
    """Remove the simulated participants that aren't wanted any more; return their ids."""
    surplus = [
        participant
        for participant, kind in read_kinds(data_folder).items()
        if kind is Kind.SIMULATED and participant not in wanted
    ]
    for participant in surplus:
        _remove(data_folder, participant)
    return surplus


def _remove(data_folder: Path, participant: str) -> None:
    """Remove a simulated participant's folder, unless anything in it is not marked as simulated."""
    found = find_sessions(data_folder, participant)
    for file in found.sessions:
        if not file.sidecar.is_file() or read_sidecar(file.sidecar).simulated is None:
            raise InputError(
                f"{file.table}: not marked as simulated, though participants.tsv says so of its participant; "
                "correct `kind` there or move the folder away"
            )
    found.require_sound()
    folder = data_folder / f"sub-{participant}"
    if folder.exists():
        shutil.rmtree(folder)
