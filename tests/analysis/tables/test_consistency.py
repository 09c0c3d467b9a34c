from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import cohen_kappa_score
from trial_tables import crossed_trials

import tricky
from analysis.statistics.consistency_intervals import measure_consistency, pairs_between, pairs_within
from analysis.tables.consistency import analyse_consistency
from tricky.core.errors import InputError


def people_and_models(n_items=60):
    """People who find the same items hard, and models who find others hard; some answers are missing."""
    people = crossed_trials(5, n_items, seed=1).astype({"correct": "boolean"})
    models = crossed_trials(3, n_items + 20, seed=2).rename(columns={"observer": "model"})
    models["model"] = models["model"].str.replace("s", "net")
    people.loc[np.random.default_rng(3).random(len(people)) < 0.1, "correct"] = pd.NA
    return people, models.sample(frac=0.9, random_state=4)


def test_kappa_of_every_pair_is_cohens_over_the_items_that_both_answered():
    people, models = people_and_models()
    found = analyse_consistency(people, models)
    answers = pd.concat([people, models.rename(columns={"model": "observer"})]).dropna()
    answers = answers[answers["item"].isin(people["item"])]
    table = answers.astype({"correct": float}).pivot_table(index="observer", columns="item", values="correct")
    assert len(found.pairs) == 8 * 7 / 2
    for row in found.pairs.to_dict("records"):
        common = table.loc[[row["first"], row["second"]]].dropna(axis=1)
        assert row["n_items"] == common.shape[1]
        assert row["kappa"] == pytest.approx(cohen_kappa_score(*common.to_numpy(int)))
        assert [row["first_accuracy"], row["second_accuracy"]] == pytest.approx(common.mean(axis=1).to_list())
        assert row["low"] < row["kappa"] < row["high"]
    kinds = found.pairs["between"].value_counts().to_dict()
    assert kinds == {"observers": 10, "observers and models": 15, "models": 3}
    of_both = found.pairs.query("between == 'observers and models'")
    assert set(of_both["first"]) == set(people["observer"])
    assert set(of_both["second"]) == set(models["model"])


def test_means_and_the_noise_ceiling_are_those_of_the_pairs_with_intervals_for_other_observers():
    people, models = people_and_models()
    found = analyse_consistency(people, models)
    means = found.means.set_index("between")
    by_kind = found.pairs.groupby("between")["kappa"].mean()
    for kind in by_kind.index:
        assert means["estimate"][kind] == pytest.approx(by_kind[kind])
    assert means["estimate"]["observers minus observers and models"] == pytest.approx(
        by_kind["observers"] - by_kind["observers and models"]
    )
    assert found.noise_ceiling.estimate == means["estimate"]["observers"]
    matrix = (
        people.dropna()
        .astype({"correct": float})
        .pivot_table(index="observer", columns="item", values="correct")
    )
    alone = measure_consistency(
        (matrix == 1).to_numpy(),
        pairs_within(range(5)),
        observed=matrix.notna().to_numpy(),
        new_subjects=[range(5)],
    )
    assert (found.noise_ceiling.low, found.noise_ceiling.high) == (alone.low, alone.high)
    assert means["method"]["observers"] == alone.method


def test_each_model_has_its_mean_kappa_with_people_and_its_accuracy_on_their_items():
    people, models = people_and_models()
    found = analyse_consistency(people, models)
    shown = models[models["item"].isin(people["item"])]
    expected = shown.groupby("model")["correct"].agg(["mean", "size"])
    assert found.models["accuracy"].to_dict() == pytest.approx(expected["mean"].to_dict())
    assert found.models["n_items"].to_dict() == expected["size"].to_dict()
    with_people = found.pairs.query("between == 'observers and models'").groupby("second")["kappa"].mean()
    assert found.models["kappa"].to_dict() == pytest.approx(with_people.to_dict())
    assert (found.models["low"] < found.models["kappa"]).all()


def test_a_model_that_copies_a_person_agrees_as_much_as_was_simulated():
    # A copy of a share q of the answers, and coins of the same accuracy for the rest, has κ = q.
    rng = np.random.default_rng(5)
    right = rng.random(20_000) < 0.7
    copied = np.where(rng.random(20_000) < 0.4, right, rng.random(20_000) < 0.7)
    people = pd.DataFrame({"observer": "p", "item": np.arange(20_000), "correct": right})
    models = pd.DataFrame({"model": "copy", "item": np.arange(20_000), "correct": copied})
    row = analyse_consistency(people, models).pairs.iloc[0]
    assert row["low"] < 0.4 < row["high"]
    assert row["high"] - row["low"] < 0.04


def test_decisions_are_models_whose_items_are_images(study):
    decisions = tricky.read_decisions(study.root / "decisions")
    images = decisions.images["image_id"]
    people = pd.DataFrame(
        [(who, image, (place + who) % 3 > 0) for who in (1, 2) for place, image in enumerate(images[:50])],
        columns=["observer", "item", "correct"],
    )
    found, again, text = (
        analyse_consistency(people, each)
        for each in (decisions, study.root / "decisions", str(study.root / "decisions"))
    )
    pd.testing.assert_frame_equal(found.pairs, again.pairs)
    pd.testing.assert_frame_equal(found.pairs, text.pairs)
    assert found.models.index.to_list() == list(decisions.models)
    right = decisions.correct[:, :50]
    of_models = found.pairs.query("between == 'models'").set_index(["first", "second"])["kappa"]
    first, second = decisions.models[:2]
    assert of_models[first, second] == pytest.approx(cohen_kappa_score(right[0], right[1]), nan_ok=True)


def test_models_alone_are_compared_on_all_their_items_and_people_alone_with_each_other():
    people, models = people_and_models()
    of_models, of_people = analyse_consistency(models=models), analyse_consistency(people)
    assert of_models.pairs["n_items"].min() > 55
    assert set(of_models.means["between"]) == {"models"}
    assert of_models.noise_ceiling.reason == "there are no two observers to compare"
    assert set(of_models.models["reason"]) == {"there are no people to agree with"}
    assert set(of_people.means["between"]) == {"observers"}
    assert of_people.models.empty
    assert len(of_people.pairs) == 10


def test_perfect_observers_and_those_without_a_common_item_have_no_kappa_but_a_reason():
    people, _ = people_and_models()
    first, second = people["item"].unique()[:30], people["item"].unique()[30:]
    perfect = pd.DataFrame({"observer": "perfect", "item": first, "correct": True})
    apart = pd.DataFrame({"observer": "apart", "item": second, "correct": [True, False] * 15})
    found = analyse_consistency(pd.concat([people, perfect, apart]))
    pairs = found.pairs.set_index(["first", "second"])
    assert pairs["reason"]["apart", "perfect"] == "no item in common"
    assert pairs["n_items"]["apart", "perfect"] == 0
    assert pairs["reason"]["perfect", "s00"].startswith("one is right on every common item")
    undefined = pairs[pairs["kappa"].isna()]
    assert undefined[["low", "high"]].isna().all(axis=None)
    assert len(undefined) == found.means["n_undefined"].item() == 6
    assert pairs["reason"].notna().sum() == 6


def test_an_observer_who_never_answered_is_listed_without_kappa():
    people, _ = people_and_models()
    silent = pd.DataFrame({"observer": "silent", "item": people["item"].unique(), "correct": None})
    found = analyse_consistency(pd.concat([people, silent.astype({"correct": "boolean"})]))
    of_silent = found.pairs[found.pairs["second"] == "silent"]
    assert set(of_silent["reason"]) == {"no item in common"}
    assert len(of_silent) == 5


def test_one_person_and_one_model_have_a_pair_and_means_without_new_observers():
    people, models = people_and_models()
    one, net = people.query("observer == 's00'"), models.query("model == 'net01'")
    found = analyse_consistency(one, net)
    assert len(found.pairs) == 1
    assert found.noise_ceiling.reason == "there are no two observers to compare"
    assert found.means["method"].item() == "for these subjects and other items: score interval"


def test_what_cannot_be_compared_is_refused_in_one_line():
    people, models = people_and_models()
    numbered = models.assign(item=range(len(models)))
    with pytest.raises(InputError, match=r"no item in common: people answered 'image000', .* models 0; "):
        analyse_consistency(people, numbered)
    with pytest.raises(InputError, match="neither people nor models are given"):
        analyse_consistency()
    with pytest.raises(InputError, match=r"table of models has no column 'model'; did you mean 'Model'\?"):
        analyse_consistency(people, models.rename(columns={"model": "Model"}))
    with pytest.raises(InputError, match=r"model 'net0\d', item 'image\d+': answered twice"):
        analyse_consistency(people, pd.concat([models, models.iloc[[0]]]))
    with pytest.raises(InputError, match=r"pool\.json"):
        analyse_consistency(people, Path("nowhere"))


def test_a_person_and_a_model_of_the_same_name_stay_apart():
    people, models = people_and_models()
    people["observer"] = people["observer"].replace("s00", "1")
    models["model"] = models["model"].replace("net00", "1")
    found = analyse_consistency(people, models)
    assert len(found.pairs) == 28
    assert len(found.pairs.query("first == '1' and second == '1'")) == 1


def test_pairs_between_people_and_models_are_all_there_in_order():
    people, models = people_and_models()
    found = analyse_consistency(people, models).pairs.query("between == 'observers and models'")
    names = [*sorted(people["observer"].unique()), *sorted(models["model"].unique())]
    expected = [[names[j], names[k]] for j, k in pairs_between(range(5), range(5, 8))]
    assert found[["first", "second"]].to_numpy().tolist() == expected
