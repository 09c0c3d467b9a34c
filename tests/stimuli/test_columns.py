from dataclasses import fields

from stimuli.columns import ITEM_FIELDS
from stimuli.records import Item


def test_an_item_has_an_attribute_for_each_of_the_first_columns():
    assert [each.name for each in fields(Item)] == list(ITEM_FIELDS)
