"""From a stimulus set to sessions: of people, and of simulated observers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from tricky.core.errors import InputError
from tricky.core.progress import Notify, Progress, no_notice, no_progress
from tricky.stages.declared import DATA
from tricky.stages.installed import require
from tricky.stages.writes import writes
from tricky.study_folder import StudyFolder

if TYPE_CHECKING:
    from experiment.calibration import Calibration
    from experiment.data.bids import Dataset
    from experiment.data.merge import Merged
    from experiment.data.withdraw import Holding
    from experiment.import_sessions.import_sessions import ImportedSessions
    from experiment.interfaces import AskExperimenter
    from experiment.session.preflight import Check
    from experiment.session.prepare import SessionSetup
    from experiment.session.run import SessionSummary


class ExperimentStages(StudyFolder):
    """The stages that run sessions, of people and of simulated observers."""

    def run(
        self,
        participant: str | None,
        session: int | None = None,
        *,
        fields: Mapping[str, str],
        ask: AskExperimenter | None,
        force: bool,
        notify: Notify,
    ) -> SessionSummary:
        """Run or continue a person's session; `ask`, or a dialog, asks for what is not given."""
        require("psychopy", extra="experiment", to="show images to people")
        from experiment.data.bids import SessionPath
        from experiment.screen.load_psychopy import load_psychopy
        from experiment.session.participant import Given, identify_participant
        from experiment.session.preflight import check_without_screen, refuse
        from experiment.session.run import run_session
        from stimuli.records import read_tables

        setup = self._session_setup(calibrated=True)
        settings, given = setup.settings, Given(participant, session, fields)
        if participant is not None:
            SessionPath(self.data, participant, session, settings.task_name)  # refuses a bad id
        checks = check_without_screen(setup.stimuli, setup.data, settings)
        if not force:
            refuse(checks)  # before anyone is asked anything
        if ask is None:
            from experiment.screen.psychopy_dialog import ask_in_dialog as ask
        n_sessions = read_tables(setup.stimuli).n_sessions
        who = identify_participant(self.data, settings, given, ask, n_sessions=n_sessions)
        return run_session(setup, who, load_psychopy(), checks=checks, force=force, notify=notify)

    def calibrate(self, viewing_distance_cm: float) -> tuple[Calibration, Path]:
        """Measure the screen with a bank card; save the calibration in the study's folder."""
        require("psychopy", extra="experiment", to="draw on the screen")
        from experiment.calibration import keep_calibration
        from experiment.interfaces import Stopped
        from experiment.screen.load_psychopy import load_psychopy

        load_psychopy()
        from experiment.screen.psychopy_calibration import measure

        try:
            measured = measure(self.settings.experiment, viewing_distance_cm, self.root)
        except Stopped:
            raise InputError("calibration stopped; nothing has changed") from None
        return measured, keep_calibration(self.root, measured)

    def doctor(self, notify: Notify = no_notice) -> list[Check]:
        """Check everything that a session relies on, without recording one."""
        require("psychopy", extra="experiment", to="show images to people")
        from experiment.screen.load_psychopy import load_psychopy
        from experiment.session.doctor import check_session

        return check_session(self._session_setup(calibrated=True), load_psychopy(), notify)

    def simulate(
        self,
        progress: Progress = no_progress,
        *,
        visual: bool = False,
        notify: Notify = no_notice,
    ) -> list[Path]:
        """Run the sessions of simulated observers, without a screen or in the real window."""
        from experiment.session.simulate import simulate_sessions, without_screen

        open_devices = without_screen
        if visual:
            require("psychopy", extra="experiment", to="show images")
            from experiment.screen.load_psychopy import load_psychopy

            load_psychopy()
            from experiment.screen.psychopy_simulation import open_simulated_devices as open_devices

        return simulate_sessions(
            self._session_setup(calibrated=visual),
            self.settings.simulate,
            seed=self.settings.study.seed,
            open_devices=open_devices,
            progress=progress,
            notify=notify,
        )

    def _session_setup(self, *, calibrated: bool) -> SessionSetup:
        """Return what all sessions have in common; `calibrated`: for the screen of this PC."""
        from experiment.calibration import apply_calibration
        from experiment.session.prepare import SessionSetup

        settings = self.settings.experiment
        if calibrated:
            settings = apply_calibration(settings, self.root)
        return SessionSetup(self.shown_set(), self.data, settings, self.dataset(), self.root)

    def merge(
        self, folders: Sequence[Path], renames: Mapping[str, str], *, people_only: bool = False
    ) -> Merged:
        """Merge the data sets of other machines into the study's."""
        from experiment.data.merge import merge_data
        from experiment.data.session_files import readable_by
        from stimuli.records import set_id_in

        settings = self.settings.experiment
        with readable_by(settings.privacy, self.data):
            return merge_data(
                self.data,
                folders,
                self.dataset(),
                fields=settings.participant_fields,
                renames=renames,
                people_only=people_only,
                set_id=set_id_in(self.shown_set()),
            )

    @writes(DATA)
    def import_sessions(
        self,
        sources: Sequence[Path],
        set_name: str,
        *,
        replace: bool = False,
        progress: Progress = no_progress,
    ) -> ImportedSessions:
        """Write sessions that other programs recorded into the data set, and the set of what they showed."""
        from experiment.data.session_files import readable_by
        from experiment.import_sessions.images import read_known_images
        from experiment.import_sessions.import_sessions import Target, import_sessions
        from model_eval.images.open import folder_of_files
        from stimuli.set_folder import NewSet
        from tricky.core.names import check_file_name

        try:
            check_file_name(set_name)
        except ValueError as error:
            raise InputError(f"--set {set_name}: expected {error}") from None
        if set_name in self.settings.stimuli:
            raise InputError(f"--set {set_name}: study.toml describes a set of this name; give another")
        settings = self.settings.experiment
        target = Target(
            self.data,
            NewSet(set_name, self.stimulus_set(set_name), self.settings.study.seed, replace),
            self.dataset(),
            read_known_images(self.root, folder_of_files(self.settings.images, self.root)),
        )
        with readable_by(settings.privacy, self.data):
            return import_sessions(sources, self.settings.import_.sessions, target, progress)

    def look_up_participant(self, participant: str) -> Holding:
        """Look up the data of a participant."""
        from experiment.data.withdraw import look_up

        return look_up(self.data, participant)

    def withdraw(self, participant: str) -> None:
        """Remove a participant's data, and leave a mark so that a merge does not restore them."""
        from experiment.data.session_files import readable_by
        from experiment.data.withdraw import withdraw
        from experiment.online.folder import FOLDER, forget

        forget(self.root / FOLDER, participant.removeprefix("sub-"))
        with readable_by(self.settings.experiment.privacy, self.data):
            withdraw(self.data, participant)

    def mentions(self, held: Holding) -> list[str]:
        """Return where else a study mentions a participant who was withdrawn, and what to do there."""
        lines = [
            f"{path}: not removed, but its name contains the id; look at it, and remove it yourself"
            for path in held.elsewhere
        ]
        if held.repeated_by:
            who = ", ".join(held.repeated_by)
            lines.append(f"{who}: simulated observers who repeat these sessions; run `tricky simulate` again")
        if (self.report / "results.json").is_file():
            lines.append(
                f"{self.report}: made with these data; run `tricky analyse` again, or remove the folder"
            )
        for name in self.settings.analyse.exclude.sessions:
            if name.removeprefix("sub-").partition("/")[0] == held.participant:
                lines.append(f"study.toml: [analyse.exclude] sessions names {name!r}; remove the line")
        return lines

    def export_psych_ds(self, folder: Path, notify: Notify = no_notice) -> list[Path]:
        """Write all sessions as a Psych-DS data set."""
        from experiment.data.psych_ds import export_psych_ds

        return export_psych_ds(self.data, folder, self.dataset(), notify)

    def dataset(self) -> Dataset:
        """Return what the study file says of the data set as a whole."""
        from experiment.data.bids import Dataset

        about = self.settings.study
        return Dataset(
            name=about.name, authors=about.authors, institution=about.institution, license=about.license
        )
