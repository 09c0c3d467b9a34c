"""The facts of a methods section: how sessions were run and stimuli chosen, as their own files say."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from analysis.data.study_data import Evidence


def methods_content(evidence: Evidence) -> dict[str, Any]:
    """Return what a methods section says beyond the results; what nobody recorded is null."""
    rows = evidence.recorded[evidence.recorded["scored"]]
    settings = [condition["settings"].get("experiment", {}) for condition in evidence.conditions]
    apparatus = [condition["apparatus"] for condition in evidence.conditions]
    stimuli = evidence.stimulus_set.settings
    timing = rows["timing_ok"].dropna() if "timing_ok" in rows else rows["correct"].iloc[:0]
    return {
        "n_participants": int(evidence.recorded["participant"].nunique()),
        "n_sessions": evidence.n_sessions,
        "n_practice": int((evidence.trials["block"] == "practice").sum()),
        "n_catch": int(evidence.trials["catch"].sum()),
        "n_repeats": int(evidence.trials["repeats"].notna().sum()),
        "n_scored": int(evidence.trials["scored"].sum()),
        "image_height_deg": _common(settings, "image_height_deg"),
        "inter_trial_interval_s": _common(settings, "inter_trial_interval_s"),
        "viewing_distance_cm": _common([each.get("monitor", {}) for each in settings], "viewing_distance_cm"),
        "screen_width_cm": _common([each.get("monitor", {}) for each in settings], "width_cm"),
        "screen_px": _common(apparatus, "screen_px"),
        "refresh_rate_hz": _refresh(apparatus),
        "keyboard": _common(apparatus, "keyboard"),
        "psychopy": _common([condition["versions"] for condition in evidence.conditions], "psychopy"),
        "timing_ok_share": None if timing.empty else float(timing.astype(float).mean()),
        "groups": stimuli.groups,
        "matched_on": [*stimuli.match.covariates, *stimuli.match.exact],
        "view": stimuli.export.view,
    }


def _common(sources: Sequence[Mapping[str, Any]], key: str) -> Any:
    """Return the value that all sources share, or null where they differ or none has it."""
    values = Counter(repr(source.get(key)) for source in sources)
    return sources[0].get(key) if len(values) == 1 else None


def _refresh(apparatus: Sequence[Mapping[str, Any]]) -> float | None:
    """Return the screen's refresh rate, the lowest where sessions measured different ones."""
    periods = [(each.get("screen_refresh") or {}).get("period_s") for each in apparatus]
    known = [float(period) for period in periods if period]
    return 1 / max(known) if known else None
