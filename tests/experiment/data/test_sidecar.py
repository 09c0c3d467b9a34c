import json
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from experiment.data.bids import SessionPath
from experiment.data.columns import table_of
from experiment.data.sidecar import (
    Answer,
    Run,
    ShownSet,
    Sidecar,
    describe_session,
    read_sidecar,
    write_sidecar,
)
from experiment.records import Ask, Option, Task
from tricky.core.errors import InputError

SHOWN = ShownSet(name="main", set_id="a", n_trials=3)


def described(dataset, question, drawn_for="07"):
    asks = tuple(
        Ask(name, "?", (Option("no", "no", "1"), Option("yes", "yes", "2"))) for name in ("clear", question)
    )
    return describe_session(
        dataset,
        SessionPath(Path("data"), "07", 2, "harder"),
        table_of(Task("rating", asks)),
        instructions="Look.",
        stimulus_set=SHOWN,
        drawn_for=drawn_for,
        simulated=None,
    )


def test_a_sidecar_comes_back_as_it_was_written(tmp_path, dataset):
    sidecar = described(dataset, "odd").with_(
        runs=(Run(started="2026-01-31T10:15:00+00:00", first_trial=0),),
        questionnaire={"strategy": Answer(answer='"none" 🙂\n', response_time=1.5)},
    )
    path = tmp_path / "sidecar.json"
    write_sidecar(path, sidecar)
    found = read_sidecar(path)
    assert found.content() == json.loads(path.read_text())
    assert (found.questionnaire, found.runs) == (sidecar.questionnaire, sidecar.runs)
    before = path.read_bytes()
    write_sidecar(path, found)
    assert path.read_bytes() == before


def test_keys_are_written_as_bids_writes_them_and_only_those_that_are_known(dataset):
    content = described(dataset, "odd").content()
    assert {"TaskName", "CogAtlasID", "CogPOID", "StimulusSet", "Participant", "Session"} <= set(content)
    assert not {"RecordedAs", "TableSHA256", "TableChanged", "Practice"} & set(content)
    assert content["odd"]["Levels"] == {"no": "no", "yes": "yes"}
    assert described(dataset, "odd", drawn_for="31").content()["RecordedAs"] == "31"


@pytest.mark.parametrize("question", ["Settings", "Simulated", "StimulusSet", "TableSHA256"])
def test_a_question_that_is_called_like_a_key_of_the_sidecar_is_refused(dataset, question):
    with pytest.raises(InputError, match=f"name is '{question}', as a key of the sidecar"):
        described(dataset, question)


def test_a_question_that_is_called_like_an_attribute_of_ours_is_no_trouble(dataset):
    sidecar = described(dataset, "settings").with_(settings={"experiment": {}})
    assert sidecar.content()["settings"]["Description"] == "Answer to: ?"
    assert sidecar.content()["Settings"] == {"experiment": {}}
    assert sidecar.described("settings")["Levels"] == {"no": "no", "yes": "yes"}


@given(
    st.dictionaries(
        st.text(st.characters(exclude_categories=["Cs"])),
        st.none()
        | st.booleans()
        | st.text(st.characters(exclude_categories=["Cs"]))
        | st.floats(allow_nan=False, allow_infinity=False),
    )
)
@example({"simulated": None, "table_sha256": "x"})
def test_what_a_lab_adds_is_kept(added):
    keys = {field.alias for field in Sidecar.model_fields.values()}
    content = {"StimulusSet": {"set_id": "a"}} | {k: v for k, v in added.items() if k not in keys}
    assert Sidecar.model_validate_json(json.dumps(content)).content() == content


def test_what_is_left_to_answer_follows_from_the_settings_it_was_run_with():
    content = {
        "StimulusSet": {"set_id": "a"},
        "Settings": {"experiment": {"questions": [{"name": "one"}, {"name": "two"}]}},
        "Questionnaire": {"one": {"answer": "yes", "response_time": 1}},
    }
    assert Sidecar.model_validate_json(json.dumps(content)).unanswered == ["two"]
