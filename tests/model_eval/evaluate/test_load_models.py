from __future__ import annotations

import threading
from typing import Any

import pytest

from model_eval.evaluate.load_models import LOADED_AHEAD, ModelLoader
from model_eval.settings import ModelEntry
from tricky.core.errors import InputError


def entries(n: int, *python: int) -> list[ModelEntry]:
    sources = {number: "python:nets:make" if number in python else "timm:test_resnet" for number in range(n)}
    return [ModelEntry(name=f"m{number}", source=source) for number, source in sources.items()]


@pytest.fixture(autouse=True)
def many_cores(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("model_eval.evaluate.load_models.n_cores", lambda: 16)


def test_models_come_in_their_order_and_few_are_loaded_ahead() -> None:
    started: list[str] = []

    def load(entry: ModelEntry) -> Any:
        started.append(entry.name)
        return entry.name

    loader: Any = ModelLoader(entries(10), load)
    assert next(loader) == "m0"
    assert len(started) <= 1 + LOADED_AHEAD
    assert [*loader] == [f"m{number}" for number in range(1, 10)]
    assert len(started) == 10


def test_the_first_model_is_there_while_others_are_still_loaded() -> None:
    go_on = threading.Event()

    def load(entry: ModelEntry) -> Any:
        if entry.name != "m0":
            assert go_on.wait(30)
        return entry.name

    loader: Any = ModelLoader(entries(4), load)
    assert next(loader) == "m0"
    go_on.set()
    assert [*loader] == ["m1", "m2", "m3"]


def test_a_python_source_runs_while_no_other_model_is_loaded() -> None:
    at_work, together = set[str](), dict[str, set[str]]()

    def load(entry: ModelEntry) -> Any:
        at_work.add(entry.name)
        threading.Event().wait(0.02)
        together[entry.name] = set(at_work)
        at_work.discard(entry.name)
        return entry.name

    assert len([*ModelLoader(entries(9, 4, 5), load)]) == 9
    assert together["m4"] == {"m4"}
    assert together["m5"] == {"m5"}


def test_an_error_is_raised_in_the_turn_of_its_model() -> None:
    def load(entry: ModelEntry) -> Any:
        if entry.name == "m2":
            raise InputError("m2: no weights")
        return entry.name

    loader: Any = ModelLoader(entries(4), load)
    assert [next(loader), next(loader)] == ["m0", "m1"]
    with pytest.raises(InputError, match="m2: no weights"):
        next(loader)
    loader.close()
