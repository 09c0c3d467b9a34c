import unicodedata

import pytest

from tricky.core.errors import InputError
from tricky.core.matching import describe_matches, match_entries

KNOWN = ["ant/00.png", "bee/01.png", "Käfer/02.jpg"]


def match(*entries, **how):
    return match_entries(entries, KNOWN, where="deny.txt", what="image", lines=range(1, 9), **how)


def test_names_are_compared_in_composed_form():
    found = match(unicodedata.normalize("NFD", "Käfer/02.jpg"), "ant/00.png")
    assert found.names == {"Käfer/02.jpg", "ant/00.png"}
    assert found.counts() == {"n_entries": 2, "n_matched": 2}


@pytest.mark.parametrize(
    ("entry", "reason"),
    [
        ("ant\\00.png", r"write 'ant/00.png' \(/ for \\\)"),
        ("./ant/00.png", "write 'ant/00.png'"),
        ("ANT/00.PNG", "capital and small letters differ"),
        ("ant/00.jpg", "write 'ant/00.png': the suffix differs"),
        ("ant/00", "the suffix differs"),
        ("photos/ant/00.png", "did you mean 'ant/00.png'"),
        ("photos/x/Ant/00.PNG", "did you mean 'ant/00.png'"),
        ("01.png", "did you mean 'bee/01.png'"),
        ("aunt/00.png", "did you mean 'ant/00.png'"),
        ("zzzzzz", "there are 'ant/00.png', 'bee/01.png', 'Käfer/02.jpg'"),
    ],
)
def test_an_entry_that_matches_nothing_is_an_error_with_the_likely_reason(entry, reason):
    with pytest.raises(InputError, match=r"deny\.txt, line 2: 1 of 2 entries match no image; the first is"):
        match("bee/01.png", entry)
    with pytest.raises(InputError, match=reason):
        match("bee/01.png", entry)


def test_of_many_names_an_example_is_given():
    known = [f"{number:05d}.png" for number in range(100)]
    with pytest.raises(InputError, match=r"no image is called 'zzz'; names are written like '00000\.png'"):
        match_entries(["zzz"], known, where="[x] y", what="image")
    with pytest.raises(InputError, match="there are none"):
        match_entries(["zzz"], [], where="[x] y", what="image")


def test_a_list_larger_than_the_data_counts_its_matches():
    found = match("ant/00.png", "other.png", "another.png", partial=True)
    assert found.counts() == {"n_entries": 3, "n_matched": 1}
    assert found.unmatched == ("other.png", "another.png")


def test_a_list_that_matches_nothing_at_all_is_an_error_even_if_it_may_be_larger():
    with pytest.raises(InputError, match="2 of 2 entries match no image"):
        match("other.png", "another.png", partial=True)


def test_data_with_two_forms_of_one_name_are_refused():
    both = ["é", unicodedata.normalize("NFD", "é")]
    with pytest.raises(InputError, match="differ only in Unicode form"):
        match_entries(["é"], both, where="deny.txt", what="class")


def test_matches_are_described_in_a_line_for_each_list():
    matched = {"deny_images": {"n_entries": 50_000, "n_matched": 4_980}}
    assert describe_matches(matched) == ["deny_images: 4,980 of 50,000 entries match"]
