import numpy as np
import pandas as pd
import pytest
from reports import report, text_of

from analysis.data.sessions import read_sessions
from analysis.data.trials import Label, trials_of
from analysis.report.sections import population
from analysis.report.sections.other_labels import compare_labels
from analysis.statistics.estimate import NoResult
from stimuli.records import read_any_set


def accuracy_of(results):
    return results.report.of(population.compute).accuracy


def test_pairs_are_counted_by_how_they_change_and_the_answers_scored_again(study):
    main = [trial for trial in study.trials if trial["block"] == "main"]
    study.write_session("01", {main[0]["trial_id"]: False})
    study.write_session("02")
    stimulus_set = read_any_set(study.root / "stimuli" / "main")
    own = trials_of(stimulus_set)
    labels = {
        item.image_id: Label(item.n_correct, item.n_models, item.difficulty)
        for item in stimulus_set.items.values()
    }

    def image(trial, which):
        return stimulus_set.items[str(own.loc[trial["trial_id"], f"{which}_item"])].image_id

    reversed_pair, equal, gone = main[0], main[1], main[2]
    hard, easy = image(reversed_pair, "harder"), image(reversed_pair, "easier")
    labels[hard], labels[easy] = labels[easy], labels[hard]
    labels[image(equal, "harder")] = labels[image(equal, "easier")]
    del labels[image(gone, "easier")]
    new = trials_of(stimulus_set, labels)
    sessions = read_sessions(study.data, study.root / "stimuli" / "main").query("scored")
    change = compare_labels(sessions, own, new, 0.95)
    n = len(main)
    assert (change.n_trials, change.n_same, change.n_changed) == (n, n - 3, 1)
    assert (change.n_lost, change.n_gained, change.n_left) == (1, 0, 1)
    # Two observers: of the reversed pair, the one wrong answer is right now, and the right one wrong.
    assert not isinstance(change.before, NoResult)
    assert change.before.estimate == pytest.approx((2 * n - 1) / (2 * n))
    assert change.after.estimate == pytest.approx((2 * (n - 2) - 1) / (2 * (n - 2)))
    assert change.change.estimate == pytest.approx(0)
    assert change.change.n_trials == 2 * (n - 2)
    assert change.change.low < 0 < change.change.high


@pytest.mark.usefixtures("blank_figures")
def test_a_report_under_other_labels_says_what_they_change(study):
    study.write_observers(3)
    before = report(study.root)
    table = pd.read_parquet(study.root / "difficulty" / "difficulty.parquet")
    newer = type(study)(study.root / "newer")
    newer.write_difficulty(table, 5 - table["n_correct"].to_numpy(), np.full(len(table), -1), {}, "drawn")
    after = report(study.root, labels=newer.root / "difficulty")
    # Every order is reversed, so right is wrong and wrong is right.
    assert accuracy_of(after).estimate == pytest.approx(1 - accuracy_of(before).estimate)
    assert after.content["other_labels"]["n_changed"] == 20
    assert "20 have it reversed" in text_of(after)
    assert "newer/difficulty/difficulty.json" in after.content["made_from"]
