import numpy as np
import pandas as pd
import pytest

from analysis.report.consistency_scores import FEWEST_PERMUTATIONS, n_permutations_for, score_consistency
from analysis.report.pairs import side_preference
from analysis.report.people_scores import score_observers, score_population
from analysis.statistics.accuracy import population_accuracy
from analysis.statistics.contrasts import Contrast
from analysis.statistics.error_consistency import error_consistency, summarise_pairs


def answers_of(right, *, seed=3):
    """Rows of sessions with these answers, each observer in an order of its own, the rows shuffled."""
    rng = np.random.default_rng(seed)
    n_observers, n_items = right.shape
    rows = [
        {
            "session_key": observer,
            "participant": f"{observer:02d}",
            "trial_index": place,
            "trial_id": f"trial-{item:03d}",
            "response": ["left", "right"][(item % 2) ^ int(not right[observer, item])],
            "response_time": (0.5 if right[observer, item] else 1.0) * rng.uniform(0.99, 1.01),
            "correct": bool(right[observer, item]),
            "repeats": None,
        }
        for observer in range(n_observers)
        for place, item in enumerate(rng.permutation(n_items))
    ]
    return pd.DataFrame(rows).sample(frac=1, random_state=seed).reset_index(drop=True)


def test_each_observers_side_halves_and_times_are_those_of_its_own_answers():
    right = np.ones((3, 40), dtype=bool)
    right[1, 1::2] = False  # where the right image was on the right: this one always says left
    sessions = answers_of(right)
    late = (sessions["participant"] == "02") & (sessions["trial_index"] >= 20)
    sessions.loc[late, "correct"] = False
    sessions.loc[late, "response"] = sessions.loc[late, "response"].map({"left": "right", "right": "left"})
    found = score_observers(
        sessions, sessions, pd.Index(["02", "00", "01"]), side_preference(sessions, None, 0.95), 0.95
    )
    table = found.table
    assert list(table.index) == ["02", "00", "01"]
    assert table["side_bias"]["01"] == 1
    assert table["side_bias"]["00"] == 0
    assert table["criterion"]["01"] < -1
    assert table["half_change"]["00"] == 0
    halves = table[["first_half", "second_half", "half_change"]]
    assert [halves[name]["02"] for name in halves] == [1, 0, -1]
    assert table["time_ratio"]["01"] == pytest.approx(2, rel=0.02)
    assert found.calibration is None
    assert "repeat_agreement" not in table


def test_the_populations_halves_are_the_same_as_the_observers():
    rng = np.random.default_rng(5)
    sessions = answers_of(rng.random((6, 41)) < 0.7)
    population = population_accuracy(sessions["correct"], sessions["participant"], sessions["trial_id"])
    beyond = score_population(sessions, population, rng, chance=0.5, published=0.8, n_resamples=500)
    order = pd.Index(sorted(set(sessions["participant"])))
    each = score_observers(sessions, sessions, order, side_preference(sessions, None, 0.95), 0.95).table
    assert isinstance(beyond.halves, Contrast)
    assert beyond.halves.first == pytest.approx(each["first_half"].mean())
    assert beyond.halves.second == pytest.approx(each["second_half"].mean())
    assert beyond.p_chance == population.p_value(0.5)
    assert beyond.bootstrap.low < population.estimate < beyond.bootstrap.high


def test_means_of_error_consistency_are_those_of_the_matrix_and_find_what_is_shared():
    rng = np.random.default_rng(2)
    ease = 2 * rng.standard_normal(120) + 1
    people = (rng.random((8, 120)) < 1 / (1 + np.exp(-ease))).astype(float)
    models = (rng.random((3, 120)) < 0.7).astype(float)
    table = score_consistency(people, models, None, rng, 0.95).set_index("between")
    assert list(table.index) == [
        *("observers", "observers and models", "observers less observers and models", "models")
    ]
    kappa = error_consistency(np.vstack([people, models]) == 1)
    assert table["estimate"]["observers"] == pytest.approx(summarise_pairs(kappa[:8, :8]).mean)
    assert table["estimate"]["observers and models"] == pytest.approx(kappa[:8, 8:].mean())
    difference = table["estimate"]["observers"] - table["estimate"]["observers and models"]
    assert table["estimate"]["observers less observers and models"] == pytest.approx(difference)
    assert table["p_value"]["observers"] < 0.01 < table["p_value"]["observers and models"]
    assert table["low"]["observers less observers and models"] > 0
    assert table["low"]["models"] < 0 < table["high"]["models"]
    assert np.isnan(table["p_value"]["observers less observers and models"])


def test_one_observer_without_models_has_nothing_in_common_with_anyone():
    assert score_consistency(np.ones((1, 9)), np.empty((0, 9)), None, np.random.default_rng(1), 0.95).empty


def test_many_subjects_or_answers_get_fewer_permutations():
    assert n_permutations_for(24, 24 * 60) == 1999
    assert n_permutations_for(200, 200 * 60) == 499
    assert n_permutations_for(1000, 1000 * 60) == FEWEST_PERMUTATIONS
    assert n_permutations_for(11, 11 * 50_000) == FEWEST_PERMUTATIONS
