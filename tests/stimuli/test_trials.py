"""How trials are dealt out to sessions, and named."""

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from stimuli.records import Block
from stimuli.trials import Slot, deal, slots_of, trial_id_of, trials_of


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
