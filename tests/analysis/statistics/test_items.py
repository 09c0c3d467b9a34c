import numpy as np
import pytest

from analysis.data.sessions import read_sessions
from analysis.data.trials import trials_of
from analysis.statistics.items import shrunk, trial_accuracy
from stimuli.records import read_any_set


def test_trials_that_people_got_most_wrong_come_first_with_the_item_that_was_harder(study):
    study.write_session("01", {"trial-004": False, "trial-005": False, "trial-006": None})
    study.write_session("02", {"trial-004": False})
    stimulus_set = read_any_set(study.root / "stimuli" / "main")
    table = trial_accuracy(read_sessions(study.data), trials_of(stimulus_set))
    assert table["trial_id"].tolist()[:2] == ["trial-004", "trial-005"]
    assert table["accuracy"].tolist()[:3] == pytest.approx([0, 0.5, 1])
    assert table["harder_item"].tolist()[:2] == [study.harder["trial-004"], study.harder["trial-005"]]
    assert (table["harder_item"] != table["easier_item"]).all()
    assert table.loc[table["trial_id"] == "trial-006", ["n_answers", "n_correct"]].to_numpy().tolist() == [
        [1, 1]
    ]


def test_accuracies_are_shrunk_by_as_much_as_the_beta_that_they_come_from_says():
    rng = np.random.default_rng(9)
    a, b, n = 6.0, 2.0, np.repeat([4, 12], 3000)
    k = rng.binomial(n, rng.beta(a, b, len(n)))
    assert shrunk(k, n) == pytest.approx((a + k) / (a + b + n), abs=0.02)


def test_items_that_differ_no_more_than_chance_has_it_share_one_accuracy():
    n = np.full(500, 10)
    k = np.tile([8, 7, 9, 8, 8], 100)  # less spread than the binomial's
    assert np.ptp(shrunk(k, n)) == 0
    assert shrunk(np.array([5, 5]), np.array([5, 5])).tolist() == [1, 1]
