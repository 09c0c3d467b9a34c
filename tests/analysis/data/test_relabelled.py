import numpy as np
import pytest

from analysis.data.relabelled import compare_labels
from analysis.data.sessions import read_sessions
from analysis.data.trials import Label, trials_of
from analysis.statistics.estimate import NoResult
from analysis.statistics.means import population_mean
from stimuli.records import read_any_set
from tricky.core.errors import InputError


def test_pairs_are_counted_by_what_becomes_of_them_and_the_answers_scored_anew(study):
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
        return stimulus_set.items[str(own.at[trial["trial_id"], f"{which}_item"])].image_id

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


def test_sessions_joined_with_other_labels_are_scored_by_them(study):
    study.write_session("01")
    everything = read_sessions(study.data, study.root / "stimuli" / "main", study.root / "difficulty")
    assert everything["correct"].all()
    assert everything.loc[everything["scored"], "gap"].gt(0).all()
    with pytest.raises(InputError, match="name its folder too"):
        read_sessions(study.data, labels=study.root / "difficulty")


def test_shares_decide_where_pools_differ_in_size(study):
    study.write_session("01")
    stimulus_set = read_any_set(study.root / "stimuli" / "main")
    trial = stimulus_set.trials[0]
    a, b = (stimulus_set.items[each].image_id for each in trial.item_ids)
    found = trials_of(stimulus_set, {a: Label(4, 10, "in-between"), b: Label(3, 5, "in-between")})
    assert found.at[trial.trial_id, "harder_item"] == trial.item_ids[0]
    assert found.at[trial.trial_id, "gap"] == pytest.approx(0.2)
    equal = trials_of(stimulus_set, {a: Label(6, 10, "in-between"), b: Label(3, 5, "in-between")})
    assert trial.trial_id in equal.index[equal["harder_item"].isna()]


def test_the_interval_of_a_mean_holds_the_truth_for_new_observers_and_items():
    rng = np.random.default_rng(21)
    held = 0
    observer, item = (index.ravel() for index in np.indices((9, 60)))
    for _ in range(300):
        values = (0.4 * rng.standard_normal((9, 1)) + 0.8 * rng.standard_normal(60)).ravel()
        mean = population_mean(values + rng.standard_normal(540), observer, item, 0.95)
        held += mean.low <= 0 <= mean.high
    assert held / 300 > 0.91  # one standard error is 1.3 points; independent trials would give some 40%
