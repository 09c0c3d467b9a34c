"""Every text and every path in a settings file has a type that says what it may be; numbers are literal."""

from __future__ import annotations

import types
import typing
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from experiment.settings import ParticipantField
from model_eval.networks.pool import _PoolFile
from model_eval.settings import EvaluateSettings, ImageSettings, ModelEntry
from model_eval.train.recipe import ConditionSettings, Recipe
from tricky.core import names
from tricky.core.errors import InputError
from tricky.core.settings import SettingsModel, validated
from tricky.study import Settings

TYPES = (
    *(names.Name, names.ColumnName, names.FileName, names.DottedFileName, names.Line, names.Wording),
    *(names.PathSetting, names.PathText),
)

EXCEPTIONS = {
    "ImageSettings.source": "one of a few words",
    "EvaluateSettings.device": "one of a few words",
    "ExperimentSettings.task_name": "letters and digits, as BIDS wants it",
    "ExperimentSettings.left_key": "a key that PsychoPy knows",
    "ExperimentSettings.right_key": "a key that PsychoPy knows",
    "ExperimentSettings.answer_keys": "keys that PsychoPy knows",
    "ExperimentSettings.continue_key": "a key that PsychoPy knows",
    "ExperimentSettings.quit_key": "a key that PsychoPy knows",
    "ExperimentSettings.pause_key": "a key that PsychoPy knows",
    "StimulusSettings.task": "a task that there is",
    "ImportSessionsSettings.task": "a task that there is",
    "ImportSessionsSettings.prefix": "letters and digits, or empty",
    "ModelEntry.family": "a name, or empty",
    "ModelEntry.arguments": "passed to the lab's own function as it is",
    "TrainSettings.conditions": "checked as `NetworkRecipe`, together with the recipe",
}
"""Texts without a type of `tricky.core.names`, and what keeps them in order."""

REQUIRED = {
    ModelEntry: {"name": "a", "source": "timm:x"},
    ParticipantField: {"name": "a", "question": "?"},
}
"""What some sections can't do without."""

UNCHECKED = ("ModelEntry.arguments", "TrainSettings.conditions")
"""Those of them that the settings themselves don't check."""


def models(base: type[SettingsModel] = SettingsModel) -> Iterator[type[SettingsModel]]:
    for model in base.__subclasses__():
        yield model
        yield from models(model)


def settings() -> Iterator[tuple[str, type[SettingsModel], str, Any]]:
    """Give every setting that there is: its name, its model, its key and its type."""
    assert {Settings, Recipe, ConditionSettings, _PoolFile} <= set(models())
    for model in models():
        hints = typing.get_type_hints(model, include_extras=True)
        for key in model.model_fields:
            yield f"{model.__name__}.{key}", model, key, hints[key]


def untyped(annotation: Any) -> Iterator[Any]:
    """Give every text, path or `Any` within a type that none of `TYPES` covers."""
    origin, arguments = typing.get_origin(annotation), typing.get_args(annotation)
    if origin is typing.Annotated:
        kind, *metadata = arguments
        for each in TYPES:
            its_kind, *its_metadata = typing.get_args(each)
            if kind is its_kind and all(part in metadata for part in its_metadata):
                return
        yield from untyped(kind)
    elif annotation in (str, Path, Any):
        yield annotation
    elif origin in (tuple, list, dict, typing.Union, types.UnionType):
        for each in arguments:
            yield from untyped(each)
    else:
        assert (
            origin is typing.Literal
            or annotation in (int, float, bool, types.NoneType, Ellipsis)
            or (issubclass(annotation, SettingsModel))
        ), f"{annotation}: is this a text?"


def test_every_text_and_path_has_a_type_of_names() -> None:
    without = {name for name, _, _, annotation in settings() if [*untyped(annotation)]}
    assert without == set(EXCEPTIONS), "use a type of tricky.core.names, or say above why not"


@pytest.mark.parametrize("text", ["a\tb", "a\nb", "a\x00", "a\u2028b"])
@pytest.mark.parametrize("name", [each for each in EXCEPTIONS if each not in UNCHECKED])
def test_texts_with_another_check_refuse_what_no_cell_can_hold(name: str, text: str) -> None:
    model, key = next((model, key) for each, model, key, _ in settings() if each == name)
    value = [text, "1", "2"] if key == "answer_keys" else text
    with pytest.raises(InputError) as raised:
        validated(model, REQUIRED.get(model, {}) | {key: value}, where="study.toml")
    assert key in str(raised.value)
    assert len(str(raised.value).splitlines()) == 1


def wrong_values(annotation: Any) -> list[Any]:
    """Return values that pydantic would make the right ones of, if it were asked to be lax."""
    plain = {bool: [1, 0, "true", "no"], int: [True, "3", 3.0], float: [True, "0.7"]}
    inner = annotation
    while typing.get_origin(inner) is typing.Annotated:
        inner = typing.get_args(inner)[0]
    return plain.get(inner, [])


def numbers() -> list[Any]:
    found = []
    for name, model, key, annotation in settings():
        options = typing.get_args(annotation) if isinstance(annotation, types.UnionType) else [annotation]
        for option in options:
            found += [
                pytest.param(model, key, value, id=f"{name}={value!r}") for value in wrong_values(option)
            ]
    return found


def test_there_are_numbers_and_truths_to_try() -> None:
    assert len(numbers()) > 150
    assert EvaluateSettings in {each.values[0] for each in numbers()}


@pytest.mark.parametrize(("model", "key", "value"), numbers())
def test_a_number_is_a_number_and_a_truth_is_true_or_false(model, key, value) -> None:
    with pytest.raises(InputError, match=rf"\b{key}\b.*: expected (a (whole |finite )?number|true or false)"):
        validated(model, REQUIRED.get(model, {}) | {key: value}, where="study.toml")


def test_numbers_in_lists_and_tables_are_literal_too() -> None:
    for content in (
        {"experiment": {"monitor": {"size_px": [1920, "1080"]}}},
        {"stimuli": {"main": {"groups": ["a", "b"], "ranges": {"a": [0, True], "b": [2, 3]}}}},
        {"train": {"base": {"decay_epochs": [1, True]}}},
    ):
        with pytest.raises(InputError, match="expected a whole number"):
            validated(Settings, content, where="study.toml")
    with pytest.raises(InputError, match="expected a finite number"):
        validated(Settings, {"experiment": {"monitor": {"width_cm": float("inf")}}}, where="study.toml")
    assert ImageSettings(source="folder", path=Path("x")).path == Path("x")
