"""A report as one self-contained HTML page, put together from the templates of its sections."""

from __future__ import annotations

import base64
import functools
import hashlib
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

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
from analysis.report.style import ROWS_UP_TO

if TYPE_CHECKING:
    from jinja2 import Environment

TEMPLATES = Path(__file__).parent / "templates"
PARTS = (
    *("contents", "heading", "body"),
    *("lead", "summary", "key_numbers", "remarks", "comparison"),
    *("analysis", "definitions"),
)
"""What the template of a section may define, each as a macro.

`contents`, `heading` and `body` are its place in the table of contents, its heading and its text; a section
without a body is not shown. The others are its contributions to the summary (`lead`, `summary`,
`key_numbers`, `remarks`, rows of the `comparison` with the published study) and to the section on methods
(`analysis`, for the paragraph to copy, and `definitions`). `references` is a list of keys of
``references.html.jinja``.
"""


def render(
    template: str, sections: Sequence[str], values: Mapping[str, Any], pictures: Mapping[str, Any]
) -> str:
    """Return a page; all text is escaped, and the same values give the same bytes.

    Parameters
    ----------
    template : str
        Of the page.
    sections : sequence of str
        Names of the sections, in order; their templates have the same names.
    values : mapping
        All numbers, as in ``results.json``, and what else templates need.
    pictures : mapping
        By section, what its template finds under `pictures`.
    """
    from markupsafe import Markup

    parts: list[dict[str, Any]] = []
    for name in sections:
        parts.append(_part(name, {**values, "pictures": pictures.get(name), "parts": list(parts)}))
    # The script of the page is identified by its hash, so that a browser runs no other.
    script = (TEMPLATES / "trial_list.js").read_text(encoding="utf-8")
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    page = _environment().get_template(template)
    return page.render(values, parts=parts, script=Markup(script), script_sha256=digest)


def _part(name: str, values: Mapping[str, Any]) -> dict[str, Any]:
    """Return what the template of one section defines; empty text for the rest."""
    module = _environment().get_template(f"{name}.html.jinja").make_module(dict(values))
    texts = {part: getattr(module, part)() if hasattr(module, part) else "" for part in PARTS}
    return {"name": name, "references": getattr(module, "references", [])} | texts


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
