import pytest

from tricky.core.errors import InputError

HEADER = "subj,session,trial,rt,object_response,category,condition,imagename\n"


def trial(subject: str, number: int, answer: str, truth: str, time: str = "NaN") -> str:
    name = f"{number:04d}_cl_dnn_cr_{truth}_40_n04111531_{number}.png"
    return f"{subject},1,{number},{time},{answer},{truth},cr,{name}\n"


def test_raw_data_of_models_are_read(write, run):
    write("colour/colour_bagnet33_session-1.csv", HEADER + trial("bagnet33", 1, "oven", "oven"))
    write("colour/colour_resnet50_session-1.csv", HEADER + trial("resnet50", 1, "cat", "oven"))
    write("edge/edge_bagnet33_session-1.csv", HEADER + trial("bagnet33", 2, "cat", "cat"))
    found = run("colour", "edge")
    assert found.models == ("bagnet33", "resnet50")
    assert found.correct.tolist() == [[True, True], [False, False]]
    assert found.seen.tolist() == [[True, True], [True, False]]
    assert found.images["class_name"].tolist() == ["oven", "cat"]


def test_data_of_people_are_refused(write, run):
    write("colour_subject-01_session_1.csv", HEADER + trial("subject-01", 1, "oven", "oven", "0.61"))
    with pytest.raises(InputError, match="has response times, so it is of a person; import people with"):
        run("colour_subject-01_session_1.csv")
