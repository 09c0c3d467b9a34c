from __future__ import annotations

from collections import Counter
from dataclasses import replace

import pytest
from made_up import set_manifest

from experiment.data.columns import table_of
from experiment.records import Choice, Response, Timing
from experiment.screen.texts import read_texts
from experiment.session.plan import schedule
from experiment.settings import ExperimentSettings, PresentationSettings
from experiment.tasks import task_of
from experiment.tasks.single import rotated
from tricky.core.errors import InputError

SETTINGS = ExperimentSettings()


def keys(ask) -> dict[str, str]:
    return {option.key: option.value for option in ask.options}


def test_the_left_key_means_the_left_image_for_everyone(small_set):
    for who in ("01", "02", "anna"):
        assert keys(task_of(small_set, SETTINGS, who).asks[0]) == {"left": "left", "right": "right"}


def test_which_key_names_which_group_takes_turns_over_observers(single_set):
    assert keys(task_of(single_set, SETTINGS, "01").asks[0]) == {"left": "trivial", "right": "impossible"}
    assert keys(task_of(single_set, SETTINGS, "02").asks[0]) == {"left": "impossible", "right": "trivial"}
    lefts = Counter(keys(task_of(single_set, SETTINGS, f"{n:02d}").asks[0])["left"] for n in range(1, 42))
    assert lefts == {"trivial": 21, "impossible": 20}


def test_observers_without_a_number_are_shared_out_by_chance():
    letters = "abcdefghijklmnopqrst"
    first = Counter(rotated(("x", "y"), a + b)[0] for a in letters for b in letters)
    assert abs(first["x"] - 200) < 4 * 10  # 400 fair coins


def test_groups_are_called_by_their_names_in_the_language(single_set):
    task = task_of(single_set, SETTINGS, "01", read_texts("de", "single").wording)
    assert [option.label for option in task.asks[0].options] == ["leicht", "schwer"]


def test_the_right_answer_to_a_single_image_is_its_group(single_set):
    for trial in schedule(single_set, "01"):
        assert trial.right_answer == single_set.items[trial.items[0]].difficulty


def test_a_rating_asks_the_questions_of_its_set_and_has_no_right_answer(rating_set):
    task = task_of(rating_set, SETTINGS, "01")
    assert [ask.name for ask in task.asks] == ["clear", "odd"]
    assert keys(task.asks[0]) == {"1": "not at all", "2": "somewhat", "3": "very"}
    assert {trial.right_answer for trial in schedule(rating_set, "01")} == {None}


def test_confidence_is_asked_last_with_its_ends_named(small_set):
    task = task_of(small_set, ExperimentSettings(confidence_levels=4), "01", read_texts().wording)
    assert [option.label for option in task.asks[-1].options] == ["guessed", "", "", "certain"]
    assert task.asks[-1].values == ("1", "2", "3", "4")


def test_only_the_first_question_has_a_deadline(small_set):
    shown = PresentationSettings(deadline_s=2.0, answer_from_s=0.1)
    first, last = task_of(small_set, ExperimentSettings(confidence_levels=2, presentation=shown), "01").asks
    assert (first.from_s, first.deadline_s) == (0.1, 2.0)
    assert (last.from_s, last.deadline_s) == (0.0, float("inf"))


def test_more_answers_than_keys_are_refused(rating_set):
    with pytest.raises(InputError, match=r"clear: 3 answers, but only 2 \[experiment\] answer_keys"):
        task_of(rating_set, ExperimentSettings(answer_keys=("1", "2")), "01")


def test_each_task_has_a_table_of_its_own(small_set, single_set, rating_set):
    settings = ExperimentSettings(confidence_levels=3, presentation=PresentationSettings(image_frames=6))
    common = ["response_time", "onset", "correct"]
    further = ["confidence", "confidence_time", "image_frames", "image_duration"]
    names = {}
    for made in (small_set, single_set, rating_set):
        columns = [column.name for column in table_of(task_of(made, settings, "01")).columns]
        assert columns[:3] == ["trial_index", "block", "trial_id"]
        assert columns[-4:] == further
        names[made.task] = columns
    assert names["2afc"][3:10] == ["left_item", "right_item", "response", "response_item", *common]
    assert names["single"][3:8] == ["item", "response", *common]
    assert names["rating"][3:7] == ["item", "clear", *common[:2]]
    assert "correct" not in names["rating"]
    assert names["rating"][-6:-4] == ["odd", "odd_time"]


def test_a_row_contains_every_answer_and_the_measured_presentation(rating_set):
    settings = ExperimentSettings(presentation=PresentationSettings(image_frames=6))
    table, trial = table_of(task_of(rating_set, settings, "01")), schedule(rating_set, "01")[3]
    timing = Timing(image_frames=6, image_duration_s=0.1001)
    response = Response(trial, Choice("very", 0.9), 12.0, timing, further=(Choice("no", 0.4),))
    row = dict(zip(table.header.split(), table.row_of(response).rstrip("\n").split("\t"), strict=True))
    assert row | {"clear": "very", "odd": "no", "odd_time": "0.400000"} == row
    assert (row["image_frames"], row["image_duration"]) == ("6", "0.100100")
    table.check(row)
    assert table.end_s(row) == pytest.approx(13.3)
    with pytest.raises(ValueError, match="odd is 'perhaps'"):
        table.check(row | {"odd": "perhaps"})


def test_a_question_named_like_another_column_is_refused(rating_set):
    content = rating_set.manifest.model_dump(mode="json", exclude_unset=True)
    stimuli = content["settings"]["stimuli"]
    stimuli["questions"] = [stimuli["questions"][0] | {"name": "onset"}]
    renamed = replace(rating_set, manifest=set_manifest(**content))
    with pytest.raises(InputError, match="'onset', as another column"):
        table_of(task_of(renamed, SETTINGS, "01"))
