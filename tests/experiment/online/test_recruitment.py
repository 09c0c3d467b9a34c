import pytest

from experiment.online.recruitment import Recruited
from tricky.core.errors import InputError

NAMES = ("PROLIFIC_PID", "STUDY_ID")


def test_someone_who_came_before_is_recognised_by_the_first_parameter(tmp_path):
    recruited = Recruited(tmp_path, NAMES)
    given = recruited.allowed({"PROLIFIC_PID": "5f1e", "STUDY_ID": "a", "utm_source": "x"})
    assert given is not None
    assert given == {"PROLIFIC_PID": "5f1e", "STUDY_ID": "a"}
    assert recruited.participant(given) is None
    recruited.add(given, "web0001")
    recruited.add({"PROLIFIC_PID": "5f2e", "STUDY_ID": ""}, "web0002")
    assert Recruited(tmp_path, NAMES).participant(given | {"STUDY_ID": "b"}) == "web0001"
    assert recruited.path.stat().st_mode & 0o077 == 0


@pytest.mark.parametrize("identity", ["", "a b", "../x", "=1+1", "a\tb", "x" * 101, "<script>"])
def test_what_is_no_id_is_refused(tmp_path, identity):
    assert Recruited(tmp_path, NAMES).allowed({"PROLIFIC_PID": identity}) is None


def test_the_file_can_be_deleted(tmp_path):
    recruited = Recruited(tmp_path, NAMES)
    recruited.add({"PROLIFIC_PID": "5f1e", "STUDY_ID": ""}, "web0001")
    recruited.path.unlink()
    assert recruited.participant({"PROLIFIC_PID": "5f1e"}) is None
    recruited.forget("web0001")
    assert not recruited.path.exists()


def test_a_damaged_file_is_named(tmp_path):
    recruited = Recruited(tmp_path, NAMES)
    recruited.path.write_text("participant_id\nsub-web0001\n")
    with pytest.raises(InputError, match="PROLIFIC_PID"):
        recruited.participant({"PROLIFIC_PID": "5f1e"})
