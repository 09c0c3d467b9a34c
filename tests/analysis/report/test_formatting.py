import pytest

from analysis.report.formatting import (
    Footnotes,
    between,
    count,
    fixed,
    in_words,
    interval,
    percent,
    plural,
    points,
    stated,
)

KNOWN = {"estimate": 0.8136, "low": 0.7181, "high": 0.8859, "level": 0.95, "reason": None}
NO_INTERVAL = KNOWN | {"low": None, "high": None, "reason": "an interval needs at least two observers"}
NOTHING = NO_INTERVAL | {"estimate": None, "reason": "nobody answered"}


@pytest.mark.parametrize(
    ("shown", "expected"),
    [
        (percent(0.81361), "81.4%"),
        (percent(0.5, 0), "50%"),
        (fixed(-0.0449), "−0.04"),
        (fixed(-0.001), "0.00"),
        (points(-0.0449), "−4.5"),
        (count(50_000), "50,000"),
        (plural(1, "pair"), "1 pair"),
        (plural(1200, "pair"), "1,200 pairs"),
        (interval(KNOWN), "71.8% to 88.6%"),
        (interval(KNOWN, form="fixed", digits=3), "0.718 to 0.886"),
        (interval(NO_INTERVAL), "no interval: an interval needs at least two observers"),
        (between(KNOWN, "for new pairs", digits=0), "95% interval for new pairs 72% to 89%"),
        (between(NOTHING, "for new pairs"), "no interval for new pairs: nobody answered"),
        (in_words(KNOWN), "81.4% (71.8% to 88.6%)"),
        (in_words(NO_INTERVAL), "81.4% (no interval: an interval needs at least two observers)"),
        (in_words(NOTHING), "undefined: nobody answered"),
    ],
)
def test_numbers_are_written_as_people_read_them(shown, expected):
    assert shown == expected


def test_a_table_says_below_it_once_why_numbers_are_missing():
    notes = Footnotes()
    row = {"ratio": None, "ratio_low": None, "ratio_high": None, "ratio_reason": "no <wrong> answer"}
    other = row | {"ratio": 1.5, "ratio_reason": "one wrong answer"}
    cells = [stated(each, "ratio", "fixed", notes=notes) for each in (row, other, row)]
    assert cells == ["–<sup>1</sup>", "1.50<sup>2</sup>", "–<sup>1</sup>"]
    assert stated(other | {"ratio_low": 0.5, "ratio_high": 4}, "ratio", "fixed", notes=notes) == (
        '1.50 <span class="range">(0.50 to 4.00)</span>'
    )
    below = "Missing: <sup>1</sup> no &lt;wrong&gt; answer; <sup>2</sup> one wrong answer."
    assert notes.below() == f'<p class="note">{below}</p>'
    assert Footnotes().below() == ""
