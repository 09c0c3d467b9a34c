import pytest
from reports import report, text_of

pytestmark = pytest.mark.usefixtures("blank_figures")


def test_labels_made_after_the_set_are_pointed_out(study):
    study.write_observers(2)
    study.write_models(seed=5)
    assert "The images were labelled again after the stimulus set was built." in text_of(report(study.root))
