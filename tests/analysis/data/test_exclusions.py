import pandas as pd
import pytest

from analysis.data.exclusions import exclude
from analysis.settings import ExcludeSettings
from tricky.core.errors import InputError


def session(participant, *, number=None, catch=(), missing=0, times=None, bad_timing=()):
    """Return ten scored trials and one row a catch trial (right or not)."""
    n = 10 - missing
    rows = [
        {
            "catch": False,
            "scored": True,
            "correct": True,
            "timing_ok": i not in bad_timing,
            "response_time": (times or {}).get(i, 1.0),
        }
        for i in range(n)
    ] + [
        {"catch": True, "scored": False, "correct": right, "timing_ok": True, "response_time": 1.0}
        for right in catch
    ]
    table = pd.DataFrame(rows).astype({"correct": "boolean", "timing_ok": "boolean"})
    return table.assign(participant=participant, session=number, n_expected=10)


def together(*sessions):
    return pd.concat(sessions, ignore_index=True)


def test_without_rules_every_scored_answer_counts_and_nothing_else():
    done = exclude(together(session("01", catch=[False]), session("02", missing=4)), ExcludeSettings())
    assert len(done.kept) == 16
    assert done.kept["scored"].all()
    assert (done.n_sessions, done.n_trials) == (0, 0)
    assert done.sessions["share_missing"].tolist() == pytest.approx([0, 0.4])


def test_each_rule_takes_what_it_says_in_the_stated_order_and_is_counted():
    rules = ExcludeSettings(
        sessions={"01": "fell asleep"},
        min_catch_accuracy=0.75,
        timing_ok=True,
        min_response_time_s=0.2,
        max_response_time_s=5.0,
        max_share_missing=0.25,
    )
    data = together(
        session("01", catch=[False, False]),
        session("02", catch=[True, False]),
        session("03", catch=[True, True, True, False], times={0: 0.1, 1: 9.0}, bad_timing=[0]),
        session("04", missing=1, times={0: 0.1, 1: 0.1}),
        session("05", times={3: 0.2, 4: 5.0}),
    )
    done = exclude(data, rules)
    table = done.sessions.set_index("participant")
    assert table["excluded_by"].fillna("").tolist() == ["named", "catch", "", "missing", ""]
    assert table.loc["01", "reason"] == "fell asleep"
    assert table.loc["02", "reason"] == "50% of catch trials right"
    # Trial 0 of the third broke two rules and counts under the first.
    assert list(table.loc["03", ["timing", "too_fast", "too_slow", "n_kept"]]) == [1, 0, 1, 8]
    assert table.loc["05", "n_kept"] == 10
    assert done.kept.groupby("participant").size().to_dict() == {"03": 8, "05": 10}
    assert done.n_trials == 10 + 10 + 2 + 9


def test_one_session_of_several_can_be_named():
    data = together(session("01", number="1"), session("01", number="2"))
    done = exclude(data, ExcludeSettings(sessions={"sub-01/ses-2": "fire alarm"}))
    assert done.kept["session"].unique().tolist() == ["1"]


def test_a_name_that_is_not_there_is_refused():
    for name, hint in {"9": "did you mean '09'", "09/2": "did you mean '09'", "x": "there are '09'"}.items():
        with pytest.raises(InputError, match=f"no session of this report is called '{name}'; {hint}"):
            exclude(session("09"), ExcludeSettings(sessions={name: "typing error"}))


def test_a_trial_without_an_answer_is_missing():
    done = exclude(session("01", times={0: float("nan")}), ExcludeSettings(max_share_missing=0.05))
    assert done.sessions.loc[0, "excluded_by"] == "missing"


def test_times_out_of_order_are_refused():
    with pytest.raises(ValueError, match="min_response_time_s"):
        ExcludeSettings(min_response_time_s=3, max_response_time_s=2)


def test_interrupted_trials_and_repeated_sessions_of_browsers_are_excluded_if_the_study_says_so():
    online = session("web0001").assign(focus_lost=[0, 2, *[0] * 8], left_full_screen=[0, 0, 1, *[0] * 7])
    again = session("web0002").assign(focus_lost=0, left_full_screen=0)
    data = together(
        online.assign(earlier_sessions=0), again.assign(earlier_sessions=1), session("01")
    ).astype(dict.fromkeys(["focus_lost", "left_full_screen", "earlier_sessions"], "Int64"))
    assert len(exclude(data, ExcludeSettings()).kept) == 30
    done = exclude(data, ExcludeSettings(focus=True, repeated=True))
    table = done.sessions.set_index("participant")
    assert table["focus"].to_dict() == {"web0001": 2, "web0002": 0, "01": 0}
    assert table["excluded_by"].fillna("").to_dict() == {"web0001": "", "web0002": "repeated", "01": ""}
    assert table["reason"].fillna("").str.contains("1 other session").sum() == 1
    assert done.kept.groupby("participant").size().to_dict() == {"web0001": 8, "01": 10}
