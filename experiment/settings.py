"""The settings of sessions in a study file: of people, and of simulated observers."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, field_validator, model_validator

from experiment.keys import check_keys, check_roles
from stimuli.settings import QuestionSettings, questions_with_different_names
from tricky.core.names import ColumnName, DifferentNames, FileName, Line, PathSetting, PathText, Wording
from tricky.core.settings import SettingError, SettingsModel


class MonitorSettings(SettingsModel):
    """``[experiment.monitor]``: the participant's screen."""

    width_cm: Annotated[float, Field(gt=0)] = 53.0
    """Width of the visible picture."""
    viewing_distance_cm: Annotated[float, Field(gt=0)] = 60.0
    size_px: tuple[Annotated[int, Field(ge=640)], Annotated[int, Field(ge=480)]] = (1920, 1080)
    """Width and height of the screen (of the window if `full_screen` is off)."""
    refresh_hz: Annotated[float, Field(gt=0)] = 60.0
    """Refresh rate; a session starts only if the measured one differs by less than 2%."""
    full_screen: bool = True
    screen: Annotated[int, Field(ge=0)] = 0
    """Number of the screen, if there are several."""
    gamma_file: PathSetting | None = None
    """PsychoPy's file of the monitor; its newest gamma makes luminance proportional to grey levels."""


class ParticipantField(SettingsModel):
    """``[[experiment.participant_fields]]``: something asked about each participant, once."""

    name: ColumnName
    """Its column in ``participants.tsv``."""
    question: Wording
    """As it is asked, and as the column is described."""
    type: Literal["integer", "number", "text", "choice"] = "text"
    choices: DifferentNames = ()
    units: Line | None = None
    required: bool = False

    @field_validator("name")
    @classmethod
    def _name_is_allowed(cls, name: str) -> str:
        if name != name.lower():
            raise ValueError("the name of a column in small letters")
        if name in IDENTIFYING_FIELDS:
            raise ValueError(
                "no field that identifies a participant: data must not contain names or birth dates"
            )
        return name

    @model_validator(mode="after")
    def _choices_go_with_type(self) -> ParticipantField:
        if (self.type == "choice") != bool(self.choices):
            raise ValueError('`choices` together with `type = "choice"`, and only then')
        return self


IDENTIFYING_FIELDS = (
    *("name", "first_name", "last_name", "surname", "full_name", "initials", "birthday", "birth_date"),
    *("birthdate", "date_of_birth", "dob", "email", "address", "phone", "user", "user_name", "username"),
)


class PrivacySettings(SettingsModel):
    """``[experiment.privacy]``: what the data leave out, and who may read them."""

    leave_out: tuple[Literal["times", "machine"], ...] = ()
    """``times``: date and time of sessions and consents. ``machine``: system, graphics and keyboard."""
    owner_only: bool = False
    """Whether only the account that runs sessions may read the data (not on Windows)."""


class PresentationSettings(SettingsModel):
    """``[experiment.presentation]``: durations on the screen."""

    image_ms: Annotated[float, Field(gt=0)] | None = None
    """Duration of the images, to the nearest frame; left out: until the answer."""
    image_frames: Annotated[int, Field(ge=1)] | None = None
    """The same, in frames."""
    mask_ms: Annotated[float, Field(ge=0)] = 0.0
    """Duration of the mask that replaces the images after that; 0 for none."""
    fixation_ms: Annotated[float, Field(ge=0)] | None = None
    """Duration of the fixation cross before the images; left out: the whole interval between trials."""
    answer_from_s: Annotated[float, Field(ge=0)] = 0.0
    """Answers count from this time after the onset of the images."""
    deadline_s: Annotated[float, Field(gt=0)] | None = None
    """The trial ends without an answer at this time after the onset; left out: never."""

    @property
    def limited(self) -> bool:
        """Whether the images disappear before an answer is given."""
        return self.image_ms is not None or self.image_frames is not None

    @model_validator(mode="after")
    def _parts_fit(self) -> PresentationSettings:
        if self.image_ms is not None and self.image_frames is not None:
            raise ValueError("either `image_ms` or `image_frames`, not both")
        if self.mask_ms and not self.limited:
            raise ValueError("`mask_ms` only together with `image_ms` or `image_frames`")
        if self.deadline_s is not None and self.deadline_s <= self.answer_from_s:
            raise ValueError("a `deadline_s` after `answer_from_s`")
        return self


class ExperimentSettings(SettingsModel):
    """``[experiment]``: how a session runs."""

    stimuli: FileName = "main"
    """Name of the stimulus set: ``[stimuli.NAME]``."""
    task_name: str = "harder"
    """The BIDS task entity of the data files: letters and digits."""
    left_key: str = "left"
    right_key: str = "right"
    answer_keys: Annotated[tuple[str, ...], Field(min_length=2)] = tuple("123456789")
    """For ratings, confidence, and choices between more than two groups: from left to right, low to high."""
    continue_key: str = "space"
    quit_key: str = "escape"
    pause_key: str = "p"
    """Interrupts a trial until the continue key is pressed; the trial is shown again."""
    answer_with: Literal["keys", "mouse"] = "keys"
    """``mouse``: observers answer with a click on an image of a pair, or on a key that is drawn; on the
    keyboard only the continue, quit and pause keys work then."""
    keyboard: Literal["ptb", "event"] = "ptb"
    """PsychoPy's keyboard backend; there is no silent fallback."""
    image_height_deg: Annotated[float, Field(gt=0, le=60)] = 8.0
    """Height of each image in degrees of visual angle."""
    scaling: Literal["auto", "integer", "interpolated"] = "auto"
    """``integer``: the whole multiple of the images' own pixels that is closest to this height;
    ``interpolated``: exactly this height; ``auto``: the former if images are enlarged and of one height."""
    inter_trial_interval_s: Annotated[float, Field(ge=0)] = 0.5
    """Fixation between a response and the next trial."""
    break_every: Annotated[int, Field(ge=0)] = 50
    """Number of main trials between breaks; 0 for none."""
    language: PathText = "en"
    """Language of all texts: ``en``, ``de``, or the path of a file with the lab's own texts."""
    font: PathSetting | None = None
    """A font file, if the language needs characters that Noto Sans lacks."""
    information: PathSetting | None = None
    """A Markdown file with information for participants, who are then asked for consent."""
    debriefing: PathSetting | None = None
    """A Markdown file that is shown after the last trial."""
    practice_criterion: Annotated[float, Field(gt=0, le=1)] | None = None
    """Required share of right answers in practice; below it the practice is repeated. Left out: one round."""
    practice_repetitions: Annotated[int, Field(ge=1)] = 3
    """Maximum number of repetitions; after them the main block begins in any case."""
    examples: bool = True
    """Show images of the practice with the right answers before it."""
    questions: tuple[QuestionSettings, ...] = ()
    """Asked after the last trial; the answers are in the session's sidecar."""
    confidence_levels: Annotated[int, Field(ge=0, le=9)] = 0
    """Ask for confidence after each answer, on this number of levels; 0: don't ask."""
    presentation: PresentationSettings = PresentationSettings()
    participant_fields: tuple[ParticipantField, ...] = (
        ParticipantField(name="age", question="Age in years", type="integer", units="years"),
        ParticipantField(name="sex", question="Sex", type="choice", choices=("female", "male", "other")),
        ParticipantField(
            name="handedness", question="Handedness", type="choice", choices=("right", "left", "ambidextrous")
        ),
    )
    """Questions about each participant, asked once; an empty answer is allowed unless `required`."""
    privacy: PrivacySettings = PrivacySettings()
    monitor: MonitorSettings = MonitorSettings()

    @field_validator("task_name")
    @classmethod
    def _task_name_is_an_entity(cls, name: str) -> str:
        if not (name.isascii() and name.isalnum()):
            raise ValueError("letters (a to z) and digits, as BIDS requires for the name of a task")
        return name

    @field_validator("confidence_levels")
    @classmethod
    def _one_level_is_none(cls, levels: int) -> int:
        if levels == 1:
            raise ValueError("two levels or more, or 0 for no question about confidence")
        return levels

    @field_validator("questions")
    @classmethod
    def _questions_differ(cls, questions: tuple[QuestionSettings, ...]) -> tuple[QuestionSettings, ...]:
        return questions_with_different_names(questions)

    @model_validator(mode="after")
    def _keys_are_known(self) -> ExperimentSettings:
        always = {
            "continue_key": [self.continue_key],
            "quit_key": [self.quit_key],
            "pause_key": [self.pause_key],
        }
        sides = {"left_key": [self.left_key], "right_key": [self.right_key]}
        check_keys(
            {name: key for name, (key,) in (always | sides).items()} | {"answer_keys": self.answer_keys},
            self.keyboard,
        )
        check_roles(always | sides)
        check_roles(always | {"answer_keys": self.answer_keys})
        if self.confidence_levels:
            # This question follows a choice of side: a second press of the same key would answer it.
            levels = self.answer_keys[: self.confidence_levels]
            if len(levels) < self.confidence_levels:
                raise SettingError(
                    "confidence_levels",
                    self.confidence_levels,
                    f"at most one for each of {len(levels)} answer_keys",
                )
            check_roles({"answer_keys (confidence)": levels} | sides)
        return self


class SimulateSettings(SettingsModel):
    """``[simulate]``: simulated observers."""

    observers: Annotated[int, Field(ge=1)] = 12
    accuracy: Annotated[float, Field(gt=0, lt=1)] = 0.81
    """Proportion correct of the population, over new observers and new items."""
    observer_sd_logit: Annotated[float, Field(ge=0)] = 0.45
    item_sd_logit: Annotated[float, Field(ge=0)] = 1.6
    side_bias_logit: float = 0.0
    """Bias towards the leftmost answer; `accuracy` is that without bias, lapses, learning and fatigue."""
    lapse_rate: Annotated[float, Field(ge=0, le=1)] = 0.0
    """Share of trials in which all answers are equally likely."""
    learning_logit: float = 0.0
    """Gain in ease over the main block, most of it in the first 40 trials."""
    fatigue_logit: float = 0.0
    """Loss in ease per 100 main trials."""
    probabilities: PathSetting | None = None
    """A CSV file with `trial_id` and `p_correct`, which replaces the settings above."""
    replay: PathSetting | None = None
    """A BIDS data set whose sessions are replayed instead."""
    models: DifferentNames = ()
    """Networks of the pool that act as observers instead."""
    score: Literal["confidence", "margin", "entropy"] = "confidence"
    """Basis of their choice: the harder image has lower confidence or margin, or higher entropy."""

    @model_validator(mode="after")
    def _one_source(self) -> SimulateSettings:
        if (self.probabilities is not None) + (self.replay is not None) + bool(self.models) > 1:
            raise ValueError("one of `probabilities`, `replay` and `models`, not several")
        return self
