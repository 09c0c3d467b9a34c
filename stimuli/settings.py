"""The settings of a stimulus set in the study file."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field, field_validator, model_validator

from model_eval.columns import Difficulty
from stimuli.columns import RULE
from tricky.core.names import (
    ColumnName,
    DifferentNames,
    Line,
    Name,
    PathSetting,
    Wording,
    check_path,
    first_duplicate,
)
from tricky.core.settings import SettingError, SettingsModel
from tricky.core.tasks import DEFAULT_TASK, TaskName, declaration

Share = Annotated[float, Field(ge=0, le=1)]


class EligibleSettings(SettingsModel):
    """``[stimuli.NAME.eligible]``: which images are eligible."""

    min_stability: Share = 0.0
    """Minimum probability that a resampled pool gives the same difficulty."""
    allow_images: PathSetting | None = None
    """A file that lists the only eligible images (in its first column, or one per line)."""
    deny_images: PathSetting | None = None
    """A file that lists images to exclude: people, sensitive content, training images."""
    allow_classes: tuple[Line, ...] = ()
    deny_classes: tuple[Line, ...] = ()
    min_side_px: Annotated[int, Field(ge=1)] = 1
    max_aspect_ratio: Annotated[float, Field(ge=1)] | None = None
    """Longer side over shorter side."""
    max_per_class: Annotated[int, Field(ge=1)] | None = None
    """Maximum number of images of a class in the whole set, including practice."""
    min_hash_distance: Annotated[int, Field(ge=0, le=64)] = 0
    """Minimum number of bits, of 64, in which the perceptual hashes of any two images differ."""


class MatchSettings(SettingsModel):
    """``[stimuli.NAME.match]``: in which covariates the groups are matched."""

    covariates: DifferentNames = ()
    """Numbers to match on: measured features, or columns of the difficulty table or of `table`."""
    exact: DifferentNames = ()
    """Columns that partners share: ``class_name``, or a column of `table`."""
    how: Literal["pairs", "groups"] = "pairs"
    """Whether matched partners are shown together, or only the groups as wholes are matched."""
    caliper_sd: Annotated[float, Field(gt=0)] | None = None
    """Maximum distance of partners, in standard deviations over the covariates."""

    @model_validator(mode="after")
    def _caliper_needs_covariates(self) -> MatchSettings:
        if self.caliper_sd is not None and not self.covariates:
            raise SettingError("caliper_sd", self.caliper_sd, "`covariates` next to it")
        return self


class ExportSettings(SettingsModel):
    """``[stimuli.NAME.export]``: how images are shown to observers."""

    view: Literal["original", "whole", "centre"] = "original"
    """Original pixels; the whole picture, resized; or the central square that models see."""
    size_px: Annotated[int, Field(ge=16)] | None = None
    """Longer side of the whole picture, or side of the central square."""
    crop_pct: Annotated[float, Field(gt=0, le=1)] = 0.875
    """Side of the central square as a share of the shorter side, as in the preprocessing of models."""
    reference: bool = False
    """Refer to the original files instead of copying them, for images that may not be copied."""

    @model_validator(mode="after")
    def _size_goes_with_resizing(self) -> ExportSettings:
        if (self.view == "original") != (self.size_px is None):
            raise ValueError('`size_px` together with `view = "whole"` or `"centre"`, and only then')
        if self.reference and self.view != "original":
            raise ValueError(
                '`reference = true` only with `view = "original"`: a file that stays is not resized'
            )
        return self


class QuestionSettings(SettingsModel):
    """``[[stimuli.NAME.questions]]``: one question about each image of a rating task."""

    name: ColumnName
    """Name of its column in the data."""
    text: Wording
    answers: Annotated[DifferentNames, Field(min_length=2)]
    """In the order shown; for an ordered scale, from low to high."""


def questions_with_different_names(questions: tuple[QuestionSettings, ...]) -> tuple[QuestionSettings, ...]:
    """Return questions whose names all differ.

    Raises
    ------
    ValueError
        Two questions have the same name.
    """
    if (name := first_duplicate(each.name for each in questions)) is not None:
        raise ValueError(f"questions with names that differ (capitals aside): {name!r} is there twice")
    return questions


class StimulusSettings(SettingsModel):
    """``[stimuli.NAME]``: one stimulus set of the study."""

    task: TaskName = DEFAULT_TASK
    """``2afc``: choice between two images; ``single``: naming the group of one image; ``rating``: questions
    about one image; or a task of the lab's own."""
    groups: Annotated[DifferentNames, Field(min_length=1)] = ("trivial", "impossible")
    """Classes of difficulty, or names in `ranges`."""
    ranges: dict[Name, tuple[Annotated[int, Field(ge=0)], Annotated[int, Field(ge=0)]]] = {}
    """Groups of the lab's own: minimum and maximum number of correct models."""
    trials: Annotated[int, Field(ge=1)] = 60
    """Number of trials of the main block."""
    practice_trials: Annotated[int, Field(ge=0)] = 5
    """Number of practice trials before the main block, with other images."""
    catch_trials: Annotated[int, Field(ge=0)] = 0
    """Catch trials in the main block, in addition to `trials`, with the images that `catch_images` lists."""
    catch_images: PathSetting | None = None
    repeat_trials: Annotated[int, Field(ge=0)] = 0
    """Number of trials of the main block that are repeated."""
    repeat_distance: Annotated[int, Field(ge=0)] = 10
    """Minimum number of trials between a trial and its repeat."""
    sessions: Annotated[int, Field(ge=1)] = 1
    """Number of lists that the main block is divided into; a session shows one."""
    table: tuple[PathSetting, ...] = ()
    """CSV files with `image_id` and columns to match on or to keep with the items, or published files of what
    people said about labels; a single one may be written without brackets."""
    carry: DifferentNames = ()
    """Columns of `table` that are kept with the items, such as licence and source."""
    questions: tuple[QuestionSettings, ...] = ()
    eligible: EligibleSettings = EligibleSettings()
    match: MatchSettings = MatchSettings()
    export: ExportSettings = ExportSettings()

    def group_of(self, difficulty: str, n_correct: int) -> str | None:
        """Return the first group that an image belongs to, by its class or its number of correct models."""
        for group in self.groups:
            low, high = self.ranges.get(group, (0, -1))
            if difficulty == group or low <= n_correct <= high:
                return group
        return None

    @field_validator("table", mode="before")
    @classmethod
    def _one_table_or_several(cls, table: Any) -> Any:
        return (check_path(table),) if isinstance(table, str | Path) else table

    @field_validator("ranges")
    @classmethod
    def _ranges_are_groups(cls, ranges: Mapping[str, tuple[int, int]]) -> Mapping[str, tuple[int, int]]:
        if (name := first_duplicate([*Difficulty, RULE, *ranges])) is not None:
            raise ValueError(
                f"names other than {', '.join(Difficulty)} and {RULE} that differ (capitals aside): {name!r} "
                "is taken"
            )
        for name, (low, high) in ranges.items():
            if low > high:
                raise ValueError(f"the smaller number first; {name!r} has the larger one first")
        return ranges

    @field_validator("questions")
    @classmethod
    def _questions_differ(cls, questions: tuple[QuestionSettings, ...]) -> tuple[QuestionSettings, ...]:
        return questions_with_different_names(questions)

    @model_validator(mode="after")
    def _parts_fit(self) -> StimulusSettings:
        known = [*Difficulty, *self.ranges]
        for group in self.groups:
            if group not in known:
                raise SettingError(
                    "groups", self.groups, f"groups among {', '.join(known)}; {group!r} is none of them"
                )
        if unused := [name for name in self.ranges if name not in self.groups]:
            raise SettingError(
                "ranges", self.ranges, f"names that are also among `groups`; {unused[0]!r} is not"
            )
        declaration(self.task, "stimuli").check_settings(self)
        if (self.catch_trials > 0) != (self.catch_images is not None):
            raise ValueError("`catch_images`, a file, together with `catch_trials`, and only then")
        if self.carry and not self.table:
            raise SettingError("carry", self.carry, "`table` next to it, a file with these columns")
        if self.sessions > self.trials:
            raise SettingError("sessions", self.sessions, f"at most one for each of {self.trials} trials")
        if self.repeat_trials > self.trials:
            raise SettingError("repeat_trials", self.repeat_trials, f"at most {self.trials}, the `trials`")
        # Repeated trials first, then the others, then the repeats: no order has larger distances.
        furthest = self.trials // self.sessions + self.catch_trials // self.sessions - 1
        if self.repeat_trials and furthest < self.repeat_distance:
            raise SettingError(
                "repeat_distance",
                self.repeat_distance,
                f"at most {furthest}, with so few trials in a session",
            )
        return self
