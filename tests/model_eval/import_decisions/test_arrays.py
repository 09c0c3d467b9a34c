import numpy as np
import pytest
from made_up_images import study_images

from model_eval.import_decisions.import_decisions import Target, import_means
from model_eval.settings import ImageSettings, ImportDecisionsSettings
from tricky.core.errors import InputError

RIGHT = np.array([[1, 0, 1, 1], [0, 0, 1, 0], [1, 1, 1, 0]])


@pytest.mark.parametrize("dtype", [bool, np.int8, np.int64, np.float32])
def test_zeros_and_ones_say_whether_a_model_is_right(tmp_path, run, dtype):
    np.save(tmp_path / "right.npy", RIGHT.astype(dtype))
    found = run("right.npy", rows="models")
    assert found.models == ("right-1", "right-2", "right-3")
    assert found.images["image_id"].tolist() == ["0", "1", "2", "3"]
    assert found.correct.astype(int).tolist() == RIGHT.tolist()


def test_images_by_models_is_turned_round_by_the_number_of_images_or_models(tmp_path, write, run):
    np.save(tmp_path / "right.npy", RIGHT.T)
    write("order.txt", "d\na\nc\nb\n")
    found = run("right.npy", images="order.txt")
    assert found.images["image_id"].tolist() == ["a", "b", "c", "d"]
    assert found.correct.astype(int).tolist() == RIGHT[:, [1, 3, 2, 0]].tolist()
    write("models.txt", "x\ny\nz\n")
    found = run("right.npy", models="models.txt", replace=True)
    assert found.models == ("x", "y", "z")
    assert found.correct.astype(int).tolist() == RIGHT.tolist()


def test_a_shape_that_fits_both_ways_is_an_error(tmp_path, write, run):
    np.save(tmp_path / "square.npy", np.eye(3, dtype=int))
    write("order.txt", "a\nb\nc\n")
    for settings in ({}, {"images": "order.txt"}):
        with pytest.raises(InputError, match="could be models × images or images × models; say which with"):
            run("square.npy", **settings)
    assert run("square.npy", images="order.txt", rows="images").correct.sum() == 3


def test_other_whole_numbers_are_predicted_classes_and_need_labels(tmp_path, run):
    np.save(tmp_path / "predicted.npy", np.array([[3, 1, -1], [3, 2, 0]]))
    with pytest.raises(InputError, match="nothing says whether model 'predicted-1' is right"):
        run("predicted.npy", rows="models")
    np.save(tmp_path / "labels.npy", np.array([3, 2, 0]))
    found = run("predicted.npy", rows="models", labels="labels.npy")
    assert found.correct.tolist() == [[True, False, False], [True, True, True]]
    assert found.seen.tolist() == [[True, True, False], [True, True, True]]


def test_text_is_a_predicted_class_and_a_missing_number_an_image_not_seen(tmp_path, write, run):
    np.save(tmp_path / "names.npy", np.array([["cat", "dog"]]))
    write("labels.txt", "cat\ncat\n")
    assert run("names.npy", rows="models", labels="labels.txt").correct.tolist() == [[True, False]]
    np.save(tmp_path / "gaps.npy", np.array([[1, np.nan, 0]]))
    assert run("gaps.npy", rows="models", replace=True).seen.tolist() == [[True, False, True]]


def test_two_classes_may_be_numbered_zero_and_one(tmp_path, run):
    np.save(tmp_path / "predicted.npy", np.array([[1, 0, 1]]))
    np.save(tmp_path / "labels.npy", np.array([1, 1, 1]))
    with pytest.raises(InputError, match="could be classes or truths; say which with `--predictions index`"):
        run("predicted.npy", rows="models", labels="labels.npy")
    found = run("predicted.npy", rows="models", labels="labels.npy", predictions="index")
    assert found.correct.tolist() == [[True, False, True]]


@pytest.mark.parametrize(
    ("array", "said"),
    [
        (np.array([[0.25, 0.5]]), "numbers that are no whole ones; .*`--n-models`"),
        (np.zeros((2, 2, 2)), "expected two axes, models and images"),
        (np.zeros((0, 3)), r"an array of float64 of shape \(0, 3\)"),
        (np.array([{}, {}]), "not readable as an array"),
    ],
)
def test_another_array_is_an_error(tmp_path, run, array, said):
    np.save(tmp_path / "odd.npy", array, allow_pickle=True)
    with pytest.raises(InputError, match=said):
        run("odd.npy", rows="models")


def test_images_that_are_files_need_a_stated_order(tmp_path, run):
    study = study_images(["b/2.png", "a/1.png"], ["b", "a"])
    np.save(tmp_path / "right.npy", np.array([[True, False]]))
    with pytest.raises(InputError, match=r"does not name its images; give their order with `--images FILE`"):
        run("right.npy", rows="models", study=study)
    found = run("right.npy", rows="models", images="sorted", study=study)
    assert found.images["image_id"].tolist() == ["a/1.png", "b/2.png"]
    assert found.predictions.tolist() == [[0, -1]]


def means(tmp_path, values, n_models: int, **settings) -> str:
    np.save(tmp_path / "mean.npy", np.asarray(values))
    given = ImportDecisionsSettings.model_validate(settings)
    target = Target(tmp_path, tmp_path / "decisions", ImageSettings(source="none"), given)
    return import_means(tmp_path / "mean.npy", n_models, given, target, None).read_text(encoding="utf-8")


def test_means_over_models_become_a_table_of_counts(tmp_path):
    assert (
        means(tmp_path, np.array([0, 1 / 11, 1], dtype=np.float32), 11)
        == "image_id,n_correct,n_models\n0,0,11\n1,1,11\n2,11,11\n"
    )
    assert not (tmp_path / "decisions").exists()
    with pytest.raises(InputError, match="is there already"):
        means(tmp_path, [0.5], 2)


def test_a_share_of_another_number_of_models_is_an_error(tmp_path):
    with pytest.raises(InputError, match=r"0.5, at place 1, is no share of 11 models; correct `--n-models`"):
        means(tmp_path, [1, 0.5], 11)
    with pytest.raises(InputError, match="expected one share from 0 to 1 for each image"):
        means(tmp_path, [1.5], 2)
