"""Reports of small studies, and the words on their pages."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from html.parser import HTMLParser
from pathlib import Path
from typing import TYPE_CHECKING, Any

from analysis.data.study_data import Choice, Selection, SettingChoice
from analysis.report.build import Results, write_report
from analysis.report.task import StudyReport
from analysis.settings import AnalyseSettings

if TYPE_CHECKING:
    from model_eval.images.image_source import ImageSource

QUESTIONS = [
    {"name": "clear", "text": "How clear is it?", "answers": ["hardly", "somewhat", "very"]},
    {"name": "odd", "text": "Is it odd?", "answers": ["no", "yes"]},
]
SINGLE: dict[str, Any] = {"task": "single", "trials": 40, "repeat_trials": 4, "confidence_levels": 3}
RATING: dict[str, Any] = {
    "task": "rating",
    "groups": ["trivial", "in-between", "impossible"],
    "trials": 36,
    "questions": QUESTIONS,
}
"""Settings of small stimulus sets of the other tasks."""


def report(
    root: Path,
    source: ImageSource | None = None,
    *,
    observers: Choice = "auto",
    title: str = "Small study",
    seed: int = 1,
    labels: Path | None = None,
    setting: SettingChoice = "auto",
    **settings: Any,
) -> Results[StudyReport]:
    """Write the report of a study about its set ``main``; `settings` are those of ``[analyse]``."""
    return write_report(
        root,
        AnalyseSettings.model_validate(settings),
        Selection("main", observers, labels, setting),
        title=title,
        seed=seed,
        source=source,
    )


class Text(HTMLParser):
    """The words of a page outside of style, script, listings and filters."""

    HIDDEN = ("style", "script", "pre", "select")

    def __init__(self, page: str) -> None:
        super().__init__()
        self.words: list[str] = []
        self.hidden = 0
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: Sequence[tuple[str, str | None]]) -> None:  # noqa: ARG002
        self.hidden += tag in self.HIDDEN

    def handle_endtag(self, tag: str) -> None:
        self.hidden -= tag in self.HIDDEN

    def handle_data(self, data: str) -> None:
        if not self.hidden:
            self.words.append(data)


def text_of(results: Results[Any]) -> str:
    """Return the words of a report's page."""
    return re.sub(r"\s+", " ", " ".join(Text(results.page.read_text(encoding="utf-8")).words))


def numbers_in(value: Any) -> Iterator[float]:
    """Yield every number in the content of a JSON file."""
    if isinstance(value, Mapping):
        for each in value.values():
            yield from numbers_in(each)
    elif isinstance(value, list):
        for each in value:
            yield from numbers_in(each)
    elif isinstance(value, float | int) and not isinstance(value, bool):
        yield value
