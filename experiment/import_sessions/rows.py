"""Rows and sidecar of an imported session, in the columns of sessions that tricky runs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from experiment.columns import CONFIDENCE, SCREEN_COLUMNS, SOURCE_ROW, Column
from experiment.data.bids import Dataset, SessionPath
from experiment.data.columns import Table, table_of
from experiment.data.sidecar import Imported, Run, ShownSet, Sidecar, describe_session
from experiment.import_sessions.sessions import ImportedSession
from experiment.import_settings import ImportSessionsSettings
from experiment.records import Ask, Choice, Option, QuestionKind, Response, ScheduledTrial, Setting, Task
from experiment.tasks import kind_of
from stimuli.imported_set import ImportedSet
from stimuli.order import Presentation
from stimuli.records import StimulusSet, Trial
from stimuli.tasks import structure_of
from tricky.core.files import sha256_of
from tricky.core.write_tables import tsv_line

UNKNOWN = ("onset", *(column.name for column in SCREEN_COLUMNS))
"""Columns about which files of other programs say nothing."""


@dataclass(frozen=True)
class SessionRows:
    """A session as it will be on disk.

    Attributes
    ----------
    session : ImportedSession
    path : SessionPath
    text : str
        The table.
    sidecar : Sidecar
    """

    session: ImportedSession
    path: SessionPath
    text: str
    sidecar: Sidecar

    @property
    def timed(self) -> bool:
        """Whether any response time is known: two people never have the same."""
        return any(trial.response_time_s is not None for trial in self.session.trials)


def without_source(text: str) -> str:
    """Return a table without its last column, which says where rows come from: what was answered."""
    return "\n".join(line.rpartition("\t")[0] for line in text.splitlines())


class RowWriter:
    """Makes the rows and sidecars of the sessions of one set."""

    def __init__(
        self,
        made: ImportedSet,
        image_ids: Mapping[str, str],
        settings: ImportSessionsSettings,
        dataset: Dataset,
    ) -> None:
        self._made, self._image_ids, self._dataset = made, image_ids, dataset
        self._set = made.made
        self._kind = kind_of(self._set.task)
        self._right_answer = self._kind.right_answers(self._set)
        self._task = _task(self._set, settings)
        table = table_of(self._task)
        self._table = Table(self._task, (*table.columns, _SOURCE_COLUMN))
        self._item_ids = {item.image_id: item.item_id for item in self._set.items.values()}

    def rows_of(self, session: ImportedSession, path: SessionPath, set_: StimulusSet) -> SessionRows:
        """Return a session's table and sidecar; `set_` is the set on disk, which has all of its trials."""
        lines = [self._table.header]
        for place, (row, shown) in enumerate(zip(session.trials, session.shown, strict=True)):
            images = tuple(self._image_ids[name] for name in shown.images)
            trial = self._made.trials[type(shown)(images, shown.condition, shown.repeat)]
            items = tuple(self._item_ids[name] for name in images)
            response = self._response(place, trial, items, row.answers, row.response_time_s, row.confidence)
            cells = [self._cell(column, response) for column in self._table.columns[:-1]]
            lines.append(tsv_line([*cells, row.source_row]))
        text = "".join(lines)
        sidecar = self._describe(session, path, set_).with_(table_sha256=sha256_of(text))
        return SessionRows(session, path, text, sidecar)

    def _response(
        self,
        place: int,
        trial: Trial,
        items: tuple[str, ...],
        answers: Sequence[str | None],
        response_time_s: float | None,
        confidence: str | None,
    ) -> Response:
        target = structure_of(self._set.task).target(self._set, trial)
        presented = Presentation(trial, items, None if target is None else items.index(target))
        scheduled = ScheduledTrial(place, trial.block, trial.trial_id, items, self._right_answer(presented))
        further = [Choice(answer, None) for answer in answers[1:]]
        if self._task.asks[-1].name == CONFIDENCE:
            further.append(Choice(confidence, None))
        return Response(scheduled, Choice(answers[0], response_time_s), 0.0, further=tuple(further))

    @staticmethod
    def _cell(column: Column, response: Response) -> str:
        return "n/a" if column.name in UNKNOWN else column.cell(response)

    def _describe(self, session: ImportedSession, path: SessionPath, set_: StimulusSet) -> Sidecar:
        imported = self._set.manifest.imported
        assert imported is not None  # the set was made of these sessions
        return describe_session(
            self._dataset,
            path,
            self._table,
            instructions="n/a",
            stimulus_set=ShownSet(name=set_.name, set_id=set_.set_id, n_trials=len(session.trials)),
            drawn_for=session.participant,
            simulated=None,
        ).with_(
            answer_keys={},
            setting=Setting.IMPORTED,
            imported=Imported.model_validate({"Format": imported.format, "Files": session.files}),
            runs=(Run.model_validate({"started": None, "first_trial": 0}),),
        )


_SOURCE_COLUMN = Column(
    SOURCE_ROW,
    "Row that the trial was imported from: the first 12 digits of the file's SHA-256, and the line.",
    lambda _: "n/a",
)


def _task(made: StimulusSet, settings: ImportSessionsSettings) -> Task:
    """Return the questions that were asked, as far as files say."""
    texts = {each.name: each.text for each in made.settings.questions}
    asks = [
        Ask(name, texts.get(name, ""), tuple(Option(each, each, "") for each in answers))
        for name, answers in kind_of(made.task).answers(made).items()
    ]
    if settings.confidence_levels:
        levels = tuple(Option(str(n), "", "") for n in range(1, settings.confidence_levels + 1))
        asks.append(Ask(CONFIDENCE, "", levels, kind=QuestionKind.CONFIDENCE))
    return Task(made.task, tuple(asks), right_answers=kind_of(made.task).correct_column is not None)
