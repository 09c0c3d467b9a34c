import pytest
from made_up_images import study_images

from tricky.core.errors import InputError

ROWS = "image,prediction\n{}\n"


def test_the_study_s_images_give_labels_paths_and_hashes(write, run):
    write("net.csv", "image,prediction\nval/2.png,dog\nval/1.png,dog\n")
    found = run("net.csv", study=study_images(["val/1.png", "val/2.png", "val/3.png"], ["cat", "dog", "dog"]))
    assert found.images["image_id"].tolist() == ["val/1.png", "val/2.png"]
    assert found.images["sha256"].tolist() == [f"{0:064d}", f"{1:064d}"]
    assert found.correct.tolist() == [[False, True]]


def test_the_name_of_the_file_is_enough_if_only_one_image_has_it(write, run):
    study = study_images(["cat/1.png", "dog/2.png"], ["cat", "dog"])
    write("net.csv", "image,prediction\n1.png,cat\n/data/val/2.png,cat\n")
    found = run("net.csv", study=study)
    assert found.images["image_id"].tolist() == ["cat/1.png", "dog/2.png"]
    assert found.correct.tolist() == [[True, False]]
    write("net.csv", "image,prediction\n1.png,cat\n")
    with pytest.raises(InputError, match=r"no image is called '1.png'"):
        run("net.csv", study=study_images(["cat/1.png", "dog/1.png"], ["cat", "dog"]), replace=True)


def test_images_that_the_study_lacks_are_an_error_that_says_what_to_do(write, run):
    write("net.csv", "image,prediction\na,cat\nb,cat\n")
    with pytest.raises(InputError, match=r'2 of 2 entries match no image.*set `source = "none"` there'):
        run("net.csv", study=study_images(["0000", "0001"], ["0", "1"], are_arrays=True))


@pytest.mark.parametrize(
    ("labels", "said"),
    [
        ("image,label\na,cat\n", "no image is called 'b'|1 of 2 entries match no image"),
        ("image,label\na,cat\nb,cat\na,dog\n", "image 'a' has two labels, 'cat' and 'dog'"),
        ("picture,label\na,cat\nb,cat\n", "no column of images; rename one to `image_id`"),
        ("image,what\na,cat\nb,cat\n", "no column of labels; rename one to `label`"),
        ("image,label\na,cat\nb,dog\n", "label 'dog' of image 'b', which has the label 'cat' in the source"),
    ],
)
def test_a_file_of_labels_must_name_every_image_once(write, run, labels, said):
    write("net.csv", "image,prediction,label\na,cat,cat\nb,cat,cat\n")
    write("labels.csv", labels)
    with pytest.raises(InputError, match=said):
        run("net.csv", labels="labels.csv")


@pytest.mark.parametrize(
    ("order", "said"),
    [
        ("a\nb\na\n", "line 1: 'a' is there 2 times"),
        ("a\nb\n", "3 answers of model 'right'"),
        ("\n", "lists nothing"),
    ],
)
def test_a_list_of_images_must_fit_the_array(tmp_path, write, run, order, said):
    import numpy as np

    np.save(tmp_path / "right.npy", np.ones(3, dtype=bool))
    write("order.txt", order)
    with pytest.raises(InputError, match=f"{said}|3 images, the list of images has 2"):
        run("right.npy", images="order.txt")


def test_a_list_of_images_is_refused_where_files_name_theirs(write, run):
    write("net.csv", "image,prediction,label\na,cat,cat\n")
    write("order.txt", "a\n")
    with pytest.raises(InputError, match="names its images; leave out `images`"):
        run("net.csv", images="order.txt")
