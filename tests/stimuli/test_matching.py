"""Optimal partners, against brute force and scipy's matching of graphs."""

import itertools

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse import csr_array
from scipy.sparse.csgraph import maximum_bipartite_matching

from stimuli.eligibility import Candidates, cap_classes
from stimuli.matching import Space, assign, draw_tuples
from stimuli.settings import StimulusSettings
from tricky.core.errors import InputError


def frame(rng, n_trivial, n_impossible, n_classes=3):
    n = n_trivial + n_impossible
    return pd.DataFrame(
        {
            "group": ["trivial"] * n_trivial + ["impossible"] * n_impossible,
            "class_name": [chr(97 + i) for i in rng.integers(0, n_classes, n)],
            "x": rng.normal(size=n),
            "y": rng.normal(size=n) * 50,
        },
        index=pd.Index([f"{i:03d}" for i in range(n)], name="image_id"),
    )


def asked(**match):
    return StimulusSettings.model_validate({"trials": 4, "practice_trials": 0, "match": match})


@settings(max_examples=30, deadline=None)
@given(seed=st.integers(0, 2**32), n_references=st.integers(1, 4), n_others=st.integers(4, 6))
def test_no_assignment_has_a_smaller_sum_of_distances(seed, n_references, n_others):
    rows = frame(np.random.default_rng(seed), n_others, n_references).assign(_stratum=0)
    others, references = rows[rows["group"] == "trivial"], rows[rows["group"] == "impossible"]
    space = Space.of(rows, asked(covariates=["x", "y"]).match)
    distances = space.distances(references, others)
    found = assign(references, others, space, None)
    total = distances[np.arange(n_references), found].sum()
    best = min(
        sum(distances[i, j] for i, j in enumerate(each))
        for each in itertools.permutations(range(n_others), n_references)
    )
    assert total == pytest.approx(best)
    assert len(set(found.tolist())) == n_references


@settings(max_examples=60, deadline=None)
@given(seed=st.integers(0, 2**32), caliper=st.sampled_from([None, 0.3, 1.0]))
def test_as_many_matched_pairs_are_found_as_there_can_be(seed, caliper):
    rows = frame(np.random.default_rng(seed), 8, 6)
    match = asked(covariates=["x", "y"], exact=["class_name"], caliper_sd=caliper)
    space = Space.of(rows, match.match)
    left, right = (rows[rows["group"] == group] for group in ("impossible", "trivial"))
    distances = space.distances(left, right)
    allowed = left["class_name"].to_numpy()[:, None] == right["class_name"].to_numpy()[None, :]
    if caliper is not None:
        allowed &= distances <= caliper
    most = int((maximum_bipartite_matching(csr_array(allowed), perm_type="column") >= 0).sum())
    allowed = pd.DataFrame(allowed, index=left.index, columns=right.index)
    candidates = Candidates(rows, ())
    if most:
        pairs = draw_tuples(candidates, match, most)
        assert len({image for pair in pairs for image in pair}) == 2 * most
        assert all(allowed.loc[impossible, trivial] for trivial, impossible in pairs)
    if most < 6:
        with pytest.raises(InputError, match=rf"{most} at most can be formed of 6 impossible"):
            draw_tuples(candidates, match, most + 1)


def test_matching_brings_groups_together_that_lie_apart():
    rng = np.random.default_rng(3)
    rows = frame(rng, 600, 60)
    rows.loc[rows["group"] == "impossible", "x"] += 1.0
    rows = rows.sample(frac=1, random_state=1)
    apart = []
    for match in (asked(), asked(covariates=["x"])):
        first, second = zip(*draw_tuples(Candidates(rows, ()), match, 40), strict=True)
        apart.append(abs(rows.loc[list(first), "x"].mean() - rows.loc[list(second), "x"].mean()))
    assert apart[0] > 0.6
    assert apart[1] < 0.05


def test_a_class_that_cannot_be_matched_is_named():
    rows = frame(np.random.default_rng(0), 20, 6, n_classes=1)
    rows.loc[rows["group"] == "impossible", "class_name"] = "zebra"
    with pytest.raises(
        InputError, match=r"4 matched tuples needed .* 0 at most .*most of them with class_name = zebra"
    ):
        draw_tuples(Candidates(rows, ()), asked(exact=["class_name"]), 4)


@settings(max_examples=60, deadline=None)
@given(seed=st.integers(0, 2**32), cap=st.integers(1, 5), exact=st.booleans())
def test_capped_classes_leave_as_many_pairs_as_can_be(seed, cap, exact):
    rows = frame(np.random.default_rng(seed), 9, 6)
    settings_ = StimulusSettings.model_validate(
        {"eligible": {"max_per_class": cap}, "match": {"exact": ["class_name"] if exact else []}}
    )
    left = cap_classes(Candidates(rows, ()), settings_).rows
    assert left["class_name"].value_counts().max() <= cap
    sizes = pd.crosstab(rows["class_name"], rows["group"])
    ways = [
        [(t, i) for t in range(size["trivial"] + 1) for i in range(size["impossible"] + 1) if t + i <= cap]
        for _, size in sizes.iterrows()
    ]

    def n_pairs(counts):
        if exact:
            return sum(min(t, i) for t, i in counts)
        return min(sum(t for t, _ in counts), sum(i for _, i in counts))

    found = pd.crosstab(left["class_name"], left["group"])
    found = found.reindex(columns=["trivial", "impossible"], fill_value=0)
    have = n_pairs(list(found.itertuples(index=False, name=None)))
    assert have == max(n_pairs(each) for each in itertools.product(*ways))
