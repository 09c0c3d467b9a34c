"""How the numbers were computed, and what a methods section says about the study."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from analysis.report.section import Section
from analysis.report.task import StudyReport


@dataclass(frozen=True)
class Methods:
    """Facts about sessions and stimuli, from their own files; None where nobody recorded them.

    Attributes
    ----------
    n_participants, n_sessions : int
    n_practice, n_catch, n_repeats, n_scored : int
        Trials of the set.
    image_height_deg, inter_trial_interval_s, viewing_distance_cm, screen_width_cm : float or None
    screen_px : sequence of int or None
        Width and height.
    refresh_rate_hz : float or None
    keyboard, psychopy : str or None
        Backend of the keyboard, and version.
    timing_ok_share : float or None
        Share of trials with good timing.
    groups, matched_on : sequence of str
        Of the stimulus set.
    view : str
        How the images of the set were made.
    """

    n_participants: int
    n_sessions: int
    n_practice: int
    n_catch: int
    n_repeats: int
    n_scored: int
    image_height_deg: Any
    inter_trial_interval_s: Any
    viewing_distance_cm: Any
    screen_width_cm: Any
    screen_px: Any
    refresh_rate_hz: float | None
    keyboard: Any
    psychopy: Any
    timing_ok_share: float | None
    groups: Sequence[str]
    matched_on: Sequence[str]
    view: str


@dataclass(frozen=True)
class MethodsAndLists:
    """Facts for a methods section, and the lists and tables that the study names.

    Attributes
    ----------
    methods : Methods
    lists : list of dict
        `list`, `n_entries` and `n_matched`, as the stages found them.
    """

    methods: Methods
    lists: list[dict[str, Any]]


def compute(report: StudyReport) -> MethodsAndLists:
    """Collect what the files of the study say."""
    data = report.data
    settings = [condition["settings"].get("experiment", {}) for condition in data.conditions]
    apparatus = [condition["apparatus"] for condition in data.conditions]
    monitors = [each.get("monitor", {}) for each in settings]
    stimuli = data.stimulus_set.settings
    timing = (
        data.scored["timing_ok"].dropna() if "timing_ok" in data.scored else data.scored["correct"].iloc[:0]
    )
    methods = Methods(
        n_participants=int(data.recorded["participant"].nunique()),
        n_sessions=data.n_sessions,
        n_practice=int((data.trials["block"] == "practice").sum()),
        n_catch=int(data.trials["catch"].sum()),
        n_repeats=int(data.trials["repeats"].notna().sum()),
        n_scored=int(data.trials["scored"].sum()),
        image_height_deg=_common(settings, "image_height_deg"),
        inter_trial_interval_s=_common(settings, "inter_trial_interval_s"),
        viewing_distance_cm=_common(monitors, "viewing_distance_cm"),
        screen_width_cm=_common(monitors, "width_cm"),
        screen_px=_common(apparatus, "screen_px"),
        refresh_rate_hz=_refresh(apparatus),
        keyboard=_common(apparatus, "keyboard"),
        psychopy=_common([condition["versions"] for condition in data.conditions], "psychopy"),
        timing_ok_share=None if timing.empty else float(timing.astype(float).mean()),
        groups=stimuli.groups,
        matched_on=[*stimuli.match.covariates, *stimuli.match.exact],
        view=stimuli.export.view,
    )
    lists = [
        {"list": name, **counts.model_dump()}
        for manifest in (*([] if data.labels is None else [data.labels.manifest]), data.stimulus_set.manifest)
        for name, counts in manifest.matched.items()
    ]
    return MethodsAndLists(methods, lists)


def _common(sources: Sequence[Mapping[str, Any]], key: str) -> Any:
    """Return the value that all sources share; None where they differ or have none."""
    values = Counter(repr(source.get(key)) for source in sources)
    return sources[0].get(key) if len(values) == 1 else None


def _refresh(apparatus: Sequence[Mapping[str, Any]]) -> float | None:
    """Return the screen's refresh rate, the lowest if sessions measured different rates."""
    periods = [(each.get("screen_refresh") or {}).get("period_s") for each in apparatus]
    known = [float(period) for period in periods if period]
    return 1 / max(known) if known else None


SECTION = Section(
    name="methods",
    compute=compute,
    results=lambda found: {"methods": found.methods, "lists": found.lists},
)
