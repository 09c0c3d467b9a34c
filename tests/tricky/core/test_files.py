"""Files are written whole or not at all, and what prevents it is said in one line."""

import pytest

from tricky.core.errors import InputError
from tricky.core.files import replacing, write_text


def test_a_folder_of_that_name_is_an_error_and_nothing_is_left(tmp_path):
    (tmp_path / "table.csv").mkdir()
    (tmp_path / "table.csv" / "inside").touch()
    with pytest.raises(InputError, match=r"table.csv: can't be written \(.*\); make room or allow writing"):
        write_text(tmp_path / "table.csv", "a,b")
    assert [each.name for each in tmp_path.iterdir()] == ["table.csv"]


def test_a_file_in_place_of_the_folder_is_an_error(tmp_path):
    (tmp_path / "folder").touch()
    with pytest.raises(InputError, match="can't be written"):
        write_text(tmp_path / "folder" / "table.csv", "a,b")


def test_an_exception_while_writing_leaves_the_old_content(tmp_path):
    write_text(tmp_path / "table.csv", "old")

    def stop_halfway():
        with replacing(tmp_path / "table.csv") as part:
            part.write_text("half")
            raise KeyError

    with pytest.raises(KeyError):
        stop_halfway()
    assert (tmp_path / "table.csv").read_text() == "old"
    assert [each.name for each in tmp_path.iterdir()] == ["table.csv"]
