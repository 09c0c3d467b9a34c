import pytest

from tricky.core.errors import InputError


def results(write, condition: str, number: int, epochs: dict[int, str]) -> None:
    for epoch, text in epochs.items():
        write(f"results/{condition}/NUM{number}/RESULTS_EP{epoch}.csv", text)


def test_the_last_epoch_of_each_model_counts_or_the_one_that_is_asked_for(write, run):
    results(write, "Res18_Base_condition", 0, {0: "5,1\n5,2\n", 9: "1,1\n5,2\n", 10: "1,1\n2,2\n"})
    results(write, "Res18_Base_condition", 1, {9: "3,1\n2,2\n", 10: "1,1\n2,2\n"})
    found = run("results")
    assert found.models == ("Res18_Base_condition-0", "Res18_Base_condition-1")
    assert found.correct.tolist() == [[True, True], [True, True]]
    assert found.images["image_id"].tolist() == ["0", "1"]
    found = run("results", epoch=9, replace=True)
    assert found.correct.tolist() == [[True, False], [False, True]]
    with pytest.raises(InputError, match="Res18_Base_condition-1: no file of epoch 0; there are 9 to 10"):
        run("results", epoch=0, replace=True)


def test_a_header_is_recognised(write, run):
    results(write, "base", 0, {1: "predictions,targets\n1,1\n2,1\n"})
    assert run("results").correct.tolist() == [[True, False]]


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("a/RESULTS_EP1.csv", "1,1,1\n", "3 columns; expected 2, the predicted and the true class"),
        ("a/RESULTS_EP1.csv", "1,1\n1\n", "RESULTS_EP1.csv"),
        ("a/RESULTS_EP1.csv", "", "empty"),
    ],
)
def test_another_layout_is_an_error(write, run, name, text, said):
    write(name, text)
    with pytest.raises(InputError, match=said):
        run("a")


def test_models_with_other_numbers_of_images_are_refused(write, run):
    results(write, "base", 0, {1: "1,1\n2,1\n"})
    results(write, "base", 1, {1: "1,1\n"})
    with pytest.raises(InputError, match="1 answers of model 'base-1', the list of images has 2"):
        run("results")
