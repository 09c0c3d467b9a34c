"""Every design that tricky offers can be analysed, however small: each number is there or has a reason."""

from __future__ import annotations

import json
import re
import shutil
import tempfile
import warnings
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from analysis.data.study_data import Selection
from analysis.report.build import write_report
from analysis.report.json_values import UNSTATED
from analysis.settings import AnalyseSettings
from benchmarks.interval_list import intervals_in, unlisted
from experiment.records import Ask, Kind, ScheduledTrial
from tests.analysis.designed import QUESTIONS, Answer, Sitting, by_hash, missing, right, write_design, wrong
from tricky.core.errors import InputError

pytestmark = pytest.mark.usefixtures("blank_figures")


def first_answer(_trial: ScheduledTrial, ask: Ask) -> str:
    """Give the first answer to every question: no variance in what is chosen."""
    return ask.options[0].value


ANSWERS: dict[str, Answer] = {
    "right": right,
    "wrong": wrong,
    "missing": missing,
    "first": first_answer,
    "by chance": by_hash("chance", share=0.5),
    "mostly right": by_hash("mostly", share=0.8),
    "with gaps": by_hash("gaps", share=0.7, n_missing=0.4),
}


@dataclass(frozen=True)
class SmallDesign:
    """What `write_design` is asked for, in values that hypothesis can print."""

    stimuli: dict[str, Any]
    experiment: dict[str, Any]
    sittings: tuple[tuple[str, str, int | None, int | None], ...]
    """Participant, answers, session, number of main trials after which it stops."""
    analyse: dict[str, Any]
    kind: Kind = Kind.PERSON
    one_class: bool = False
    published: bool = False

    def write(self, folder: Path) -> Path:
        """Write the study."""
        sittings = [Sitting(who, ANSWERS[how], at, n, self.kind) for who, how, at, n in self.sittings]
        return write_design(
            folder,
            self.stimuli,
            sittings,
            experiment=self.experiment,
            one_class=self.one_class,
            published=self.published,
        )


GROUPS = {
    "2afc": [["trivial", "impossible"], ["in-between", "impossible"]],
    "single": [["trivial", "impossible"], ["trivial", "in-between", "impossible"]],
    "rating": [["trivial"], ["trivial", "impossible"], ["trivial", "in-between", "impossible"]],
}


@st.composite
def designs(draw: st.DrawFn, task: str) -> SmallDesign:
    """Draw 1 to 3 observers of 1 to 4 trials each, in 1 or 2 sessions."""
    groups = draw(st.sampled_from(GROUPS[task]))
    n_sessions = draw(st.sampled_from([1, 1, 2]))
    per_trial = 1 if task == "2afc" else len(groups)
    trials = n_sessions * per_trial * draw(st.integers(1, max(1, 4 // per_trial)))
    stimuli: dict[str, Any] = {"task": task, "groups": groups, "trials": trials, "sessions": n_sessions}
    stimuli["practice_trials"] = draw(st.sampled_from([0, 2]))
    if draw(st.booleans()):
        stimuli |= {"repeat_trials": 1, "repeat_distance": 0}
    if task != "rating" and draw(st.booleans()):
        stimuli |= {"catch_trials": n_sessions}
    if task == "rating":
        stimuli["questions"] = QUESTIONS[: draw(st.integers(1, 2))]
    experiment = {"confidence_levels": draw(st.sampled_from([0, 3]))} if task != "rating" else {}

    sittings = []
    for number in range(draw(st.integers(1, 3))):
        sessions = draw(st.sampled_from([[1], [2], [1, 2]])) if n_sessions > 1 else [None]
        for session in sessions:
            how = draw(st.sampled_from(list(ANSWERS)))
            stops = draw(st.sampled_from([None, None, None, 1]))
            sittings.append((f"0{number + 1}", how, session, stops))
    rules = st.sampled_from([{}, {}, {"min_response_time_s": 0.83}, {"max_share_missing": 0.5}])
    analyse = {"exclude": draw(rules), "level": draw(st.sampled_from([0.95, 0.9]))}
    return SmallDesign(
        stimuli,
        experiment,
        tuple(sittings),
        analyse,
        draw(st.sampled_from([Kind.PERSON, Kind.SIMULATED])),
        draw(st.booleans()),
        draw(st.booleans()),
    )


class Words(HTMLParser):
    """What a reader sees of a page."""

    HIDDEN = ("style", "script")

    def __init__(self, page: str) -> None:
        super().__init__()
        self.words: list[str] = []
        self._hidden = 0
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: object) -> None:  # noqa: ARG002
        self._hidden += tag in self.HIDDEN

    def handle_endtag(self, tag: str) -> None:
        self._hidden -= tag in self.HIDDEN

    def handle_data(self, data: str) -> None:
        if not self._hidden:
            self.words.append(data)


def no_constant(name: str) -> None:
    raise AssertionError(f"results.json holds {name}")


def check_report(root: Path, analyse: Mapping[str, Any], labels: Path | None = None) -> dict[str, Any]:
    """Analyse a study; return ``results.json`` after the checks that hold for every report."""
    with warnings.catch_warnings():
        warnings.simplefilter("error", RuntimeWarning)  # "Mean of empty slice" would be the user's to read
        write_report(
            root,
            AnalyseSettings.model_validate(analyse),
            Selection("main", labels=labels),
            title="Small",
            seed=1,
            source=None,
        )
    text = (root / "report" / "results.json").read_text(encoding="utf-8")
    content = json.loads(text, parse_constant=no_constant)
    assert UNSTATED not in text, re.findall(rf'[^\n]*\n[^\n]*"{UNSTATED}"', text)
    page = (root / "report" / "report.html").read_text(encoding="utf-8")
    shown = " ".join(" ".join(Words(page).words).split())
    assert re.findall(r".{0,60}\b(?:nan|NaN|inf|None|<NA>|NaT)\b.{0,40}", shown) == []
    for table in (root / "report" / "tables").glob("*.csv"):
        cells = re.split(r"[,\n]", table.read_text(encoding="utf-8"))
        assert not {"nan", "NaN", "inf", "-inf", "None", "<NA>"} & set(cells), table.name
    for low, high in limits_in(content):
        assert low < high, (low, high)
    return content


def limits_in(content: Any) -> Iterator[tuple[float, float]]:
    """Yield the limits of each result with an interval."""
    if isinstance(content, dict):
        if content.get("method") and "low" in content:
            yield content["low"], content["high"]
        content = list(content.values())
    for each in content if isinstance(content, list) else []:
        yield from limits_in(each)


NOTHING_COUNTS = ("no trial of a main block has an answer", "the rules of [analyse.exclude] leave no answer")


CASES = {
    "two sessions, each list seen by one observer": (
        {"sessions": 2, "trials": 8},
        (("01", "by chance", 1, None), ("02", "by chance", 2, None)),
    ),
    "one trial an observer": ({"trials": 4}, tuple((f"0{n}", "mostly right", None, 1) for n in (1, 2, 3))),
    "one complete session and one of a single trial": (
        {"trials": 8},
        (("01", "mostly right", None, None), ("02", "wrong", None, 1)),
    ),
    "one observer": ({"trials": 8}, (("01", "by chance", None, None),)),
    "one observer of one trial": ({"trials": 4}, (("01", "right", None, 1),)),
    "all right": ({"trials": 8}, (("01", "right", None, None), ("02", "right", None, None))),
    "all wrong": ({"trials": 8}, (("01", "wrong", None, None), ("02", "wrong", None, None))),
    "the same answer to every question": (
        {"trials": 8, "repeat_trials": 2, "repeat_distance": 1},
        (("01", "first", None, None), ("02", "first", None, None)),
    ),
    "answers missing": ({"trials": 8}, (("01", "with gaps", None, None), ("02", "missing", None, None))),
}


@pytest.mark.parametrize("task", ["2afc", "single", "rating"])
@pytest.mark.parametrize("case", CASES)
def test_designs_that_leave_nothing_to_estimate_are_analysed(case, task, tmp_path):
    stimuli, sittings = CASES[case]
    design = SmallDesign({"task": task} | stimuli, {}, sittings, {})
    content = check_report(design.write(tmp_path / "study"), {})
    assert content["sessions"]["n"] == len(sittings)
    if task == "rating":
        return
    found = content["population"]
    assert found["estimate"] is not None
    assert (found["low"] is None) == (found["high"] is None) == (found["reason"] is not None)
    shares = {"all right": 1, "all wrong": 0}
    assert found["estimate"] == pytest.approx(shares.get(case, found["estimate"]))
    if case in ("all right", "all wrong"):
        (mean,) = [each for each in content["consistency"]["means"] if each["between"] == "observers"]
        assert (mean["estimate"], mean["reason"]) == (None, "no pair has an error consistency")


RICH = {
    "2afc": {"groups": ["trivial", "impossible"], "trials": 40, "repeat_trials": 5},
    "single": {"groups": ["trivial", "impossible"], "trials": 40, "repeat_trials": 5},
    "rating": {"groups": ["trivial", "in-between", "impossible"], "trials": 39},
}


@pytest.mark.parametrize("task", RICH)
def test_the_coverage_of_every_interval_in_the_report_is_measured_by_a_benchmark(task, tmp_path):
    sittings = [Sitting(name, by_hash(name), kind=Kind.PERSON) for name in ("01", "02", "03", "04", "05")]
    experiment = {"confidence_levels": 0 if task == "rating" else 3}
    root = write_design(tmp_path / "study", {"task": task} | RICH[task], sittings, experiment=experiment)
    content = check_report(root, {"exclude": {"sessions": {"05": "fell asleep"}}}, labels=root / "difficulty")
    places = set(intervals_in(content))
    assert len(places) > 12
    if task != "rating":
        assert {"items.ceiling", "other_labels.change", "observers.calibration"} <= places
    assert unlisted(content) == set()


# Hypothesis asks the same fixture for all examples, and each example has a folder of its own.
@pytest.mark.parametrize("task", ["2afc", "single", "rating"])
@settings(
    max_examples=5,
    deadline=None,
    derandomize=True,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(data=st.data())
def test_any_small_design_is_analysed_and_what_is_missing_has_a_reason(task, data):
    design = data.draw(designs(task))
    folder = Path(tempfile.mkdtemp(prefix="tricky-design-"))
    try:
        study = design.write(folder / "study")
        try:
            check_report(study, design.analyse)
        except InputError as error:
            assert any(each in str(error) for each in NOTHING_COUNTS), design  # noqa: PT017
            assert not (study / "report").exists()
    finally:
        shutil.rmtree(folder)
