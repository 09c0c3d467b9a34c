from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from model_eval.label_evidence.cifar10h import read_counts, read_trials
from tricky.core.errors import InputError

WHERE = "cifar10h ([label] reassessed)"
BEFORE = "annotator_id,trial_index,is_attn_check,true_category,chosen_category,true_label,chosen_label"
AFTER = "image_filename,subcategory,reaction_time,time_elapsed"


def counts() -> np.ndarray:
    """Return 50 answers for each image, all of them its label, but for images 0 to 2."""
    found = 50 * np.eye(10, dtype=int)[np.arange(10_000) % 10]
    found[:3] = 0
    found[0, [0, 5]] = 25  # two answers, each of half of the people
    found[1, [1, 9]] = 10, 40  # the label: a fifth of the people
    found[2, [2, 4]] = 40, 10
    return found


def test_what_people_saw_gives_answers_reasons_and_covariates(cifar: pd.DataFrame, tmp_path: Path) -> None:
    np.save(tmp_path / "c.npy", counts())
    found = read_counts(tmp_path / "c.npy", cifar, WHERE)
    assert found.counts() == {"n_entries": 10_000, "n_matched": 10_000}
    assert [found.reasons[f"{place:04d}"] for place in range(4)] == [
        *("ambiguous", "wrong label", "truly hard", "truly hard")
    ]
    assert found.errors == {"0001"}
    two, fifth = np.log(2), -0.8 * np.log(0.8) - 0.2 * np.log(0.2)  # entropies in nats
    np.testing.assert_allclose(found.columns["human_entropy"][:4], [two, fifth, fifth, 0], atol=1e-12)
    np.testing.assert_allclose(found.columns["human_share_label"][:4], [0.5, 0.2, 0.8, 1])
    assert set(found.columns["human_n"]) == {50}


def test_a_part_of_the_test_set_is_found_by_its_places(cifar: pd.DataFrame, tmp_path: Path) -> None:
    np.save(tmp_path / "c.npy", counts())
    found = read_counts(tmp_path / "c.npy", cifar.iloc[[1, 9_999]], WHERE)
    assert found.counts() == {"n_entries": 10_000, "n_matched": 2}
    assert found.reasons == {"0001": "wrong label", "9999": "truly hard"}


def test_counts_for_other_images_are_refused(cifar: pd.DataFrame, tmp_path: Path) -> None:
    path = tmp_path / "c.npy"
    np.save(path, counts())
    with pytest.raises(InputError, match="label of only 10% of the images; expected images of CIFAR-10's"):
        read_counts(path, cifar.assign(label=3), WHERE)
    with pytest.raises(InputError, match="about 10 classes, but labels run from 0 to 100"):
        read_counts(path, cifar.assign(label=lambda table: table["label"].replace(5, 100)), WHERE)
    np.save(path, counts() / 50)
    with pytest.raises(InputError, match=r"float64 of shape \(10000, 10\), expected whole numbers of shape"):
        read_counts(path, cifar, WHERE)


def trials(path: Path, *rows: str, place: str = "cifar10_test_test_idx") -> Path:
    """Write answers in the form of cifar10h-raw.csv: place, check, true, chosen, time in ms."""
    lines = [f"{BEFORE},correct_guess,{place},{AFTER}"]
    for number, row in enumerate(rows):
        index, check, true, chosen, time = row.split()
        lines.append(f"7,{number},{check},a,b,{true},{chosen},0,{index},x_s_1.png,x,{time},1")
    path.write_text("\n".join(lines) + "\n")
    return path


@pytest.mark.parametrize("place", ["cifar10_test_test_idx", "cifar10_test_set_idx"])
def test_single_answers_are_counted_without_attention_checks(
    place: str, cifar: pd.DataFrame, tmp_path: Path
) -> None:
    rows = ("3 0 3 3 900", "3 0 3 5 1500", "3 0 3 3 1100.5", "-99999 1 1 1 5", "14 0 4 4 800")
    found = read_trials(trials(tmp_path / "raw.csv", *rows, place=place), cifar, WHERE)
    assert found.counts() == {"n_entries": 2, "n_matched": 2}
    assert found.columns.index.tolist() == ["0003", "0014"]
    np.testing.assert_allclose(found.columns["human_share_label"], [2 / 3, 1])
    np.testing.assert_allclose(found.columns["human_response_time_s"], [1.1005, 0.8])
    assert found.columns["human_n"].tolist() == [3, 1]


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        (["3 0 3 10 1"], "line 2, column chosen_label: '10', expected a whole number from 0 to 9"),
        (["3 0 3 3 1", "3 0 4 3 1"], "image 3 has two labels"),
        (["-99999 1 3 3 1"], "no trial, or a trial of no image, that is no attention check"),
        (["3 0 4 3 1"], "says that image 0003 is of class 4, but its label here is 3"),
    ],
)
def test_answers_that_contradict_are_refused(
    rows: list[str], said: str, cifar: pd.DataFrame, tmp_path: Path
) -> None:
    with pytest.raises(InputError, match=said):
        read_trials(trials(tmp_path / "raw.csv", *rows), cifar, WHERE)
