import pytest

from benchmarks.coverage_tables import DOCS, tables_of_docs, with_tables
from benchmarks.stored_results import Table, read_tables, save
from tricky.core.errors import InputError

TABLE = Table("widths", "Measured once.", ("method", "width"), (("t", ".41"), ("logit", ".43")))
PAGE = "before\n\n<!-- table: widths -->\nold\n<!-- end of table -->\n\nafter\n"


def test_what_a_benchmark_saves_replaces_what_is_between_the_markers(tmp_path):
    save("coverage", {"n_studies": 5}, [TABLE], tmp_path)
    page = with_tables(PAGE, read_tables(tmp_path))
    assert page == (
        "before\n\n<!-- table: widths -->\n\nMeasured once.\n\n"
        "| method | width |\n| --- | --- |\n| t | .41 |\n| logit | .43 |\n"
        "\n<!-- end of table -->\n\nafter\n"
    )
    assert with_tables(page, read_tables(tmp_path)) == page


def test_two_benchmarks_may_not_give_tables_the_same_name(tmp_path):
    for benchmark in ("coverage", "coverage_ratings"):
        save(benchmark, {}, [TABLE], tmp_path)
    with pytest.raises(InputError, match="another benchmark has a table widths"):
        read_tables(tmp_path)


@pytest.mark.parametrize(
    ("page", "message"),
    [
        (PAGE.replace("widths", "heights"), "no benchmark has a table heights"),
        (PAGE.replace("end of table", "end"), "has no end"),
    ],
)
def test_markers_that_name_nothing_or_never_end_are_refused(page, message):
    with pytest.raises(InputError, match=message):
        with_tables(page, {"widths": TABLE})


def test_rows_with_another_number_of_cells_are_refused():
    with pytest.raises(InputError, match="more or fewer cells"):
        Table("widths", "", ("method", "width"), (("t",),)).markdown()


def test_the_docs_show_what_the_benchmarks_measured():
    tables = tables_of_docs()
    for page in DOCS.rglob("*.md"):
        text = page.read_text(encoding="utf-8")
        assert with_tables(text, tables) == text, f"{page}: python -P benchmarks/coverage_tables.py --write"
