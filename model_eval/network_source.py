"""The source of a model: parses `source` in a pool, and `network` in a recipe."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Annotated

from pydantic import AfterValidator, BeforeValidator

from tricky.core.names import check_path

_FORMS = {
    "timm": ("timm:NAME or timm:NAME.TAG", r"(?P<name>\w+)(\.(?P<tag>\w+))?"),
    "torchvision": ("torchvision:NAME/WEIGHTS", r"(?P<name>\w+)/(?P<tag>\w+)"),
    "openclip": ("openclip:NAME/TAG", r"(?P<name>[^/\s]+)/(?P<tag>[^/\s]+)"),
    "python": ("python:package.module:function", r"(?P<name>\w+(\.\w+)*):(?P<tag>\w+)"),
    "torchscript": ("torchscript:FILE", r"(?P<name>\S.*)"),
    "export": ("export:FILE", r"(?P<name>\S.*)"),
}

OWN_LIBRARIES = ("python", "torchscript", "export")
"""Where a lab's own networks come from."""

FILE_LIBRARIES = ("torchscript", "export")
"""Those of them that are files."""


@dataclass(frozen=True)
class ModelSource:
    """The parts of a model's source.

    Attributes
    ----------
    library : str
        ``timm``, ``torchvision``, ``openclip``, ``python``, ``torchscript`` or ``export``.
    name : str
        The architecture, the module or the file.
    tag : str
        Which weights of the architecture, or which function of the module; empty where none is named.
    """

    library: str
    name: str
    tag: str = ""


def parse_source(text: str) -> ModelSource:
    """Return the parts of a source.

    Raises
    ------
    ValueError
        It has none of the forms; the message says what was expected.
    """
    library, _, rest = text.partition(":")
    form, pattern = _FORMS.get(library, ("", ""))
    found = re.fullmatch(pattern, rest) if form else None
    if found is None:
        raise ValueError(form or f"one of {', '.join(each for each, _ in _FORMS.values())}")
    parts = found.groupdict()
    return ModelSource(library, parts["name"], parts.get("tag") or "")


def _known(text: str) -> str:
    parse_source(text)
    return text


def _trainable(text: str) -> str:
    if parse_source(text).library != "timm":
        raise ValueError(f"{_FORMS['timm'][0]}: only timm's architectures are trained here")
    return text


Source = Annotated[str, BeforeValidator(check_path), AfterValidator(_known)]
"""A model's source, as a type of pydantic's."""

TrainableSource = Annotated[str, BeforeValidator(check_path), AfterValidator(_trainable)]
"""The source of an architecture that `tricky train` can train; a tag has no effect, as weights are new."""
