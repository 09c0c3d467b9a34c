"""Files are written whole or not at all, and what prevents it is said in one line."""

import subprocess
import sys

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


def test_what_a_killed_process_left_of_a_file_is_overwritten(tmp_path):
    (tmp_path / ".table.csv.part").write_text("half of a much longer text")
    write_text(tmp_path / "table.csv", "new\n")
    assert [path.name for path in tmp_path.iterdir()] == ["table.csv"]
    assert (tmp_path / "table.csv").read_text() == "new\n"


def test_a_link_of_a_stranger_does_not_lead_out_of_the_study(tmp_path):
    precious = tmp_path / "precious"
    precious.write_text("keep")
    (tmp_path / "study").mkdir()
    (tmp_path / "study" / ".table.csv.part").symlink_to(precious)
    write_text(tmp_path / "study" / "table.csv", "new\n")
    assert precious.read_text() == "keep"
    assert not (tmp_path / "study" / "table.csv").is_symlink()


def test_processes_that_write_one_file_take_turns(tmp_path):
    path = tmp_path / "table.csv"
    code = (
        "import sys; from pathlib import Path; from tricky.core.files import write_text\n"
        "for n in range(40): write_text(Path(sys.argv[1]), sys.argv[2] * 20_000)"
    )
    writers = [subprocess.Popen([sys.executable, "-c", code, path, letter]) for letter in "ab"]
    seen = set()
    while any(writer.poll() is None for writer in writers):
        if path.exists():
            seen.add(path.read_text())
    assert [writer.returncode for writer in writers] == [0, 0]
    assert seen <= {"a" * 20_000, "b" * 20_000}
    assert [each.name for each in tmp_path.iterdir()] == ["table.csv"]
