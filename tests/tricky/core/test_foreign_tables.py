"""Tables of other programs: the same cells whatever wrote them, read fast, with errors in one line."""

import gzip
import json

import pandas as pd
import pytest

from tricky.core.errors import InputError
from tricky.core.files import sha256_of
from tricky.core.foreign_tables import read_foreign_table, read_tables_ahead

ROWS = [{"id": "007", "n": "5", "x": "a, b"}, {"id": "NA", "n": None, "x": 'say "x"'}]


@pytest.mark.parametrize("suffix", ["csv", "tsv", "csv.gz", "parquet", "json", "jsonl"])
def test_cells_are_the_same_text_in_every_form(tmp_path, suffix):
    path, frame = tmp_path / f"table.{suffix}", pd.DataFrame(ROWS)
    if suffix == "parquet":
        frame.to_parquet(path, index=False)
    elif suffix == "json":
        path.write_text(json.dumps(ROWS), encoding="utf-8")
    elif suffix == "jsonl":
        path.write_text("".join(json.dumps(row) + "\n" for row in ROWS), encoding="utf-8")
    else:
        text = frame.to_csv(index=False, sep="\t" if suffix == "tsv" else ",").encode()
        path.write_bytes(gzip.compress(text) if suffix.endswith("gz") else text)
    found = read_foreign_table(path)
    assert found.table.to_pylist() == ROWS
    assert found.sha256 == sha256_of(path)


@pytest.mark.parametrize("missing", ["", "n/a", '""'])
def test_only_empty_cells_and_na_with_a_slash_are_missing(tmp_path, missing):
    (tmp_path / "t.csv").write_text(f"a,b\n{missing},NaN\nNone,null\n", encoding="utf-8")
    found = read_foreign_table(tmp_path / "t.csv").table.to_pylist()
    assert found == [{"a": None, "b": "NaN"}, {"a": "None", "b": "null"}]


def test_numbers_and_lists_of_parquet_become_text(tmp_path):
    table = {"n": [1, None], "share": [0.5, 1.0], "best": [[3, 1], [2]], "right": [True, False]}
    pd.DataFrame(table).to_parquet(tmp_path / "t.parquet")
    found = read_foreign_table(tmp_path / "t.parquet").table.to_pylist()
    assert [row["best"] for row in found] == ["3", "2"]
    assert [row["right"] for row in found] == ["true", "false"]
    assert [row["share"] for row in found] == ["0.5", "1"]
    assert found[1]["n"] is None


def test_what_arrow_refuses_is_named_with_its_line(tmp_path):
    (tmp_path / "t.csv").write_text("a,b\n1,2\n3\n", encoding="utf-8")
    with pytest.raises(InputError, match=r"t.csv, line 3: 1 cells, where the header has 2"):
        read_foreign_table(tmp_path / "t.csv")


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("t.csv", b"a;b\n1;2\n", "separated by semicolons"),
        ("t.csv", b"a,a\n1,2\n", "two columns are called 'a'"),
        ("t.csv", b"a,b\n", "no rows"),
        ("t.csv", b"", "empty"),
        ("t.csv", b"a,b\n\xff,1\n", "line 2: not UTF-8"),
        ("t.csv.gz", b"a,b\n1,2\n", "not readable as gzip"),
        ("t.parquet", b"PAR1", "not readable as parquet"),
        ("t.json", b'{"a": 1}', "a row is no object"),
        ("t.json", b"[1]", "a row is no object"),
        ("t.xlsx", b"PK", "not a table; expected a name that ends in"),
    ],
)
def test_what_is_no_table_is_an_error_in_one_line(tmp_path, name, content, said):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(InputError, match=said) as raised:
        read_foreign_table(tmp_path / name)
    assert len(str(raised.value).splitlines()) == 1


def test_many_files_are_read_in_order(tmp_path):
    paths = [tmp_path / f"{number}.csv" for number in range(20)]
    for number, path in enumerate(paths):
        path.write_text(f"n\n{number}\n", encoding="utf-8")
    found = [each.column("n").to_pylist() for each in read_tables_ahead(paths)]
    assert found == [[str(number)] for number in range(20)]
