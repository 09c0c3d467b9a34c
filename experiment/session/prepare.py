"""Prepare a session: read and check everything that it shows, without a screen and without writing a file.

`tricky run`, `tricky doctor` and `tricky simulate` share these functions.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from experiment.data.bids import Dataset, SessionPath, check_new_participant
from experiment.data.columns import Table, table_of
from experiment.data.session_files import drawn_for, earlier_sidecar
from experiment.records import Ask, ScheduledTrial, Setting, Task
from experiment.screen.content import SessionContent
from experiment.screen.markdown_pages import Document, read_document
from experiment.screen.texts import Texts, read_texts
from experiment.session.plan import schedule
from experiment.settings import ExperimentSettings
from experiment.tasks import questions_of, task_of
from stimuli.records import StimulusSet, read_any_set


@dataclass(frozen=True)
class SessionSetup:
    """What all sessions of a study have in common.

    Attributes
    ----------
    stimuli, data : Path
        Folders of the stimulus set and of the BIDS data set.
    settings : ExperimentSettings
        Keys, sizes, screen.
    dataset : Dataset
        How the data set describes itself.
    root : Path
        The study's folder, which paths in the settings are relative to.
    setting : Setting
        Whether sessions take place in the lab or online.
    """

    stimuli: Path
    data: Path
    settings: ExperimentSettings
    dataset: Dataset
    root: Path = Path()
    setting: Setting = Setting.LAB


@dataclass(frozen=True)
class Material:
    """What sessions show, for any participant.

    Attributes
    ----------
    stimulus_set : StimulusSet
        Images and trials.
    texts : Texts
        In the language of the sessions.
    information, debriefing : Document or None
        The lab's own texts before and after a session.
    questions : tuple of Ask
        Asked after the last trial.
    """

    stimulus_set: StimulusSet
    texts: Texts
    information: Document | None = None
    debriefing: Document | None = None
    questions: tuple[Ask, ...] = ()


@dataclass(frozen=True)
class PreparedSession:
    """One participant's session, ready to be shown.

    Attributes
    ----------
    setup : SessionSetup
        The study's part.
    material : Material
        What is shown.
    path : SessionPath
        Where the session is recorded.
    drawn_for : str
        The participant id that determines order, sides and keys.
    content : SessionContent
        What this participant sees.
    table : Table
        The columns that are recorded.
    """

    setup: SessionSetup
    material: Material
    path: SessionPath
    drawn_for: str
    content: SessionContent
    table: Table

    @property
    def trials(self) -> tuple[ScheduledTrial, ...]:
        """All trials, in order."""
        return self.content.trials

    @property
    def task(self) -> Task:
        """What is asked in each trial."""
        return self.content.task

    @property
    def instructions(self) -> str:
        """What the participant reads about the task."""
        return self.content.texts.instructions(self.setup.settings, self.task)


def read_material(setup: SessionSetup) -> Material:
    """Read what every session shows.

    Raises
    ------
    InputError
        The stimulus set is damaged, or the texts are incomplete.
    """
    stimulus_set = read_any_set(setup.stimuli)
    stimulus_set.refuse_imported("a session")
    return Material(stimulus_set, read_texts(setup.settings.language, stimulus_set.task, setup.root))


def read_material_for_people(setup: SessionSetup) -> Material:
    """Read what every session shows, including what only people read: information, debriefing, questions.

    Raises
    ------
    InputError
        Like `read_material`; the set was built without images; a document is missing, or a question has more
        answers than there are keys.
    """
    material = read_material(setup)
    material.stimulus_set.require_images("show them")
    return Material(
        material.stimulus_set,
        material.texts,
        _document(setup.settings.information, setup.root),
        _document(setup.settings.debriefing, setup.root),
        questions_of(setup.settings),
    )


def prepare_session(
    setup: SessionSetup, material: Material, path: SessionPath, drawn_for: str | None = None
) -> PreparedSession:
    """Prepare the session of one participant.

    Parameters
    ----------
    setup : SessionSetup
        The study's part.
    material : Material
        What sessions show.
    path : SessionPath
        Whose session it is, and its number.
    drawn_for : str, optional
        The participant id that determines order, sides and keys; by default the one in `path`.

    Raises
    ------
    InputError
        The settings do not go with the task, or the set has fewer sessions.
    """
    drawn_for = drawn_for or path.participant
    stimulus_set, texts = material.stimulus_set, material.texts
    trials = schedule(stimulus_set, drawn_for, path.session)
    task = task_of(stimulus_set, setup.settings, drawn_for, texts.wording)
    table = table_of(task, setup.setting)
    content = SessionContent(
        settings=setup.settings,
        texts=texts,
        task=task,
        trials=trials,
        image_files={
            item.item_id: stimulus_set.folder / item.file for item in stimulus_set.items.values() if item.file
        },
        characters=_characters(material, task),
        root=setup.root,
    )
    return PreparedSession(setup, material, path, drawn_for, content, table)


def prepare_for_person(setup: SessionSetup, participant: str, session: int | None) -> PreparedSession:
    """Prepare the session of a person, which earlier runs may have begun.

    Raises
    ------
    InputError
        The id is not allowed, or belongs to a simulated or withdrawn participant; the session was begun with
        another stimulus set; or what `read_material_for_people` and `prepare_session` raise.
    """
    path = SessionPath(setup.data, participant, session, setup.settings.task_name)
    check_new_participant(setup.data, participant)
    material = read_material_for_people(setup)
    earlier = earlier_sidecar(path, material.stimulus_set)
    drawn = earlier.drawn_for(participant) if earlier else drawn_for(setup.data, participant)
    return prepare_session(setup, material, path, drawn)


def _document(path: Path | None, root: Path) -> Document | None:
    return None if path is None else read_document(root / path, path.as_posix())


def _characters(material: Material, task: Task) -> frozenset[str]:
    """Return every character that is shown in a session."""
    asks = [*task.asks, *material.questions]
    asked = (ask.text + "".join(option.label for option in ask.options) for ask in asks)
    documents = (each.characters for each in (material.information, material.debriefing) if each)
    return frozenset(material.texts.characters().union(*asked, *documents))
