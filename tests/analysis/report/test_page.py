import pytest

from analysis.report.page import count, fixed, percent, plural


@pytest.mark.parametrize(
    ("shown", "expected"),
    [
        (percent(0.81361), "81.4%"),
        (percent(0.5, 0), "50%"),
        (percent(None), "–"),
        (fixed(-0.0449), "−0.04"),
        (fixed(-0.001), "0.00"),
        (fixed(None), "–"),
        (count(50_000), "50,000"),
        (count(None), "–"),
        (plural(1, "pair"), "1 pair"),
        (plural(1200, "pair"), "1,200 pairs"),
    ],
)
def test_numbers_are_written_as_people_read_them(shown, expected):
    assert shown == expected
