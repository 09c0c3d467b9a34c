import pytest

from analysis.data.sessions import read_sessions
from analysis.data.trials import Label, trials_of
from stimuli.records import read_any_set
from tricky.core.errors import InputError


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
