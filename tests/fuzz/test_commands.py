"""Every command ends well or refuses in one line when a file of a finished study is damaged."""

import pytest
from fuzz import commands, mutations
from fuzz.__main__ import try_commands
from fuzz.studies import TASKS, results


@pytest.mark.parametrize("task", TASKS)
def test_a_command_on_a_damaged_study_ends_well_or_refuses_in_one_line(task, finished, tmp_path):
    found = []
    ended = try_commands(finished[task], tmp_path, 5, 1, lambda kind, what: found.append(f"{kind}\n{what}"))
    assert not found, "\n".join(found)
    assert sum(ended.values()) == 5


@pytest.mark.parametrize("name", commands.COMMANDS)
def test_a_command_on_the_undamaged_study_changes_no_number(name, finished, tmp_path):
    copy = tmp_path / "copy"
    mutations.linked_copy(finished["2afc"], copy)
    outcome = commands.run(copy, name)
    assert outcome.message is None
    assert commands.problems(results(finished["2afc"]), copy, "nothing", outcome) == []
