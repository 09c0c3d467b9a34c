import gzip

import pandas as pd
import pytest

from tricky.core.errors import InputError

IMAGENET_X = "file_name,predicted_class,predicted_probability\nval_1.JPEG,0,0.63\nval_2.JPEG,391,0.36\n"


def test_the_files_of_imagenet_x_are_read_with_labels_from_a_file(write, run):
    write("base/DINO.csv", IMAGENET_X)
    write("base/ViT.csv", IMAGENET_X.replace("391", "1"))
    write("filename_label.csv", "file_name,label\nval_1.JPEG,0\nval_2.JPEG,1\nval_3.JPEG,2\n")
    found = run("base", labels="filename_label.csv")
    assert found.models == ("DINO", "ViT")
    assert found.correct.tolist() == [[True, False], [True, True]]
    assert found.predictions[0].tolist() == [0, 391]
    assert found.images["class_name"].tolist() == ["000", "001"]


def test_indices_meet_names_only_through_a_statement(write, run):
    write("DINO.csv", IMAGENET_X)
    write("labels.csv", "image,label\nval_1.JPEG,n01440764\nval_2.JPEG,n01443537\n")
    with pytest.raises(InputError, match=r"say which class each number is with `--classes FILE`"):
        run("DINO.csv", labels="labels.csv")
    found = run("DINO.csv", labels="labels.csv", classes="imagenet-1k")
    assert found.correct.tolist() == [[True, False]]
    assert found.images["class_name"].tolist() == ["n01440764", "n01443537"]


@pytest.mark.parametrize("suffix", ["csv", "csv.gz", "tsv", "parquet"])
def test_a_table_has_the_same_content_in_every_format(tmp_path, run, suffix):
    table = pd.DataFrame({"image": ["a", "b"], "prediction": [1, 2], "label": [1, 1]})
    path = tmp_path / f"net.{suffix}"
    if suffix == "parquet":
        table.to_parquet(path, index=False)
    elif suffix == "csv.gz":
        path.write_bytes(gzip.compress(table.to_csv(index=False).encode()))
    else:
        table.to_csv(path, index=False, sep="\t" if suffix == "tsv" else ",")
    found = run(path.name)
    assert (found.models, found.correct.tolist()) == (("net",), [[True, False]])


def test_a_model_may_lack_images_and_an_answer_may_be_missing(write, run):
    write("one.csv", "image,prediction,label\na,cat,cat\nb,cat,dog\nc,dog,dog\n")
    write("two.csv", "image,prediction,label\nc,dog,dog\na,n/a,cat\n")
    found = run("one.csv", "two.csv")
    assert found.seen.tolist() == [[True, True, True], [False, False, True]]
    assert found.accuracy.tolist() == [pytest.approx(2 / 3), 1]


def test_a_column_that_only_some_files_have_is_named(write, run):
    write("one.csv", "image,prediction,label\na,cat,cat\n")
    write("two.csv", "file,prediction,label\na,cat,cat\n")
    with pytest.raises(InputError, match=r"two.csv: no column 'image'; its columns are file, prediction"):
        run("one.csv", "two.csv")
