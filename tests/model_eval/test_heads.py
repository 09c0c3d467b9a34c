from __future__ import annotations

import pytest

from model_eval.artefacts import InputError
from model_eval.heads import outputs_by_order, outputs_by_wordnet_id


def test_wordnet_ids_find_the_outputs_that_the_challenge_gave_them() -> None:
    # ILSVRC2012, sorted by WordNet id: tench is the first class, tabby the 282nd, toilet tissue the last.
    outputs = outputs_by_wordnet_id("net", 1000, ("n01440764", "n02123045", "n15075141"))
    assert outputs == (0, 281, 999)


def test_classes_that_are_no_wordnet_ids_are_refused_with_both_names() -> None:
    with pytest.raises(InputError, match=r"^net: its 1000 outputs.*2 of 3 class folders.*'cat', 'dog'"):
        outputs_by_wordnet_id("net", 1000, ("cat", "dog", "n01440764"))


def test_a_head_of_another_size_is_refused() -> None:
    with pytest.raises(InputError, match=r"^net: its head has 21841 outputs, the images have 2 classes"):
        outputs_by_wordnet_id("net", 21841, ("n01440764", "n02123045"))


def test_a_head_with_one_output_a_class_is_taken_in_the_order_of_the_classes() -> None:
    assert outputs_by_order(3, ("a", "b", "c")) == (0, 1, 2)
    assert outputs_by_order(1000, ("a", "b", "c")) is None
