"""From a stimulus set to sessions: of people, and of simulated observers."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from tricky.core.errors import InputError
from tricky.core.progress import Progress, no_progress
from tricky.stages.installed import require
from tricky.study_folder import StudyFolder

if TYPE_CHECKING:
    from experiment.data.bids import Dataset
    from experiment.data.merge import Merged
    from experiment.data.withdraw import Holding
    from experiment.screen.calibrate import Calibration
    from experiment.session.participant import Ask
    from experiment.session.preflight import Check
    from experiment.session.run import SessionSummary


class ExperimentStages(StudyFolder):
    """The stages that run sessions, of people and of simulated observers."""

    def run(
        self,
        participant: str | None,
        session: int | None = None,
        *,
        fields: Mapping[str, str],
        ask: Ask | None,
        force: bool,
        tell: Callable[[str], None],
    ) -> SessionSummary:
        """Run or continue a person's session; `ask`, or a dialog, asks for what is not given."""
        require("psychopy", extra="experiment", to="show images to people")
        from experiment.data.bids import SessionPath
        from experiment.screen.calibrate import calibrated
        from experiment.session.participant import take_in
        from experiment.session.preflight import check_desktop, check_files, check_keys, refuse
        from experiment.session.run import run_session
        from stimuli.records import read_tables

        settings = calibrated(self.settings.experiment, self.root)
        if participant is not None:
            SessionPath(self.data, participant, session, settings.task_name)  # refuses a bad id
        stimuli = self.shown_set()
        checks = [*check_files(stimuli, self.data), check_keys(settings), *check_desktop()]
        if not force:
            refuse(checks)  # before anyone is asked anything
        if ask is None:
            from experiment.screen.psychopy_dialog import ask_in_dialog as ask
        who = take_in(
            self.data,
            settings.task_name,
            settings.participant_fields,
            n_sessions=read_tables(stimuli).n_sessions,
            participant=participant,
            session=session,
            given=fields,
            ask=ask,
        )
        return run_session(
            stimuli,
            self.data,
            who.participant,
            settings,
            self.dataset(),
            session=who.session,
            fields=who.fields,
            checks=checks,
            force=force,
            tell=tell,
            root=self.root,
        )

    def calibrate(self, viewing_distance_cm: float) -> tuple[Calibration, Path]:
        """Measure the screen with a bank card, and keep it in the study's folder."""
        require("psychopy", extra="experiment", to="draw on the screen")
        from experiment.screen.calibrate import keep_calibration
        from experiment.session.interfaces import Stopped
        from experiment.session.run import require_screen

        require_screen()
        from experiment.screen.psychopy_calibrate import measure

        try:
            measured = measure(self.settings.experiment, viewing_distance_cm, self.root)
        except Stopped:
            raise InputError("calibration stopped; nothing has changed") from None
        return measured, keep_calibration(self.root, measured)

    def doctor(self) -> list[Check]:
        """Check everything that a session relies on, without recording any."""
        require("psychopy", extra="experiment", to="show images to people")
        from experiment.screen.calibrate import calibrated
        from experiment.session.preflight import check_desktop, check_files, check_keys
        from experiment.session.run import check_devices

        settings = calibrated(self.settings.experiment, self.root)
        stimuli = self.shown_set()
        checks = [*check_files(stimuli, self.data), check_keys(settings), *check_desktop()]
        return [*checks, *check_devices(stimuli, settings, self.root)] if checks[0].ok else checks

    def simulate(
        self,
        progress: Progress = no_progress,
        *,
        visual: bool = False,
        tell: Callable[[str], None] = lambda _: None,
    ) -> list[Path]:
        """Run the sessions of simulated observers: without a screen, or before the real window."""
        from experiment.screen.calibrate import calibrated
        from experiment.session.simulate import seat_nowhere, simulate_sessions

        seating, settings = seat_nowhere, self.settings.experiment
        if visual:
            require("psychopy", extra="experiment", to="show images")
            from experiment.session.run import require_screen

            require_screen()
            from experiment.screen.psychopy_simulation import seat_before_window

            seating, settings = seat_before_window, calibrated(settings, self.root)

        return simulate_sessions(
            self.shown_set(),
            self.data,
            self.settings.simulate,
            settings,
            self.dataset(),
            seed=self.settings.study.seed,
            root=self.root,
            seating=seating,
            progress=progress,
            tell=tell,
        )

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

    def look_up_participant(self, participant: str) -> Holding:
        """Look up what there is of a participant."""
        from experiment.data.withdraw import look_up

        return look_up(self.data, participant)

    def withdraw(self, participant: str) -> None:
        """Remove a participant's data, and leave a mark that keeps them from coming back."""
        from experiment.data.session_files import readable_by
        from experiment.data.withdraw import withdraw

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

    def export_psych_ds(self, folder: Path, tell: Callable[[str], None] = lambda _: None) -> list[Path]:
        """Write all sessions as a Psych-DS data set."""
        from experiment.data.psych_ds import export_psych_ds

        return export_psych_ds(self.data, folder, self.dataset(), tell)

    def dataset(self) -> Dataset:
        """Return what the study file says of the data set as a whole."""
        from experiment.data.bids import Dataset

        about = self.settings.study
        return Dataset(
            name=about.name, authors=about.authors, institution=about.institution, license=about.license
        )
