from __future__ import annotations

import json

import pytest
from pydantic import ValidationError

from experiment.data.bids import SessionPath, register
from experiment.records import Kind
from experiment.session.participant import Given, check_field, identify_participant, next_session
from experiment.settings import ExperimentSettings, ParticipantField
from tricky.core.errors import InputError

FIELDS = ExperimentSettings().participant_fields
AGE = ParticipantField(name="age", question="Age in years", type="integer", units="years", required=True)
GROUP = ParticipantField(name="group", question="Group", type="choice", choices=("expert", "novice"))


class Interview:
    """Answers by name, and remembers what was asked."""

    def __init__(self, **answers: str) -> None:
        self.answers, self.asked = answers, []

    def __call__(self, _title, questions):
        self.asked += [question.name for question in questions]
        return {
            question.name: question.check(self.answers.get(question.name) or question.default)
            for question in questions
        }


def intake(data, ask, *, fields=FIELDS, n_sessions=1, participant=None, session=None, **given):
    settings = ExperimentSettings(participant_fields=fields)
    return identify_participant(
        data, settings, Given(participant, session, given), ask, n_sessions=n_sessions
    )


def write_session(data, participant, session=None, *, n_rows, n_trials=10):
    place = SessionPath(data, participant, session, "harder")
    place.table.parent.mkdir(parents=True)
    place.table.write_text("header\n" + "row\n" * n_rows)
    place.sidecar.write_text(json.dumps({"StimulusSet": {"set_id": "a", "n_trials": n_trials}}))


def test_what_was_not_given_is_asked(tmp_path):
    ask = Interview(participant="07", age="31", sex="female")
    who = intake(tmp_path, ask)
    assert ask.asked == ["participant", "age", "sex", "handedness"]
    assert (who.participant, who.session) == ("07", None)
    assert who.fields == {"age": "31", "sex": "female", "handedness": "n/a"}


def test_what_was_given_is_not_asked(tmp_path):
    ask = Interview()
    who = intake(tmp_path, ask, participant="07", age="31", sex="other", handedness="left")
    assert ask.asked == []
    assert who.fields == {"age": "31", "sex": "other", "handedness": "left"}


def test_what_is_known_is_not_asked_again(tmp_path):
    register(tmp_path, ["07"], Kind.PERSON, values={"age": "31", "sex": "n/a"})
    ask = Interview(handedness="right")
    assert intake(tmp_path, ask, participant="07").fields == {"sex": "n/a", "handedness": "right"}
    assert ask.asked == ["sex", "handedness"]


def test_what_contradicts_the_table_is_refused(tmp_path):
    register(tmp_path, ["07"], Kind.PERSON, values={"age": "31"})
    with pytest.raises(InputError, match=r"participants\.tsv says 31 of sub-07"):
        intake(tmp_path, Interview(), participant="07", age="32")


def test_a_field_that_the_study_does_not_know_is_refused(tmp_path):
    with pytest.raises(InputError, match=r"--field shoe: no such field.*age, sex, handedness"):
        intake(tmp_path, Interview(), participant="07", shoe="43")


@pytest.mark.parametrize("participant", ["../07", "a/b", "a_b", "", "ä"])
def test_an_id_that_could_lead_elsewhere_is_refused(tmp_path, participant):
    with pytest.raises(InputError, match="letters and digits only"):
        intake(tmp_path, Interview(), participant=participant)
    with pytest.raises(InputError, match="letters and digits only"):
        intake(tmp_path, Interview(participant=participant))


@pytest.mark.parametrize("participant", ["7", "007"])
def test_an_id_that_differs_in_leading_zeros_only_is_refused_when_it_is_entered(tmp_path, participant):
    register(tmp_path, ["07"], Kind.PERSON)
    for ask, given in ((Interview(participant=participant), None), (Interview(), participant)):
        with pytest.raises(InputError, match="differs from sub-07 in leading zeros or capital letters only"):
            intake(tmp_path, ask, participant=given)
        assert ask.asked in (["participant"], [])


def test_text_that_is_no_utf_8_is_refused():
    with pytest.raises(InputError, match="is not UTF-8"):
        check_field(ParticipantField(name="note", question="Note"), "caf\udce9")


def test_the_number_of_the_session_is_asked_where_a_set_has_several(tmp_path):
    write_session(tmp_path, "07", 1, n_rows=10)
    ask = Interview()
    assert intake(tmp_path, ask, participant="07", n_sessions=3).session == 2  # suggested
    assert "session" in ask.asked
    assert intake(tmp_path, Interview(session="3"), participant="07", n_sessions=3).session == 3
    assert intake(tmp_path, Interview(), participant="07", n_sessions=3, session=1).session == 1
    with pytest.raises(InputError, match="no whole number from 1 on"):
        intake(tmp_path, Interview(session="0"), participant="07", n_sessions=3)


def test_an_unfinished_session_comes_before_a_free_one(tmp_path):
    assert next_session(tmp_path, "07", "harder", 1) is None
    assert next_session(tmp_path, "07", "harder", 3) == 1
    write_session(tmp_path, "07", n_rows=10)
    assert next_session(tmp_path, "07", "harder", 1) == 2
    write_session(tmp_path, "07", 2, n_rows=4)
    write_session(tmp_path, "07", 3, n_rows=10)
    assert next_session(tmp_path, "07", "harder", 1) == 2
    assert next_session(tmp_path, "08", "harder", 1) is None


@pytest.mark.parametrize(
    ("about", "text", "kept"),
    [
        (AGE, " 031 ", "31"),
        (GROUP, "novice", "novice"),
        (GROUP, "", "n/a"),
        (ParticipantField(name="acuity", question="Acuity", type="number"), "1.250", "1.25"),
        (ParticipantField(name="note", question="Note"), "two\twords\nhere", "two\twords\nhere"),
        (ParticipantField(name="note", question="Note"), '"yes" 🙂 שלום', '"yes" 🙂 שלום'),
    ],
)
def test_an_answer_is_kept_as_the_table_needs_it(about, text, kept):
    assert check_field(about, text) == kept


@pytest.mark.parametrize(
    ("about", "text", "said"),
    [
        (AGE, "", "an answer is required"),
        (AGE, "n/a", "an answer is required"),
        (AGE, "young", "no whole number"),
        (AGE, "-3", "no whole number"),
        (GROUP, "Expert", "none of expert, novice"),
        (ParticipantField(name="acuity", question="Acuity", type="number"), "sharp", "no number"),
        (ParticipantField(name="acuity", question="Acuity", type="number"), "nan", "no number"),
    ],
)
def test_an_answer_that_cannot_be_is_refused(about, text, said):
    with pytest.raises(InputError, match=said):
        check_field(about, text)


@pytest.mark.parametrize("name", ["name", "date_of_birth", "email", "Age", "a-b", "n/a", "", "ä"])
def test_fields_that_identify_people_or_break_the_table_cannot_be_asked(name):
    with pytest.raises(ValidationError):
        ParticipantField(name=name, question="?")


def test_choices_go_with_choosing():
    with pytest.raises(ValidationError, match="choices"):
        ParticipantField(name="group", question="?", type="choice")
    with pytest.raises(ValidationError, match="choices"):
        ParticipantField(name="group", question="?", choices=("a",))
