import unicodedata

import pytest

from tricky.core.errors import InputError
from tricky.core.matching import match_entries

KNOWN = ["ant/00.png", "bee/01.png", "Käfer/02.jpg"]


def match(*entries, **how):
    return match_entries(entries, KNOWN, where="deny.txt", what="image", lines=range(1, 9), **how)


def test_names_are_compared_in_composed_form():
    found = match(unicodedata.normalize("NFD", "Käfer/02.jpg"), "ant/00.png")
    assert found.names == {"Käfer/02.jpg", "ant/00.png"}
    assert found.counts() == {"list": "deny.txt", "n_entries": 2, "n_matched": 2}


@pytest.mark.parametrize(
    ("entry", "reason"),
    [
        ("ant\\00.png", r"write 'ant/00.png' \(/ for \\\)"),
        ("./ant/00.png", "write 'ant/00.png'"),
        ("ANT/00.PNG", "capital and small letters differ"),
        ("ant/00.jpg", "write 'ant/00.png': the suffix differs"),
        ("ant/00", "the suffix differs"),
        ("photos/ant/00.png", "did you mean 'ant/00.png'"),
        ("aunt/00.png", "did you mean 'ant/00.png'"),
        ("zzzzzz", "names are written like 'ant/00.png'"),
    ],
)
def test_an_entry_that_matches_nothing_is_an_error_with_the_likely_reason(entry, reason):
    with pytest.raises(InputError, match=r"deny\.txt, line 2: 1 of 2 entries match no image; the first is"):
        match("bee/01.png", entry)
    with pytest.raises(InputError, match=reason):
        match("bee/01.png", entry)


def test_a_list_larger_than_the_data_counts_its_matches():
    found = match("ant/00.png", "other.png", "another.png", partial=True)
    assert found.counts() == {"list": "deny.txt", "n_entries": 3, "n_matched": 1}
    assert found.unmatched == ("other.png", "another.png")


def test_a_list_that_matches_nothing_at_all_is_an_error_even_if_it_may_be_larger():
    with pytest.raises(InputError, match="2 of 2 entries match no image"):
        match("other.png", "another.png", partial=True)


def test_data_with_two_forms_of_one_name_are_refused():
    both = ["é", unicodedata.normalize("NFD", "é")]
    with pytest.raises(InputError, match="differ only in Unicode form"):
        match_entries(["é"], both, where="deny.txt", what="class")
