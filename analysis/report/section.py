"""Sections, which a report is made of, and the report that they are computed from.

A module of `analysis.report.sections` has a function `compute`, which returns a frozen record of results,
functions that draw figures and make tables of the record, and a template of the same name, which writes its
part of the page. All of them are named in the `Section` at the end of the module.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Generic, TypeVar, Union

import numpy as np
import pandas as pd

from analysis.data.compared_models import ComparedModels
from tricky.core.randomness import generator

if TYPE_CHECKING:
    from matplotlib.figure import Figure


Result = TypeVar("Result")
Record = TypeVar("Record")
AnyReport = TypeVar("AnyReport", bound="Report")

Drawn = Union["Figure", "Sequence[Figure]", None]
"""A figure, several that are numbered from 1, or None where there is nothing to draw."""
Tabulated = pd.DataFrame | Sequence[pd.DataFrame] | None
"""A table, several that are numbered from 1, or None where there is none."""


@dataclass(frozen=True, kw_only=True)
class Report:
    """What a report is about, and what its sections have computed so far.

    Attributes
    ----------
    title : str
        Name of the study.
    seed : int
        Seed of the study.
    level : float
        Coverage of intervals.
    """

    title: str
    seed: int
    level: float
    _computed: dict[Any, Any] = field(default_factory=dict, repr=False, compare=False)

    def of(self: AnyReport, compute: Callable[[AnyReport], Result]) -> Result:
        """Return what a function computes from this report; it runs once, whoever asks."""
        if compute not in self._computed:
            self._computed[compute] = compute(self)
        return self._computed[compute]


@dataclass(frozen=True, kw_only=True)
class DynamicsReport(Report):
    """The comparison of a study's models, decision by decision.

    Attributes
    ----------
    models : ComparedModels
    tolerance : int
        Models that may dissent about a trivial or an impossible image.
    superclass_of : mapping of str to str, or None
        Class name → superclass.
    representations : mapping of str to ndarray of float, shape (n_models, n_models)
        Layer → representational consistency of the models.
    """

    models: ComparedModels
    tolerance: int
    superclass_of: Mapping[str, str] | None
    representations: Mapping[str, np.ndarray]

    def generator(self, *purpose: str) -> np.random.Generator:
        """Return the random generator for one purpose; different purposes have independent streams."""
        return generator(self.seed, "dynamics", *purpose)


@dataclass(frozen=True, eq=False, kw_only=True)
class Section(Generic[AnyReport, Record]):
    """One part of a report.

    Attributes
    ----------
    name : str
        Of the module, and of the template.
    compute : callable
        Report → record of results.
    results : callable
        Record → entries of ``results.json``. Entries that several sections share are mappings, and merged.
    figures : mapping of str to callable
        Name → function of record and report that draws the figure.
    tables : mapping of str to callable
        Name → function of record and report that returns the table.
    pictures : callable or None
        Record, report → images that the template shows.
    observers : callable or None
        Record → table for the terminal, one row an observer.
    sentence : callable or None
        Record, report → main result in a sentence, for the terminal.
    needs_labels : bool
        Whether it is about how hard images are for networks: left out of reports of imported sessions whose
        images the study has not labelled.
    """

    name: str
    compute: Callable[[AnyReport], Record]
    results: Callable[[Record], Mapping[str, Any]]
    figures: Mapping[str, Callable[[Record, AnyReport], Drawn]] = field(default_factory=dict)
    tables: Mapping[str, Callable[[Record, AnyReport], Tabulated]] = field(default_factory=dict)
    pictures: Callable[[Record, AnyReport], Any] | None = None
    observers: Callable[[Record], pd.DataFrame] | None = None
    sentence: Callable[[Record, AnyReport], str] | None = None
    needs_labels: bool = False


def page_only(name: str) -> Section[Any, None]:
    """Return a section that writes its part of the page from the results of the others."""
    return Section(name=name, compute=lambda _: None, results=lambda _: {})


def key(name: str) -> Callable[[Any], dict[str, Any]]:
    """Return the usual `results` of a section: its record under one key."""
    return lambda record: {name: record}
