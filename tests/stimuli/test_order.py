"""Orders and sides, for a thousand observers."""

from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from made_up import set_manifest

from stimuli.order import list_of, present
from stimuli.order_check import orders, times_seen
from stimuli.records import Block, Item, StimulusSet, Trial
from tricky.core.errors import InputError
from tricky.core.files import sha256_of


def made_up(n_practice, n_main, *, n_repeats=0, n_sessions=1, distance=0, set_id="abc"):
    items, trials = {}, []
    for number in range(n_practice + n_main):
        pair = [f"i{number}{side}" for side in "ab"]
        for name, n_correct in zip(pair, (0, 11), strict=True):
            items[name] = Item(name, name, "", "", 0, "", "", n_correct, 11)
        block = Block.PRACTICE if number < n_practice else Block.MAIN
        session = (number - n_practice) % n_sessions + 1 if block is Block.MAIN else 0
        trials.append(Trial(f"t{number}", block, tuple(pair), session=session))
        if n_practice <= number < n_practice + n_repeats:
            trials.append(Trial(f"r{number}", block, tuple(pair), session=session, repeats=f"t{number}"))
    manifest = set_manifest(
        set_id=sha256_of(set_id)[:16], settings={"stimuli": {"repeat_distance": distance}}
    )
    return StimulusSet(Path("set"), manifest, items, tuple(trials))


def test_a_thousand_observers_get_balanced_sides_and_short_runs():
    found = orders(made_up(5, 61), [f"{number}" for number in range(1000)])
    assert [order.problems for order in found if order.problems] == []
    assert max(order.longest_run for order in found) == 3
    assert {order.left[Block.MAIN][0] for order in found} == {30, 31}
    # The surplus is a fair coin: 1,000 of them, four SDs.
    assert abs(sum(order.left[Block.MAIN][0] == 31 for order in found) - 500) < 64


def test_a_thousand_observers_get_repeats_apart():
    found = orders(made_up(2, 20, n_repeats=6, distance=10), [f"{number}" for number in range(1000)])
    assert [order.problems for order in found if order.problems] == []
    assert min(order.closest_repeat or 0 for order in found) == 10


@settings(max_examples=100, deadline=None)
@given(
    data=st.data(),
    participant=st.text("abc0123456789", min_size=1),
    set_id=st.text("0123456789abcdef", min_size=1),
)
def test_every_promise_is_kept_for_every_set_and_observer(data, participant, set_id):
    n_main = data.draw(st.integers(1, 30))
    n_repeats = data.draw(st.integers(0, n_main))
    distance = data.draw(st.integers(0, max(0, n_main - 1)))
    stimulus_set = made_up(
        data.draw(st.integers(0, 6)), n_main, n_repeats=n_repeats, distance=distance, set_id=set_id
    )
    (order,) = orders(stimulus_set, [participant])
    assert order.problems == ()
    shown = [each.trial.trial_id for each in present(stimulus_set, participant)]
    assert sorted(shown) == sorted(trial.trial_id for trial in stimulus_set.trials)


def test_plain_trials_are_not_moved_for_the_sake_of_repeats():
    plain = [each.trial.trial_id for each in present(made_up(0, 12), "07")]
    assert plain == [each.trial.trial_id for each in present(made_up(0, 12, distance=5), "07")]


def test_numbered_observers_form_a_latin_square_of_lists_over_sessions():
    stimulus_set = made_up(2, 12, n_sessions=3)
    square = [[list_of(stimulus_set, f"{who:02d}", session) for session in (1, 2, 3)] for who in (1, 2, 3)]
    assert square == [[1, 2, 3], [2, 3, 1], [3, 1, 2]]
    found = orders(stimulus_set, [f"{who:02d}" for who in range(1, 21)])
    assert all(times_seen(stimulus_set, found, session) == (6, 7) for session in (1, 2, 3))
    seen = Counter(each.trial.trial_id for s in (1, 2, 3) for each in present(stimulus_set, "04", s))
    assert all(seen[f"t{number}"] == (3 if number < 2 else 1) for number in range(14))


def test_a_session_that_the_set_does_not_have_is_refused():
    with pytest.raises(InputError, match="has 2 sessions; there is no session 3"):
        present(made_up(0, 4, n_sessions=2), "01", 3)


def test_a_set_of_one_list_can_be_shown_in_any_session_each_in_another_order():
    stimulus_set = made_up(0, 20)
    first, second = (present(stimulus_set, "01", session) for session in (1, 2))
    assert [each.trial for each in first] != [each.trial for each in second]
