"""How often observers called images of each group by the name of each group."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from analysis.report.groups import answer_shares, easiest_first, missing_by_group
from analysis.report.section import Section, key
from analysis.report.task import StudyReport
from stimuli.records import StimulusSet


@dataclass(frozen=True)
class NamedGroups:
    """Names that images of each group were given.

    Attributes
    ----------
    groups : list of str
        From easy to hard for networks.
    missing : dict of str to int
        Trials without an answer, by group, before any exclusion.
    shares : DataFrame
        As `named_groups` returns it.
    """

    groups: list[str]
    missing: dict[str, int]
    shares: pd.DataFrame


def compute(report: StudyReport) -> NamedGroups:
    """Count the answers that are right or wrong."""
    data = report.data
    groups = easiest_first(data.stimulus_set)
    shares = named_groups(data.answers, data.stimulus_set, report.level)
    return NamedGroups(groups, missing_by_group(data, groups), shares)


def named_groups(sessions: pd.DataFrame, stimulus_set: StimulusSet, level: float) -> pd.DataFrame:
    """Return how often images of each group were called by the name of each group, with intervals.

    Returns
    -------
    DataFrame, one row a group and a name, both from easy to hard
        `group`, `response`, `n_answers` (to images of this group), `n`, `share`, `low`, `high`: for new
        observers and new images; `reason`, why something is missing.
    """
    groups = easiest_first(stimulus_set)
    rows = sessions[sessions["response"].notna() & sessions["group"].notna()]
    places = {group: float(place) for place, group in enumerate(groups)}
    group, answer = (rows[name].astype(object).map(places).astype(float) for name in ("group", "response"))
    observer, item = rows["participant"].astype(str), rows["trial_id"].astype(str)
    found = answer_shares(groups, groups, group, answer, observer, item, level)
    return found.drop(columns="rating").rename(columns={"answer": "response", "n_ratings": "n_answers"})


SECTION = Section(
    name="named_groups",
    compute=compute,
    results=key("named"),
    tables={"named": lambda found, _: found.shares},
)
