"""The columns of all frames and tables of this package."""

from __future__ import annotations

from tricky.core.tasks import known_places

ENTITIES = ("participant", "session", "kind", "set_id")
"""Columns of `read_sessions` that name a session."""

SESSION_COLUMNS = ("complete", "interrupted", "forced", "setting", "earlier_sessions")
"""Columns about a whole session, on each of its rows."""

ABOUT_TRIALS = ("block", "list", "catch", "repeats", "condition", "scored", "labelled", "right_answer")
"""Columns about a trial and its scoring; all others are about its items."""

ABOUT_ITEM = ("item", "class", "difficulty", "n_correct", "n_models", "share")
"""Endings of the columns of a trial's item, after the name of its place."""

JOINED_COLUMNS = ("session_key", "n_expected", "answered")
"""Columns that joining adds to sessions and trials."""

INTERNAL_COLUMNS = ("observer", "study", "rating", "index", "level_0", "level_1", "key_0", "_file")
"""Columns that frames of sessions have temporarily while they are read, compared or scored."""

EXCLUSION_COLUMNS = (
    *("participant", "session", "n_expected", "n_recorded", "timing", "focus", "too_fast", "too_slow"),
    "n_kept",
    *("n_unanswered", "catch_accuracy", "share_missing", "excluded_by", "reason"),
)
"""One row for each session: what was excluded, and why."""

_REPORT_COLUMNS = (
    # models and images
    *("model", "name", "source", "family", "weights", "weights_sha256", "n_parameters", "arithmetic"),
    *("accuracy", "n_correct", "difficulty", "n_images", "what", "left_out", "n_models", "n_pools", "sd"),
    *("trivial", "in-between", "impossible", "trivial_change", "impossible_change", "n_relabelled"),
    *("stability", "share", "low", "high"),
    # observers
    *("n_trials", "median_response_time_s", "d_prime", "d_prime_low", "d_prime_high"),
    *("criterion", "criterion_low", "criterion_high", "accuracy_left", "accuracy_right"),
    *("accuracy_hard", "accuracy_easy", "side_bias", "side_bias_low", "side_bias_high"),
    *("group_bias", "group_bias_low", "group_bias_high", "first_half", "second_half"),
    *("half_change", "half_change_low", "half_change_high", "median_right_s", "median_wrong_s"),
    *("time_ratio", "time_ratio_low", "time_ratio_high", "n_repeats", "repeat_kappa"),
    *("repeat_agreement", "repeat_agreement_low", "repeat_agreement_high"),
    *("type_2_area", "type_2_area_low", "type_2_area_high", "confidence", "n_observers", "method"),
    *("other_observer", "other_model"),
    *("between", "value", "estimate", "level", "reason", "n_items", "n_pairs", "n_undefined", "p_value"),
    "n_permutations",
    # trials and items
    *("n_answers", "shrunk_accuracy", "gap", "image_share", "network", "measure"),
    *("kappa", "kappa_low", "kappa_high", "response", "n"),
    # ratings
    *("group", "question", "answer", "n_missing", "n_ratings", "mean", "slope", "slope_low", "slope_high"),
    *("alpha", "alpha_low", "alpha_high"),
    # studies
    *("kind", "difference", "difference_low", "difference_high", "difference_p", "difference_method"),
    # dynamics
    *("condition", "models", "values", "in_between", "epoch", "accuracy_mean", "accuracy_base"),
    *("flips_mean", "flips_base", "forgetting_events", "class_name", "superclass", "divergence"),
    *("accuracy_low", "accuracy_high", "accuracy_in_between", "kappa_all", "kappa_in_between"),
    *("image_id", "label", "subset", "labelled_by", "independent", "n_label_errors", "reliability"),
    *(f"{kind}_{end}" for kind in ("trivial", "in-between", "impossible") for end in ("low", "high")),
)

REASON = "_reason"
"""Ending of the name of a column with reasons why numbers of another column are missing."""

REPORT_COLUMNS = (*_REPORT_COLUMNS, *(column + REASON for column in _REPORT_COLUMNS))
"""Columns of tables in ``report/tables/``, apart from those named after questions and participants."""

POWER_COLUMNS = ("n_observers", "n_trials", "power", "power_error", "width", "width_90")
"""Columns of ``power/power.csv``."""

OF_QUESTIONS = (
    *("_mean", "_mean_reason", "_correlation", "_correlation_low", "_correlation_high"),
    "_correlation_reason",
)
"""Endings of the names of columns about a question in the tables of a report."""


def trial_columns() -> tuple[str, ...]:
    """Return the columns of `trials_of`, of all tasks."""
    items = (f"{place}_{what}" for place in known_places() for what in ABOUT_ITEM)
    return ("trial_id", *ABOUT_TRIALS, *items, "gap", "group")


def tables() -> dict[str, tuple[str, ...]]:
    """Return the columns of each table."""
    return {
        "the sessions that `read_sessions` returns": (*ENTITIES, *SESSION_COLUMNS),
        "sessions joined with their trials": (*trial_columns(), *JOINED_COLUMNS, *INTERNAL_COLUMNS),
        "report/tables/exclusions.csv": EXCLUSION_COLUMNS,
        "tables of the report": REPORT_COLUMNS,
        "power/power.csv": POWER_COLUMNS,
    }
