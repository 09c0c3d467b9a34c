"""The report as one page of HTML that needs nothing but itself."""

from __future__ import annotations

import base64
import functools
import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from analysis.report.figures import ROWS_UP_TO
from analysis.report.formatting import (
    Footnotes,
    between,
    count,
    fixed,
    in_words,
    interval,
    p_value,
    percent,
    plural,
    points,
    reason_of,
    stated,
)
from analysis.report.pictures import Picture

if TYPE_CHECKING:
    from jinja2 import Environment

TEMPLATES = Path(__file__).parent / "templates"


@dataclass(frozen=True)
class Pictures:
    """The pictures of a page.

    Attributes
    ----------
    figures : dict of str to str
        Name of the figure → ``data:`` URI.
    examples : dict of str to sequence of Picture
        Difficulty → one picture for each example, in order; empty where there are none.
    no_examples : str
        Why there are none, as a sentence; empty where there are.
    items : dict of str to Picture
        `item_id` → picture, for the items of the trials that are shown.
    thumbnails : dict of str to Picture
        `item_id` → small picture, for the items of the trials that are listed.
    """

    figures: Mapping[str, str]
    examples: Mapping[str, Sequence[Picture]]
    no_examples: str
    items: Mapping[str, Picture]
    thumbnails: Mapping[str, Picture]


def render(content: Mapping[str, Any], pictures: Pictures, *, sections: str, unit: str) -> str:
    """Fill a report; every number in it comes from `content`.

    Parameters
    ----------
    content : mapping
        As in ``results.json``.
    pictures : Pictures
    sections : str
        Folder of the templates of what observers did.
    unit : str
        What an answer is about: a ``pair``, or an ``image``.
    """
    from markupsafe import Markup

    # The one script of the page is named by its hash, so that a browser runs no other.
    script = (TEMPLATES / "explorer.js").read_text(encoding="utf-8")
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    return fill(
        "report.html.jinja",
        **content,
        sections=sections,
        unit=unit,
        pictures=pictures,
        script=Markup(script),
        script_sha256=digest,
    )


def fill(template: str, **values: Any) -> str:
    """Fill a page; every text is escaped, and the same values give the same bytes."""
    return _environment().get_template(template).render(**values)


@functools.cache
def _environment() -> Environment:
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    shown = (between, fixed, count, in_words, interval, p_value, percent, plural, points, reason_of, stated)
    environment.filters |= {each.__name__: each for each in shown}
    environment.filters["pretty"] = lambda value: json.dumps(value, indent=2, ensure_ascii=False)
    environment.globals |= {"rows_up_to": ROWS_UP_TO, "footnotes": Footnotes}
    return environment
