"""Sessions of simulated observers, in the same files as the sessions of people: `tricky simulate`."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path

from experiment.data.atomic_folders import new_folder, remove_folder
from experiment.data.bids import SessionPath, read_kinds, register
from experiment.data.columns import Table
from experiment.data.describe_dataset import describe_dataset
from experiment.data.find_sessions import find_sessions
from experiment.data.journal import locked
from experiment.data.sidecar import Run, ShownSet, Sidecar, describe_session, read_sidecar
from experiment.observers.from_settings import observers_from_settings
from experiment.observers.simulated import SimulatedDisplay
from experiment.observers.spec import ObserverSpec
from experiment.records import Choice, Kind, Response
from experiment.screen.content import Devices, SessionContent
from experiment.session.engine import run
from experiment.session.plan import steps
from experiment.session.prepare import PreparedSession, SessionSetup, prepare_session, read_material
from experiment.settings import SimulateSettings
from tricky.core.errors import InputError
from tricky.core.files import json_text, sha256_of, versions_of
from tricky.core.matching import describe_matches
from tricky.core.progress import Progress, no_progress

OpenDevices = Callable[[ObserverSpec, SessionContent], AbstractContextManager[Devices]]
"""Makes an observer and the display that it looks at."""


def without_screen(
    observer: ObserverSpec,
    content: SessionContent,  # noqa: ARG001 - nothing of it is shown
) -> AbstractContextManager[Devices]:
    """Make an observer who looks at nothing, in simulated time."""
    display = SimulatedDisplay()
    return nullcontext(Devices(display, observer.make(display)))


class Rows:
    """Collects the rows of a simulated session in memory (a `Recorder`)."""

    def __init__(self, table: Table) -> None:
        self._table = table
        self._lines = [self._table.header]

    def record(self, response: Response) -> None:
        """Add a row."""
        self._lines.append(self._table.row_of(response))

    def note(self, name: str, choice: Choice) -> None:
        """Do nothing: simulated observers are asked nothing outside trials."""

    def __len__(self) -> int:
        return len(self._lines) - 1

    @property
    def text(self) -> str:
        """The session table."""
        return "".join(self._lines)


def simulate_sessions(
    setup: SessionSetup,
    settings: SimulateSettings,
    *,
    seed: int,
    decisions: Path | None = None,
    open_devices: OpenDevices = without_screen,
    progress: Progress = no_progress,
    notify: Callable[[str], None] = lambda _: None,
) -> list[Path]:
    """Run the sessions of simulated observers, through the engine that runs people's sessions.

    Afterwards the simulated sessions of the data set are exactly those that the arguments describe. Sessions
    that are there already and identical are left alone; others are made, or replace those of an earlier
    simulation. People's sessions are never touched. Observers are named ``sim01``, ``sim02`` …; each depends
    on the seed and the own name only, so that a larger number of observers changes none of the others.

    A session appears whole or not at all. Its rows are not flushed to disk one by one, because a simulation
    can be repeated.

    Parameters
    ----------
    setup : SessionSetup
        The study's stimulus set, data set and settings.
    settings : SimulateSettings
        Number and accuracy of the observers.
    seed : int
        The study's seed.
    decisions : Path, optional
        Folder of the decisions of networks as observers; by default the study's ``decisions/``.
    open_devices : callable
        Makes an observer and what it looks at; by default without a screen, in simulated time.
    progress : Progress
        Called for each observer.
    notify : callable
        Takes a line about how many entries of a table of probabilities match the set.

    Returns
    -------
    list of Path
        The session tables, in the observers' order.

    Raises
    ------
    InputError
        The stimulus set is damaged, an observer's name belongs to a person, or another simulation is running
        on the same data set.
    """
    data, material = setup.data, read_material(setup)
    if open_devices is not without_screen:
        material.stimulus_set.require_images("show them")
    observers = observers_from_settings(
        settings,
        material.stimulus_set,
        seed=seed,
        decisions=decisions or setup.root / "decisions",
        root=setup.root,
    )
    for line in describe_matches(next(iter(observers.values())).parameters.get("matched", {})):
        notify(line)
    paths = {name: SessionPath(data, name, None, setup.settings.task_name) for name in observers}
    with locked(data, "simulate", f"{data}: another simulation is at work there; wait until it is done"):
        with locked(data, "participants", f"{data}: participants.tsv is in use", timeout_s=10):
            surplus = _remove_surplus(data, set(observers))
            describe_dataset(data, setup.dataset)
            register(data, list(observers), Kind.SIMULATED, drop=surplus)
        for done, (name, observer) in enumerate(observers.items()):
            progress("Simulating observers", done, len(observers))
            session = prepare_session(setup, material, paths[name])
            with open_devices(observer, session.content) as devices:
                rows = _run(session, devices)
            sidecar = _describe(session, observer, devices, rows)
            _put(session.path, {session.path.table: rows, session.path.sidecar: json_text(sidecar.content())})
        progress("Simulating observers", len(observers), len(observers))
    return [path.table for path in paths.values()]


def _run(session: PreparedSession, devices: Devices) -> str:
    """Run one observer's session; return the session table."""
    settings, rows = session.setup.settings, Rows(session.table)
    run(
        steps(session.trials, 0, settings.break_every),
        devices.display,
        devices.observer,
        rows,
        session.task,
        inter_trial_interval_s=settings.inter_trial_interval_s,
    )
    return rows.text


def _describe(session: PreparedSession, observer: ObserverSpec, devices: Devices, rows: str) -> Sidecar:
    """Return the sidecar of a complete simulated session."""
    shown, visual = session.material.stimulus_set, bool(devices.apparatus)
    packages = ("psychopy", "pyglet", "pillow") if visual else ()
    return describe_session(
        session.setup.dataset,
        session.path,
        session.table,
        instructions=session.instructions,
        stimulus_set=ShownSet(name=shown.name, set_id=shown.set_id, n_trials=len(session.trials)),
        drawn_for=session.drawn_for,
        simulated=observer.parameters | ({"visual": True} if visual else {}),
    ).with_(
        setting=session.setup.setting,
        settings={"experiment": session.setup.settings.model_dump(mode="json")},
        versions=versions_of("numpy", *packages),
        apparatus=devices.apparatus,
        # Time is simulated as well: there is no moment at which the session started.
        runs=(Run.model_validate({"started": None, "first_trial": 0}),),
        table_sha256=sha256_of(rows),
    )


def _put(session: SessionPath, files: dict[Path, str]) -> None:
    """Make a participant's folder contain these files and no others, in one step."""
    folder = session.participant_folder
    encoded = {path.relative_to(folder): text.encode() for path, text in files.items()}
    found = {path.relative_to(folder): path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    if found == encoded:
        return
    with new_folder(folder) as part:
        for path, content in encoded.items():
            (part / path).parent.mkdir(parents=True, exist_ok=True)
            (part / path).write_bytes(content)
        _remove(session.data_folder, session.participant)


def _remove_surplus(data_folder: Path, wanted: set[str]) -> list[str]:
    """Remove the simulated participants that are no longer wanted; return their ids."""
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
                f"{file.table}: not marked as simulated, although participants.tsv says so; correct `kind` "
                "there, or move the folder away"
            )
    found.require_sound()
    remove_folder(data_folder / f"sub-{participant}")
