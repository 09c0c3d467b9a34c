from __future__ import annotations

from datetime import date

import pandas as pd
import pytest

from experiment.import_sessions.read_source import find_sources, read_source
from tricky.core.errors import InputError


@pytest.mark.parametrize(("suffix", "engine"), [(".xlsx", "openpyxl"), (".ods", "odf")])
def test_a_workbook_is_read_as_text_and_numbers_are_named(suffix, engine, tmp_path):
    path = tmp_path / f"trials{suffix}"
    frame = pd.DataFrame({"who": [7, 8], "code": ["007", "08"], "rt": [0.5, 1.0], "seen": ["a", None]})
    frame.to_excel(path, index=False, engine=engine)
    source = read_source(path)
    assert source.table.columns == ("who", "code", "rt", "seen")
    assert source.table.rows == [["7", "007", "0.5", "a"], ["8", "08", "1", ""]]
    assert source.table.lines == [2, 3]
    assert source.numbers == {"who", "rt"}


@pytest.mark.parametrize(("suffix", "engine"), [(".xlsx", "openpyxl"), (".ods", "odf")])
def test_a_date_in_a_workbook_is_refused(suffix, engine, tmp_path):
    path = tmp_path / f"trials{suffix}"
    pd.DataFrame({"who": ["a1"], "answer": [date(2026, 2, 3)]}).to_excel(path, index=False, engine=engine)
    with pytest.raises(InputError, match=r"line 2, column 2: a date or time \(2026-02-03"):
        read_source(path)


def test_one_sheet_of_several_must_be_named(tmp_path):
    path = tmp_path / "trials.xlsx"
    with pd.ExcelWriter(path) as writer:
        for name in ("first", "second"):
            pd.DataFrame({"who": [name]}).to_excel(writer, sheet_name=name, index=False)
    with pytest.raises(InputError, match=r"several sheets \(first, second\); name one of them"):
        read_source(path)
    assert read_source(path, "second").table.rows == [["second"]]
    with pytest.raises(InputError, match="no sheet 'third' with cells; there is first, second"):
        read_source(path, "third")


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("a.xlsx", b"PK\x03\x04", "not readable as a workbook"),
        ("a.json", b'{"a": 1}', "not a JSON list"),
        ("a.json", b"[[1, 2]]", "entry 1: not an object with the data of a trial"),
        ("a.csv", b"who,answer\n", "no row below the header"),
        ("a.csv", b"who;answer\n1;2\n", "cells are separated by semicolons"),
    ],
)
def test_a_file_that_is_no_table_is_refused(name, content, said, tmp_path):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(InputError, match=said):
        read_source(tmp_path / name)


def test_folders_are_searched_and_what_else_they_hold_is_returned(tmp_path):
    for name in ("b/2.csv", "a/1.tsv", "notes.txt", ".hidden/3.csv", "~$1.xlsx"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("x")
    files, others = find_sources([tmp_path])
    assert [path.name for path in files] == ["1.tsv", "2.csv"]
    assert [path.name for path in others] == ["notes.txt"]
    (tmp_path / "empty").mkdir()
    with pytest.raises(InputError, match="no file that ends in"):
        find_sources([tmp_path / "empty"])


def test_spaces_around_cells_do_not_count(tmp_path):
    (tmp_path / "a.csv").write_text("who, answer\ns1, cat\n")
    source = read_source(tmp_path / "a.csv")
    assert (source.table.columns, source.table.rows) == (("who", "answer"), [["s1", "cat"]])
