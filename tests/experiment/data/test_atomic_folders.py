from __future__ import annotations

import pytest

from experiment.data.atomic_folders import new_folder, remove_folder


def contents(folder):
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*")}


def test_a_new_folder_appears_with_its_files_only_at_the_end(tmp_path):
    with new_folder(tmp_path / "sub-07" / "beh") as part:
        (part / "a.json").write_text("{}")
        assert not (tmp_path / "sub-07" / "beh").exists()
    assert contents(tmp_path) == {"sub-07", "sub-07/beh", "sub-07/beh/a.json"}


def test_files_are_added_to_a_folder_that_exists(tmp_path):
    (tmp_path / "beh").mkdir()
    (tmp_path / "beh" / "old.tsv").touch()
    with new_folder(tmp_path / "beh") as part:
        (part / "new.tsv").touch()
    assert contents(tmp_path) == {"beh", "beh/old.tsv", "beh/new.tsv"}


def test_a_folder_that_could_not_be_written_leaves_nothing(tmp_path):
    def write():
        with new_folder(tmp_path / "beh") as part:
            (part / "a.json").write_text("{}")
            (part / "missing" / "a.tsv").write_text("")

    with pytest.raises(FileNotFoundError):
        write()
    assert contents(tmp_path) == set()


def test_the_rest_of_an_interrupted_call_is_removed(tmp_path):
    (tmp_path / ".beh.part").mkdir()
    (tmp_path / ".beh.part" / "half.tsv").touch()
    with new_folder(tmp_path / "beh") as part:
        (part / "whole.tsv").touch()
    assert contents(tmp_path) == {"beh", "beh/whole.tsv"}


@pytest.mark.parametrize("left", ["beh", ".beh.old.part"])
def test_a_folder_is_removed_and_so_is_the_rest_of_an_interrupted_removal(tmp_path, left):
    (tmp_path / left).mkdir()
    (tmp_path / left / "a.tsv").touch()
    remove_folder(tmp_path / "beh")
    assert contents(tmp_path) == set()


def test_a_folder_can_be_replaced_as_a_whole(tmp_path):
    (tmp_path / "sub-sim01").mkdir()
    (tmp_path / "sub-sim01" / "old.tsv").touch()
    with new_folder(tmp_path / "sub-sim01") as part:
        (part / "new.tsv").touch()
        remove_folder(tmp_path / "sub-sim01")
    assert contents(tmp_path) == {"sub-sim01", "sub-sim01/new.tsv"}
