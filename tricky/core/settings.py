"""From the values in a TOML file to a settings model, or to one line that says what is wrong with them."""

from __future__ import annotations

import difflib
import json
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from tricky.core.errors import InputError
from tricky.core.files import read_text

Model = TypeVar("Model", bound=BaseModel)


def read_toml(path: Path) -> dict[str, Any]:
    """Read a TOML file.

    Raises
    ------
    InputError
        The file can't be read, or isn't valid TOML in UTF-8.
    """
    text = read_text(path)
    try:
        return tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        backslash = "Unescaped" in str(error) or "hex value" in str(error) or "\\" in str(error)
        hint = "; in paths write / for \\, or put them in single quotation marks" if backslash else ""
        raise InputError(f"{path}: not valid TOML: {error}{hint}") from None


def validated(model: type[Model], content: Mapping[str, Any], *, where: str) -> Model:
    """Make a settings model from plain values.

    Parameters
    ----------
    model : type of BaseModel
    content : mapping
        As TOML gives it.
    where : str
        Where the values stand, for people: a file's path, say.

    Raises
    ------
    InputError
        A key is unknown (the nearest valid one is named) or missing, or a value is of another type or out of
        range; further mistakes are counted.
    """
    try:
        return model.model_validate(content)
    except ValidationError as error:
        first, *others = error.errors()
        more = f" (and {len(others)} more)" if others else ""
        raise InputError(f"{where}: {_explain(first, model)}{more}") from None


def _explain(error: ErrorDetails, model: type[BaseModel]) -> str:
    """Tell one validation error: the key, what was found, what was expected, the nearest valid key."""
    place, section, key = _place(error["loc"])
    if error["type"] == "extra_forbidden":
        keys = _keys_at(model, section)
        near = difflib.get_close_matches(key, keys, n=1, cutoff=0.5)
        hint = f"did you mean `{near[0]}`?" if near else f"expected one of {', '.join(keys)}"
        return f"{place}: unknown {'key' if section else 'section'}; {hint}"
    if error["type"] == "missing":
        return f"{place}: missing"
    message = error["msg"].removeprefix("Input should be ").removeprefix("Value error, ")
    return f"{place} = {json.dumps(error['input'], default=str)}: expected {message[0].lower()}{message[1:]}"


def _place(location: tuple[int | str, ...]) -> tuple[str, list[str], str]:
    """Return a place in the file as people write it, its section, and its key (``[section] key``)."""
    parts: list[str] = []
    for part in location:
        if isinstance(part, int):  # an element of a list: named by its list
            parts[-1] += f"[{part}]"
        else:
            parts.append(part)
    if len(parts) == 1:
        return f"[{parts[0]}]", [], parts[0]
    *section, key = parts
    return f"[{'.'.join(section)}] {key}", section, key


def _keys_at(model: type[BaseModel], section: list[str]) -> list[str]:
    """Return the keys that a section knows, following its place in the file."""
    for part in section:
        field = model.model_fields.get(part.partition("[")[0])
        candidates = [field.annotation] if field else []
        while candidates:
            candidate = candidates.pop()
            if isinstance(candidate, type) and issubclass(candidate, BaseModel):
                model = candidate
                break
            candidates.extend(getattr(candidate, "__args__", ()))
    return list(model.model_fields)
