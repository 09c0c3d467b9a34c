"""The report as one page of HTML that needs nothing but itself."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from analysis.report.figures import ROWS_UP_TO
from analysis.report.pictures import Picture

TEMPLATES = Path(__file__).parent / "templates"
NOTHING = "–"
"""What stands where a number is undefined."""


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
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters |= {
        "percent": percent,
        "fixed": fixed,
        "count": count,
        "plural": plural,
        "p_value": p_value,
        "pretty": lambda value: json.dumps(value, indent=2, ensure_ascii=False),
    }
    environment.globals["rows_up_to"] = ROWS_UP_TO
    return environment.get_template(template).render(**values)


def percent(share: float | None, digits: int = 1) -> str:
    """Return a share as a percentage: ``81.4%``."""
    return NOTHING if share is None else f"{share:z.{digits}%}".replace("-", "−")


def fixed(value: float | None, digits: int = 2) -> str:
    """Return a number with so many digits and a true minus sign."""
    return NOTHING if value is None else f"{value:z.{digits}f}".replace("-", "−")


def p_value(p: float | None) -> str:
    """Return a p value as papers print it: ``p = 0.023``, ``p < 0.001``."""
    if p is None:
        return "p undefined"
    return "p < 0.001" if p < 0.001 else f"p = {p:.3f}"


def count(value: int | None) -> str:
    """Return a whole number with its thousands set apart: ``50,000``."""
    return NOTHING if value is None else f"{value:,}"


def plural(n: int, noun: str) -> str:
    """Return a number with its noun: ``1 observer``, ``12 observers``."""
    return f"{n:,} {noun}{'' if n == 1 else 's'}"
