import io
import unicodedata

import pandas as pd
import pytest

from tricky.core.names import READ_AS_MISSING, check_name, find_file, first_duplicate, problem_with


@pytest.mark.parametrize(
    "name", ["", "  ", "n/a", "N/A", " a", "a\tb", "a\nb", "a\u2028b", "a\x07", "\ud800"]
)
def test_what_a_cell_cannot_hold_is_no_name(name):
    assert problem_with(name)
    with pytest.raises(ValueError, match="a name that tables can hold"):
        check_name(name)


@pytest.mark.parametrize(
    "name", ["NA", "None", "null", "NaN", "007", "ja, sicher", '5"', "נכון", "👍", "a b"]
)
def test_any_other_text_is_a_name(name):
    assert check_name(name) == name


def test_names_are_kept_in_composed_form():
    assert check_name(unicodedata.normalize("NFD", "für")) == "für"


def test_duplicates_are_found_whatever_their_capitals_and_form():
    assert first_duplicate(["a", "b", "A"]) == "A"
    assert first_duplicate(["é", unicodedata.normalize("NFD", "é")])
    assert first_duplicate(["a", "b"]) is None


def test_what_pandas_reads_as_missing_is_known():
    words = [*READ_AS_MISSING, "n.a.", "missing", "-", "none", "na", "Null", "NAN"]
    read = pd.read_csv(io.StringIO("\n".join(["word", *words])))["word"]
    assert {word for word, cell in zip(words, read, strict=True) if pd.isna(cell)} == READ_AS_MISSING


@pytest.mark.parametrize("form", ["NFC", "NFD"])
def test_a_file_is_found_whatever_unicode_form_its_folders_and_name_have(form, tmp_path):
    path = tmp_path / unicodedata.normalize(form, "Käfer") / unicodedata.normalize(form, "é.png")
    path.parent.mkdir()
    path.write_bytes(b"x")
    found = find_file(tmp_path, unicodedata.normalize("NFC", "Käfer/é.png"))
    assert found.read_bytes() == b"x"


def test_a_file_that_is_not_there_keeps_the_name_that_was_asked_for(tmp_path):
    (tmp_path / "Käfer").mkdir()
    for name in ("Käfer/é.png", "Löwe/é.png", "a.png"):
        assert find_file(tmp_path, name) == tmp_path / name
