import csv
import io
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tricky.core.errors import InputError
from tricky.core.tables import parse_table, read_entries, read_table
from tricky.core.write_tables import csv_text, tsv_line, write_csv, write_tsv

ANY_TEXT = st.text(st.characters(exclude_categories=["Cs"]))


def table(tmp_path, content, name="t.csv", **how):
    path = tmp_path / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return read_table(path, **how)


def test_every_cell_is_the_text_that_the_file_has(tmp_path):
    found = table(tmp_path, "id,name\n007,NA\n1e5,None\n 1,null\n")
    assert found.columns == ("id", "name")
    assert found.rows == [["007", "NA"], ["1e5", "None"], [" 1", "null"]]
    assert found.frame().equals(found.frame().astype(str))


def test_only_an_empty_cell_and_n_a_are_missing(tmp_path):
    found = table(tmp_path, 'a,b\nNA,1\n"",2\nn/a,3\nN/A,4\n')
    assert found.optional_texts("a") == ["NA", None, None, "N/A"]
    with pytest.raises(InputError, match=r"t\.csv, line 3, column a: '', expected a value"):
        found.texts("a")


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
def test_any_line_ending_and_a_byte_order_mark_are_read(tmp_path, end, mark):
    found = table(tmp_path, mark + end.join(["a,b", "1,grün", "", "2,x", ""]).encode())
    assert found.rows == [["1", "grün"], ["2", "x"]]
    assert found.lines == [2, 4]


def test_a_quoted_cell_may_hold_anything_and_lines_are_counted_as_an_editor_does(tmp_path):
    found = table(tmp_path, 'a,b\n"crane, bird\nsecond ""line""",1\nx,2\n')
    assert found.rows[0][0] == 'crane, bird\nsecond "line"'
    assert found.lines == [2, 4]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", "empty"),
        ("\n\n", "empty"),
        ("a,b\n1,2,3\n", "line 2: 3 cells, where the header has 2; put text with commas in quotation marks"),
        ("a,b\n1,2\n3\n", "line 3: 1 cells, where the header has 2; add the missing cells"),
        ("a,a\n1,2\n", "two columns are called 'a'"),
        ("a;b\n1;2\n", "separated by semicolons, expected commas"),
        ("a\tb\n1\t2\n", "separated by tabs, expected commas"),
        ('a,b\n1,2\n"x"y,3\n', "line 3: a cell that begins with a quotation mark must end with one"),
        ('a,b\n1,"2\n', "line 2: a cell that begins with a quotation mark must end with one"),
        ("a,\n1,2\n", "column 2 has no name"),
        ("grün,b\n1,2\n".encode("cp1252"), r"line 1: not UTF-8 \(a byte that Windows-1252 reads as 'ü'\)"),
        ("a,b\n".encode("utf-16"), "text in UTF-16"),
        (b"PK\x03\x04....", "a workbook"),
        (b"a,b\n\0,1\n", "line 2: a null character"),
    ],
)
def test_what_is_wrong_with_a_table_takes_one_line_with_the_place_and_the_remedy(tmp_path, content, message):
    with pytest.raises(InputError, match=message) as raised:
        table(tmp_path, content)
    assert "t.csv" in str(raised.value)
    assert "\n" not in str(raised.value)


def test_columns_that_a_spreadsheet_leaves_empty_are_dropped(tmp_path):
    found = table(tmp_path, "a,b,,\n1,2,,\n,,,\n3,4,,\n")
    assert (found.columns, found.rows) == (("a", "b"), [["1", "2"], ["3", "4"]])


@pytest.mark.parametrize("first", [0, 1])
def test_the_row_numbers_that_pandas_and_r_write_before_each_row_are_dropped(tmp_path, first):
    found = table(tmp_path, f'"","a"\n"{first}",7\n"{first + 1}",8\n')
    assert (found.columns, found.rows) == (("a",), [["7"], ["8"]])
    with pytest.raises(InputError, match="column 1 has no name"):
        table(tmp_path, f",a\n{first},7\n{first + 2},8\n")


def test_a_missing_column_is_named_with_the_nearest_one(tmp_path):
    with pytest.raises(InputError, match="no column `n_correct`; rename 'n_corect'"):
        table(tmp_path, "image_id,n_corect\nx,1\n", columns=["image_id", "n_correct"])


def test_numbers_are_checked_where_they_are_read(tmp_path):
    found = table(tmp_path, 'n,x,t\n1,"0,5",true\n12,1e3,false\n')
    assert found.whole_numbers("n", least=1) == [1, 12]
    assert found.truths("t") == [True, False]
    assert table(tmp_path, "n,b\n1,\nn/a,\n").optional_whole_numbers("n") == [1, None]
    with pytest.raises(InputError, match=r"line 3, column n: '12', expected a whole number from 0 to 11"):
        found.whole_numbers("n", least=0, most=11)
    with pytest.raises(InputError, match=r"line 2, column x: '0,5', expected a number; write .* point: 0.5"):
        found.numbers("x")
    with pytest.raises(InputError, match="expected one of yes, no"):
        found.choices("t", ["yes", "no"])


@pytest.mark.parametrize("cell", ["nan", "inf", "1_000", "٣", "0x1", "1.5", "", "n/a", "9" * 40])
def test_what_python_takes_for_a_whole_number_but_people_do_not_is_refused(tmp_path, cell):
    with pytest.raises(InputError, match="expected a whole number"):
        table(tmp_path, f"n,b\n{cell},1\n").whole_numbers("n")


def test_separator_and_decimal_sign_can_be_declared(tmp_path):
    found = table(tmp_path, "n;x\n1;0,5\n2;1.5\n", separator=";", decimal=",")
    with pytest.raises(InputError, match=r"line 3, column x: '1\.5'"):
        found.numbers("x")
    assert found.cells("n") == ["1", "2"]


def test_a_folder_or_no_file_is_named(tmp_path):
    with pytest.raises(InputError, match="no such file"):
        read_table(tmp_path / "none.csv")
    with pytest.raises(InputError, match="not a file"):
        read_table(tmp_path)


@given(st.lists(st.tuples(ANY_TEXT, ANY_TEXT), max_size=5))
def test_free_text_returns_unchanged_and_each_row_takes_one_line(rows):
    text = "".join(tsv_line(cells) for cells in [("a", "b"), *rows])
    kept = [row for row in rows if any(cell.strip() for cell in map(str, row))]
    found = parse_table(text.encode(), Path("t.tsv"), own=True)
    assert [tuple(row) for row in found.rows if any(c.strip() for c in row)] == kept
    assert text.count("\n") == len(rows) + 1
    assert not any(control in text.replace("\n", "").replace("\t", "") for control in "\r\x0b\x0c\x1c\x00")


@given(st.lists(st.tuples(ANY_TEXT, ANY_TEXT), min_size=1, max_size=5))
def test_csv_text_is_read_by_pythons_own_reader(rows):
    again = list(csv.reader(io.StringIO(csv_text(["a", "b"], rows), newline=""), strict=True))
    assert again[1:] == [list(row) for row in rows]


def test_a_frame_is_written_with_one_spelling_of_what_is_missing_and_of_truths(tmp_path):
    frame = pd.DataFrame(
        {
            "name": ["NA", None, 'a "b", c'],
            "share": [0.1, float("nan"), 1e-5],
            "single": pd.Series([0.1, 2, 3], dtype="float32"),
            "n": pd.Series([1, None, 3], dtype="Int64"),
            "right": [True, False, True],
            "known": pd.Series([True, None, False], dtype="boolean"),
        }
    )
    write_csv(tmp_path / "t.csv", frame)
    assert (tmp_path / "t.csv").read_text() == (
        "name,share,single,n,right,known\n"
        "NA,0.1,0.1,1,true,true\n"
        "n/a,n/a,2.0,n/a,false,n/a\n"
        '"a ""b"", c",1e-05,3.0,3,true,false\n'
    )
    again = pd.read_csv(tmp_path / "t.csv", keep_default_na=False, na_values=["n/a"])
    assert again["share"].tolist()[::2] == [0.1, 1e-5]


def test_names_are_read_without_spaces_around_them_and_in_composed_form(tmp_path):
    found = table(tmp_path, "id,name\n a , Ka\u0308fer\nb,n/a\n")
    assert found.names("id", unique=True) == ["a", "b"]
    assert found.optional_names("name") == ["Käfer", None]
    with pytest.raises(InputError, match=r"line 3, column id: 'a' is in line 2, too; keep one"):
        table(tmp_path, "id,name\na,1\n a,2\n").names("id", unique=True)


def test_a_written_table_is_read_by_pandas(tmp_path):
    write_tsv(tmp_path / "t.tsv", ["id", "note"], [["1", '"left" eye, 5" away'], ["2", None], ["3", "NA"]])
    found = pd.read_csv(tmp_path / "t.tsv", sep="\t", dtype=str, keep_default_na=False, na_values=["n/a"])
    assert found["note"].tolist()[0] == '"left" eye, 5" away'
    assert found["note"].isna().tolist() == [False, True, False]
    assert found["note"][2] == "NA"


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("l.txt", "crane, bird/1.png\r\n\r\n b.png \r\n"),
        ("l.txt", '"crane, bird/1.png"\nb.png'),
        ("l.csv", 'image_id,why\n"crane, bird/1.png",x\nb.png,y\n'),
        ("l.csv", '"crane, bird/1.png"\nb.png\n'),
        ("l.tsv", "image_id\twhy\ncrane, bird/1.png\tx\nb.png\ty\n"),
    ],
)
def test_a_list_is_one_entry_a_line_or_a_column(tmp_path, name, content):
    (tmp_path / name).write_text(content, encoding="utf-8")
    assert read_entries(tmp_path / name)[0] == ["crane, bird/1.png", "b.png"]


def test_a_list_with_several_cells_and_no_header_is_refused(tmp_path):
    (tmp_path / "l.csv").write_text("crane, bird/1.png\nb.png\n")
    with pytest.raises(InputError, match="line 1: 2 cells, and no header with the column `image_id`"):
        read_entries(tmp_path / "l.csv")


def test_quotation_marks_around_nothing_are_an_empty_line(tmp_path):
    path = tmp_path / "list.txt"
    path.write_text('a.png\n""\nb.png\n')
    assert read_entries(path)[0] == ["a.png", "b.png"]


def test_an_empty_list_is_refused(tmp_path):
    (tmp_path / "l.txt").write_text("\n \n")
    with pytest.raises(InputError, match="lists nothing"):
        read_entries(tmp_path / "l.txt")


@given(st.binary(max_size=200) | ANY_TEXT.map(str.encode))
def test_whatever_bytes_a_table_holds_it_is_read_or_refused_in_one_line(content):
    error, found = None, None
    try:
        found = parse_table(content, Path("t.csv"))
    except InputError as raised:
        error = str(raised)
    if found is None:
        assert error
        assert len(error.splitlines()) == 1
    else:
        assert all(len(row) == len(found.columns) for row in found.rows)
