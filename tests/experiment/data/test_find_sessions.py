import shutil

import pytest

from experiment.data.find_sessions import find_sessions
from tricky.core.errors import InputError

NAME = "sub-07_task-harder_beh"


@pytest.fixture
def table(machine):
    return machine("study").record("07")


def found(table):
    return find_sessions(table.parents[2])


def refusal(table):
    with pytest.raises(InputError) as caught:
        found(table).require_sound()
    return str(caught.value)


def test_sessions_are_found_where_their_names_say(machine):
    here = machine("study")
    tables = [here.record("08"), here.record("07", 2), here.record("07", 10), here.record("07")]
    sessions = find_sessions(here.data).sessions
    assert [(each.participant, each.session) for each in sessions] == [
        ("07", ""),
        ("07", "10"),
        ("07", "2"),
        ("08", ""),
    ]
    assert {each.table for each in sessions} == set(tables)
    assert find_sessions(here.data).findings == ()
    assert [each.session for each in find_sessions(here.data, "07").sessions] == ["", "10", "2"]


def test_a_data_set_that_does_not_exist_has_no_sessions(tmp_path):
    assert find_sessions(tmp_path / "data").sessions == ()


@pytest.mark.parametrize(
    "copy",
    [
        f"{NAME} - Copy.tsv",
        f"{NAME} (1).tsv",
        f"{NAME}(2).tsv",
        f"Copy of {NAME}.tsv",
        f"Kopie von {NAME}.tsv",
        f"{NAME} copy 2.tsv",
        f"{NAME} (Anna's conflicted copy 2026-01-31).tsv",
        f"{NAME}.sync-conflict-20260131-101500-ABCDEFG.tsv",
        f"{NAME}_conflict-20260131.tsv",
        f"{NAME}-BOOTH2.tsv",
        f"{NAME}.tsv.bak",
        f"{NAME}.TSV.txt",
        "sub-07_task-harder_BEH.TSV",
        "sub-07_task-harder_beh (1).json",
        f"{NAME} - Copy.json",
    ],
)
def test_a_copy_is_left_out_if_it_is_exact_and_refused_if_it_is_another_version(table, copy):
    path = table.with_name(copy)
    shutil.copy(table.with_suffix(".json") if copy.endswith("json") else table, path)
    assert len(found(table).sessions) == 1
    assert found(table).notes == (f"left out: sub-07/beh/{copy} (exact copy of a session's file)",)
    found(table).require_sound()
    path.write_bytes(path.read_bytes()[:-10])
    assert str(path) in refusal(table)


def test_another_version_is_named_with_the_one_that_counts(table):
    path = table.with_name(f"{NAME} (1).tsv")
    path.write_text("other")
    assert f"another version of sub-07/beh/{NAME}.tsv; keep the right one there" in refusal(table)


@pytest.mark.parametrize(
    "folder", ["sub-07 - Copy", "sub-07 (1)", "Copy of sub-07", "backup/sub-07", "sub-08"]
)
def test_a_copied_folder_is_left_out_if_it_is_exact_and_refused_if_it_is_another_version(table, folder):
    data = table.parents[2]
    shutil.copytree(data / "sub-07", data / folder)
    assert [each.table for each in found(table).sessions] == [table]
    assert "exact copy of a session's file" in found(table).notes[0]
    table.write_bytes(table.read_bytes()[:-10])
    assert "another version of" in refusal(table)


def test_a_folder_of_another_participant_is_refused(table):
    data = table.parents[2]
    (data / "sub-07").rename(data / "sub-99")
    assert found(table).sessions == ()
    said = refusal(table)
    assert "named as a file of sub-07, but in another folder" in said
    assert "(and 1 more such files)" in said


def test_a_session_in_the_folder_of_another_session_is_refused(machine):
    table = machine("study").record("07", 1)
    table.parents[1].rename(table.parents[2] / "ses-2")
    with pytest.raises(InputError, match="in another folder"):
        find_sessions(table.parents[3]).require_sound()


@pytest.mark.parametrize(
    "name",
    [
        *("._" + NAME + ".tsv", ".DS_Store", "desktop.ini", "Thumbs.db", f"~${NAME}.tsv"),
        *(f".~lock.{NAME}.tsv#", f"{NAME}.tsv.tmp", f"{NAME}.tsv~"),
    ],
)
@pytest.mark.parametrize("where", [".", "sub-07", "sub-07/beh"])
def test_what_systems_and_programs_leave_is_left_out_and_named(table, name, where):
    (table.parents[2] / where / name).write_bytes(b"\0\5\x16\7")
    found(table).require_sound()
    assert len(found(table).sessions) == 1
    assert found(table).notes == (
        f"left out: {name if where == '.' else f'{where}/{name}'} (made by the system or another program)",
    )


def test_many_files_of_one_kind_take_one_line(table):
    for number in range(20):
        (table.parents[2] / f"._{number:02d}").touch()
    assert found(table).notes == (
        "left out: ._00, ._01, ._02 and 17 more (made by the system or another program)",
    )


def test_an_empty_copy_is_left_out_and_named(table):
    table.with_name(f"{NAME} (1).tsv").touch()
    found(table).require_sound()
    assert found(table).notes == (f"left out: sub-07/beh/{NAME} (1).tsv (empty copy)",)


def test_a_sidecar_without_its_table_is_refused(table):
    table.unlink()
    assert "its table is missing" in refusal(table)


def test_a_table_without_its_sidecar_is_refused(table):
    table.with_suffix(".json").unlink()
    assert "its sidecar (.json) is missing" in refusal(table)


def test_other_files_of_a_lab_are_ignored(table):
    data = table.parents[2]
    (data / "sub-07" / "eeg").mkdir()
    (data / "sub-07" / "eeg" / "sub-07_task-harder_eeg.vhdr").touch()
    (table.parent / "sub-07_task-harder_physio.tsv.gz").touch()
    shutil.copytree(data / "sub-07", data / "derivatives" / "sub-07")
    for name in ("LICENSE", "README.md", ".bidsignore", "task-harder_beh.json"):
        (data / name).touch()
    (data / ".git").mkdir()
    assert found(table).findings == ()


def test_any_other_file_is_named(table):
    (table.parents[2] / "notes.docx").touch()
    assert found(table).notes == ("left out: notes.docx (not part of the data set)",)


def test_a_link_to_a_folder_is_refused(table, tmp_path):
    (tmp_path / "elsewhere").mkdir()
    (table.parents[2] / "sub-08").symlink_to(tmp_path / "elsewhere")
    assert "a link to another folder, which is not followed" in refusal(table)


def test_a_session_that_is_being_made_is_not_looked_at(table):
    part = table.parents[1] / ".beh.part"
    part.mkdir()
    (part / table.name).touch()
    assert found(table).findings == ()
