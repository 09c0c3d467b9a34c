import pytest
from reports import report, text_of

from analysis.report.sections import observers, population

pytestmark = pytest.mark.usefixtures("blank_figures")


def accuracy_of(results):
    return results.report.of(population.compute).accuracy


def test_exclusions_are_applied_counted_and_shown_with_the_numbers_without_them(study):
    study.write_observers(4)
    before = report(study.root)
    after = report(study.root, exclude={"sessions": {"sim02": "fell asleep"}, "max_response_time_s": 1.0})
    assert "sim02" not in after.report.of(observers.compute).observers.index
    assert accuracy_of(after).estimate != accuracy_of(before).estimate
    # Response times are .80 s, .81 s …: of 22 trials the last one takes longer than 1 s.
    assert after.content["exclusions"]["by_rule"]["too_slow"] == 4
    assert after.content["exclusions"]["population_without"]["estimate"] == accuracy_of(before).estimate
    text = text_of(after)
    assert "Excluded by the study's rules: 23 answers, including those of 1 whole session" in text
    assert "fell asleep" in text
