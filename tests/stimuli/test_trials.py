"""How trials are dealt out to sessions, and named."""

from collections import Counter

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from stimuli.records import Block
from stimuli.trials import Slot, deal, images_to_tuples, repartner, slots_of, trial_id_of, trials_of


def spread(counts, keys):
    return max(counts[key] for key in keys) - min(counts[key] for key in keys)


@given(
    per_kind=st.lists(st.integers(1, 9), min_size=1, max_size=3),
    n_catch=st.integers(0, 5),
    n_sessions=st.integers(1, 4),
    n_repeats=st.integers(0, 6),
)
def test_sessions_differ_by_at_most_one_of_anything(per_kind, n_catch, n_sessions, n_repeats):
    kinds = [f"kind {kind}" for kind, n in enumerate(per_kind) for _ in range(n)]
    slots = [Slot(Block.MAIN, (f"i{number}",)) for number in range(len(kinds))]
    slots += [Slot(Block.MAIN, (f"c{number}",), catch=True) for number in range(n_catch)]
    n_repeats = min(n_repeats, len(kinds))
    dealt = deal(slots, kinds + ["kind 0"] * n_catch, n_sessions, n_repeats)
    sessions = range(1, n_sessions + 1)
    assert sorted(slot.images for slot in dealt) == sorted(slot.images for slot in slots)
    assert spread(Counter(slot.session for slot in dealt if not slot.catch), sessions) <= 1
    assert spread(Counter(slot.session for slot in dealt if slot.catch), sessions) <= 1
    assert spread(Counter(slot.session for slot in dealt), sessions) <= 1
    kind_of = {slot.images: kind for slot, kind in zip(slots, kinds, strict=False)}
    for kind in set(kinds):
        of_kind = Counter(slot.session for slot in dealt if kind_of.get(slot.images) == kind)
        assert spread(of_kind, sessions) <= 1
    assert sum(slot.repeated for slot in dealt) == n_repeats
    assert not any(slot.repeated and slot.catch for slot in dealt)
    if n_repeats <= min(Counter(slot.session for slot in dealt if not slot.catch).values()):
        assert spread(Counter(slot.session for slot in dealt if slot.repeated), sessions) <= 1


def test_trials_can_be_read_back_as_slots():
    slots = [
        Slot(Block.PRACTICE, ("a", "b")),
        Slot(Block.MAIN, ("c", "d"), session=2, repeated=True),
        Slot(Block.MAIN, ("e", "f"), session=1, catch=True),
    ]
    names = {image: f"item-{image}" for image in "abcdef"}
    trials = trials_of(slots, names)
    assert len(trials) == 4
    assert set(slots_of(trials, {item: image for image, item in names.items()})) == set(slots)


def test_the_same_items_are_the_same_trial_in_any_order():
    assert trial_id_of(["item-1", "item-2"]) == trial_id_of(["item-2", "item-1"])
    assert trial_id_of(["item-1", "item-2"]) != trial_id_of(["item-1", "item-2"], repeat=True)


@given(n_tuples=st.integers(1, 6), n_groups=st.integers(1, 3), data=st.data())
def test_single_images_come_as_many_of_each_group_within_one(n_tuples, n_groups, data):
    tuples = [tuple(f"{group}:{number}" for group in range(n_groups)) for number in range(n_tuples)]
    n_images = data.draw(st.integers((n_tuples - 1) * n_groups + 1, n_tuples * n_groups))
    images = [image for (image,) in images_to_tuples(tuples, n_images, np.random.default_rng(0))]
    assert len(images) == len(set(images)) == n_images
    assert spread(Counter(image[0] for image in images), [str(group) for group in range(n_groups)]) <= 1


def test_new_partners_leave_the_groups_as_they_are():
    tuples = [(f"t{number}", f"i{number}") for number in range(50)]
    drawn = repartner(tuples, np.random.default_rng(0))
    assert [set(column) for column in zip(*drawn, strict=True)] == [set(c) for c in zip(*tuples, strict=True)]
    assert sum(pair in tuples for pair in drawn) < 10
