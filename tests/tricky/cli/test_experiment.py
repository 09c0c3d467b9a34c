"""Questions in the terminal: about participants, and what else a session needs."""

import pytest

from experiment.interfaces import Question
from experiment.session.participant import Given, check_field, identify_participant
from experiment.settings import ExperimentSettings, ParticipantField
from tricky.cli.experiment import ask_in_terminal
from tricky.core.errors import InputError

AGE = ParticipantField(name="age", question="Age in years", type="integer", units="years", required=True)


FIELDS = ExperimentSettings().participant_fields


def intake(data, fields=FIELDS, participant=None):
    settings = ExperimentSettings(participant_fields=fields)
    return identify_participant(data, settings, Given(participant), ask_in_terminal)


def test_the_terminal_asks_again_until_the_answer_is_valid(tmp_path, monkeypatch, capsys):
    typed = iter(["x_7", "07", "old", "31", "", "left"])
    monkeypatch.setattr("builtins.input", lambda _: next(typed))
    who = intake(tmp_path)
    assert (who.participant, who.fields) == ("07", {"age": "31", "sex": "n/a", "handedness": "left"})
    assert "'old' is no whole number" in capsys.readouterr().out


def test_where_nobody_types_answers_are_empty_and_required_ones_are_missed(tmp_path, monkeypatch):
    def closed(_: str) -> str:
        raise EOFError

    monkeypatch.setattr("builtins.input", closed)
    assert set(intake(tmp_path, participant="07").fields.values()) == {"n/a"}
    with pytest.raises(InputError, match="age: an answer is required"):
        intake(tmp_path, participant="07", fields=(AGE,))


def test_questions_are_asked_as_they_are_written(monkeypatch, capsys):
    prompts = []
    monkeypatch.setattr("builtins.input", lambda prompt: prompts.append(prompt) or "[b]")
    about = ParticipantField(name="eye", question="Eye", type="choice", choices=("[b]", "c"))
    question = Question("eye", "Eye [l/r]\x1b[31m", lambda text: check_field(about, text), about.choices)
    assert ask_in_terminal("[/red] of ‮7", [question]) == {"eye": "[b]"}
    assert capsys.readouterr().out == "[/red] of \\u202e7\n"
    assert prompts == ["  Eye [l/r]\\x1b[31m [[b], c]: "]
