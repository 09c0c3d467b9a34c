import numpy as np
import pandas as pd
import pytest

from model_eval.decisions import read_rows
from tricky.core.errors import InputError

LONG = """image,model,prediction,label,probability
b.png,net,cat,cat,0.75
a.png,net,dog,cat,0.5
a.png,other net,cat,cat,0.25
b.png,other net,cat,cat,
"""


def test_each_model_of_a_long_table_has_its_decisions_sorted_by_image(tmp_path, write, run):
    write("long.csv", LONG)
    found = run("long.csv")
    assert found.models == ("net", "other-net")
    assert found.images["image_id"].tolist() == ["a.png", "b.png"]
    assert found.images["class_name"].tolist() == ["cat", "cat"]
    assert found.predictions.tolist() == [[1, 0], [0, 0]]  # cat is a class of images, dog is only predicted
    assert found.correct.tolist() == [[False, True], [True, True]]
    rows = read_rows(tmp_path / "decisions/net.parquet", ["p_prediction", "p_label", "margin"])
    assert rows["p_prediction"].tolist() == [0.5, 0.75]
    assert rows["p_label"].isna().tolist() == [True, False]  # of a wrong answer, it is not known
    assert rows["margin"].isna().all()


def test_correctness_alone_leaves_the_predicted_class_unknown(tmp_path, write, run):
    write("long.tsv", "image\tmodel\tcorrect\na\tnet\ttrue\nb\tnet\tFALSE\na\told\t0\nb\told\t1\n")
    found = run("long.tsv")
    assert found.correct.tolist() == [[True, False], [False, True]]
    assert found.seen.all()
    assert (found.predictions == -1).all()
    assert found.images["label"].tolist() == [-1, -1]
    assert found.near_ties is None
    stored = pd.read_parquet(tmp_path / "decisions/net.parquet")
    assert stored["prediction"].isna().all()
    assert stored["label_rank"].isna().tolist() == [False, True]


def test_with_labels_a_right_answer_is_the_label_and_a_wrong_one_stays_unknown(write, run):
    write("right.csv", "image,model,correct\na,net,1\nb,net,0\n")
    write("labels.csv", "image,label\na,cat\nb,dog\n")
    found = run("right.csv", labels="labels.csv")
    assert found.predictions.tolist() == [[0, -1]]
    assert found.complete.tolist() == [True, False]


def test_right_answers_tell_the_label_where_nothing_else_does(write, run):
    write("long.csv", "image,model,prediction,correct\na,x,cat,true\na,y,dog,false\nb,x,cat,false\n")
    found = run("long.csv")
    assert found.images[["label", "class_name"]].to_numpy().tolist() == [[0, "cat"], [-1, ""]]
    assert found.correct.tolist() == [[True, False], [False, False]]
    assert found.seen.tolist() == [[True, True], [True, False]]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("image,model,prediction,label\na,,cat,cat\n", "no model in row 1"),
        ("image,model,prediction,label\n,net,cat,cat\n", "row 1: no image"),
        (
            "image,model,prediction,label\na,net,cat,cat\na,net,dog,cat\n",
            "'a' occurs 2 times for model 'net'",
        ),
        ("image,model,prediction,label\na,net,cat,cat\na,old,cat,dog\n", "which has the label 'cat'"),
        ("image,model,correct\na,net,maybe\n", "column correct: 'maybe', expected true or false"),
        ("image,model,prediction,label,prob\na,net,cat,cat,7\n", "expected numbers from 0 to 1, found 7"),
        ("image,model,prediction,label,prob\na,net,cat,cat,much\n", "column prob: expected numbers"),
        ("image,model,prediction\na,net,cat\n", "nothing says whether model 'net' is right about 1 images"),
        (
            "image,model,prediction,correct,label\na,net,cat,1,dog\nb,net,cat,1,cat\n",
            "is said to be right about 'a'",
        ),
        (
            "image,model,prediction,correct\na,x,cat,1\na,y,dog,1\n",
            "two models are said to be right about 'a'",
        ),
        ("image;model;prediction\na;net;cat\n", "separated by semicolons"),
        ("image,model,prediction,label\na,net,cat\n", "line 2: 3 cells, where the header has 4"),
        ("image,model,prediction,label\n", "no rows"),
        ("image,model,image,label\na,net,cat,cat\n", "two columns are called 'image'"),
        ("image,model,prediction,label\na,...,cat,cat\n", "model '...': expected a name for files"),
        ("image,model,prediction,label\na,x y,cat,cat\na,x-y,cat,cat\n", "would both be called"),
        ("image,model,prediction,label\na,net,n/a,cat\n", "model 'net' has no answer to any image"),
    ],
)
def test_what_would_have_to_be_guessed_is_an_error_in_one_line(tmp_path, write, run, text, said):
    write("long.csv", text)
    with pytest.raises(InputError, match=said) as raised:
        run("long.csv")
    assert len(str(raised.value).splitlines()) == 1
    assert [path.name for path in tmp_path.iterdir()] == ["long.csv"]  # nothing half-written


def test_byte_order_mark_line_ends_and_spaces_do_not_matter(write, run):
    plain = "image,model,prediction,label\na,net,cat,cat\nb,net,dog,cat\n"
    write("plain.csv", plain)
    write("odd.csv", "\ufeff" + plain.replace(",", " , ").replace("\n", "\r\n"))
    one, other = run("plain.csv"), run("odd.csv", replace=True)
    assert one.images["image_id"].tolist() == other.images["image_id"].tolist()
    assert (one.models, one.predictions.tolist()) == (other.models, other.predictions.tolist())


def test_names_of_images_are_compared_in_composed_form(write, run):
    write("a.csv", "image,model,prediction,label\ncafe\u0301.png,net,cat,cat\n")
    write("b.csv", "image,model,prediction,label\ncaf\u00e9.png,old,cat,cat\n")
    assert run("a.csv", "b.csv").seen.tolist() == [[True], [True]]


def test_columns_are_found_by_the_names_that_the_user_gives(write, run):
    write("odd.csv", "Bild,Netz,Antwort,Klasse\na,net,cat,cat\nb,net,dog,cat\n")
    columns = {"image": "Bild", "model": "Netz", "prediction": "Antwort", "label": "Klasse"}
    assert run("odd.csv", columns=columns).correct.tolist() == [[True, False]]


def test_a_model_in_several_files_has_the_answers_of_all(write, run):
    header = "image,model,prediction,label,prob\n"
    write("one.csv", f"{header}a,net,cat,cat,0.5\n")
    write("two.csv", f"{header}b,net,dog,cat,0.25\n")
    write("three.csv", f"{header}a,net,cat,cat,0.5\n")
    write("four.csv", "image,model,prediction,label\nc,net,dog,cat\n")
    found = run("one.csv", "two.csv")
    assert found.correct.tolist() == [[True, False]]
    with pytest.raises(InputError, match=r"image 'a' of model 'net' is in .*one.csv, too"):
        run("one.csv", "three.csv", replace=True)
    with pytest.raises(InputError, match=r"four.csv: no column 'prob'; its columns are image, model"):
        run("one.csv", "four.csv", replace=True)


def test_the_reader_of_other_programs_reads_what_is_written(tmp_path, write, run):
    write("long.csv", LONG)
    run("long.csv")
    stored = pd.read_parquet(tmp_path / "decisions/other-net.parquet")
    assert stored["prediction"].dtype == "Int32"
    assert stored["epoch"].isna().all()
    assert np.asarray(stored["label"]).tolist() == [0, 0]
