"""Whether a number is an index or a name is stated, or makes no difference; it is never guessed."""

import pytest
from made_up_images import study_images

from tricky.core.errors import InputError


def table(write, predicted, labels=None) -> None:
    rows = [
        f"{place},{each}" + ("" if labels is None else f",{labels[place]}")
        for place, each in enumerate(predicted)
    ]
    write("net.csv", "\n".join(["image,prediction" + ("" if labels is None else ",label"), *rows]) + "\n")


def test_two_columns_of_numbers_have_the_same_meaning(write, run):
    table(write, [0, 12, 3], [0, 2, 3])
    found = run("net.csv")
    assert found.correct.tolist() == [[True, False, True]]
    assert found.images["class_name"].tolist() == ["00", "02", "03"]


def test_numbers_that_pandas_wrote_with_a_point_are_indices(write, run):
    table(write, ["0.0", "2.0"], ["0", "1"])
    assert run("net.csv").predictions.tolist() == [[0, 2]]


def test_digits_of_the_study_s_images_are_the_same_as_names_and_as_indices(write, run):
    write("net.csv", "image,prediction\na,0\nb,1\nc,1\n")
    found = run("net.csv", study=study_images(["a", "b", "c"], ["0", "1", "0"]))
    assert found.correct.tolist() == [[True, True, False]]


def test_classes_named_by_numbers_from_one_must_be_told_from_indices(write, run):
    write("net.csv", "image,prediction\na,1\nb,1\n")
    study = study_images(["a", "b"], ["1", "2"])
    with pytest.raises(
        InputError, match=r"`--classes images` .*or, if the numbers are names, `--predictions name`"
    ):
        run("net.csv", study=study)
    assert run("net.csv", study=study, predictions="name").correct.tolist() == [[True, False]]
    found = run("net.csv", study=study, classes="images", predictions="index", replace=True)
    assert found.correct.tolist() == [[False, True]]  # index 1 is the second class, called 2


def test_indices_are_named_by_the_classes_of_the_images_only_if_the_user_says_so(write, run):
    write("net.csv", "image,prediction\na,0\nb,0\n")
    study = study_images(["a", "b"], ["cat", "dog"])
    with pytest.raises(InputError, match=r"predictions are numbers .*labels of folder:photographs are names"):
        run("net.csv", study=study)
    assert run("net.csv", study=study, classes="images").correct.tolist() == [[True, False]]


def test_a_file_names_the_classes_of_indices(write, run):
    write("classes.txt", "dog\ncat\n")
    table(write, [1, 0], ["cat", "cat"])
    assert run("net.csv", classes="classes.txt").correct.tolist() == [[True, False]]
    table(write, [1, 5], ["cat", "cat"])
    with pytest.raises(
        InputError, match=r"class '5' has no name: classes.txt names the 2 classes from 0 to 1"
    ):
        run("net.csv", classes="classes.txt", replace=True)
    write("classes.txt", "dog\ndog\n")
    with pytest.raises(InputError, match="line 2: 'dog' is there twice"):
        run("net.csv", classes="classes.txt", replace=True)


def test_names_and_numbered_labels_meet_through_a_file(write, run):
    table(write, ["cat", "dog"], [1, 1])
    with pytest.raises(InputError, match=r"predictions are names .*labels of the source are numbers"):
        run("net.csv")
    write("classes.txt", "dog\ncat\n")
    assert run("net.csv", classes="classes.txt").correct.tolist() == [[True, False]]


@pytest.mark.parametrize(
    ("predicted", "labels", "settings", "said"),
    [
        (["Cat"], ["cat"], {}, "no prediction is a class of the images: predictions are named like 'Cat'"),
        (["cat"], ["cat"], {"classes": "imagenet-1k"}, "`classes` says what indices mean"),
        (["cat"], ["cat"], {"predictions": "index"}, "'cat' is no index of a class"),
        (["1234567"], ["1"], {}, "expected indices of classes below 1,000,000"),
        ([1], [1], {"classes": "images"}, "only where the labels are those of the study"),
    ],
)
def test_what_contradicts_itself_is_an_error(write, run, predicted, labels, settings, said):
    table(write, predicted, labels)
    with pytest.raises(InputError, match=said):
        run("net.csv", **settings)


def test_classes_that_are_only_predicted_come_after_those_of_the_images(write, run):
    table(write, ["zebra", "ant", "dog"], ["cat", "dog", "dog"])
    found = run("net.csv")
    assert found.images["label"].tolist() == [0, 1, 1]  # cat, dog
    assert found.predictions.tolist() == [[3, 2, 1]]  # ant is 2, zebra 3
