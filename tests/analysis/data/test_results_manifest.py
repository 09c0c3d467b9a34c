from dataclasses import fields
from typing import get_type_hints

from analysis.data.results_manifest import PopulationRecord
from analysis.statistics.population_mean import PopulationMean


def test_the_record_of_a_mean_has_its_attributes_each_of_which_may_be_missing():
    hints = get_type_hints(PopulationMean)
    expected = {field.name: hints[field.name] | None for field in fields(PopulationMean)}
    assert {name: field.annotation for name, field in PopulationRecord.model_fields.items()} == expected
