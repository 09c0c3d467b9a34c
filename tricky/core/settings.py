"""From the values in a TOML file to a settings model, or to one line that says what is wrong with them."""

from __future__ import annotations

import difflib
import json
import re
import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import NoneType
from typing import Any, TypeVar, cast, get_args, get_origin

from pydantic import BaseModel, ConfigDict, GetCoreSchemaHandler, ValidationError
from pydantic_core import CoreSchema, ErrorDetails

from tricky.core.errors import InputError
from tricky.core.files import read_text

Model = TypeVar("Model", bound=BaseModel)

_SHOWN_AT_MOST = 60
"""Characters of a wrong value that a message shows."""

_KINDS = {
    "bool_parsing": "true or false",
    "bool_type": "true or false",
    "dict_type": "a table of keys and values",
    "finite_number": "a finite number",
    "float_parsing": "a number",
    "float_type": "a number",
    "int_from_float": "a whole number",
    "int_parsing": "a whole number",
    "int_parsing_size": "a smaller whole number",
    "int_type": "a whole number",
    "list_type": "a list in square brackets",
    "mapping_type": "a table of keys and values",
    "model_type": "a table of keys and values",
    "path_type": "a path in quotation marks",
    "string_type": "text in quotation marks",
    "tuple_type": "a list in square brackets",
}
"""What was expected, by pydantic's type of error."""

_LIMITS = {
    "greater_than": ("more than {}", "gt"),
    "greater_than_equal": ("at least {}", "ge"),
    "less_than": ("less than {}", "lt"),
    "less_than_equal": ("at most {}", "le"),
    "string_too_short": ("text of at least {} characters", "min_length"),
    "too_long": ("at most {} entries", "max_length"),
    "too_short": ("at least {} entries", "min_length"),
}
"""The same for limits, with pydantic's name of the limit."""


def _strict(schema: Any) -> Any:
    """Return pydantic's schema with every number and truth in it strict."""
    if isinstance(schema, dict):
        kept, parts = ("default", "metadata"), cast("dict[str, Any]", schema)
        inner = {key: each if key in kept else _strict(each) for key, each in parts.items()}
        return inner | {"strict": True} if parts.get("type") in ("int", "float", "bool") else inner
    if isinstance(schema, list):
        return [_strict(each) for each in cast("list[Any]", schema)]
    if isinstance(schema, tuple):
        return tuple(_strict(each) for each in cast("tuple[Any, ...]", schema))
    return schema


class SettingsModel(BaseModel):
    """A section of a settings file.

    An unknown key is an error.  Numbers and truths are taken literally: pydantic alone would read ``true``
    and ``"1"`` as the number 1, and ``"no"`` as false.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        """Return pydantic's schema of the section, with numbers and truths strict."""
        return _strict(handler(source))


class SettingError(ValueError):
    """What a model as a whole finds wrong with one of its keys.

    Parameters
    ----------
    key : str, or sequence of str and int
        The key within the model, or the path to it.
    value : object
        What it says.
    expected : str
        What it should be, as the end of a sentence.
    """

    def __init__(self, key: str | Sequence[str | int], value: object, expected: str) -> None:
        super().__init__(expected)
        self.key = (key,) if isinstance(key, str) else tuple(key)
        self.value = value


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
        Where the values are from, for people: a file's path, say.

    Raises
    ------
    InputError
        A key is unknown (the closest valid one is named) or missing, or a value is of another type or out of
        range; further mistakes are counted.
    """
    try:
        return model.model_validate(content)
    except ValidationError as error:
        raise InputError(f"{where}: {_explain(error.errors(include_url=False), model)}") from None


def place_of(location: Sequence[int | str]) -> str:
    """Return a place in the file as people write it: ``[section] key``.

    Parameters
    ----------
    location : sequence of int and str
        Sections and key from the outermost one, and indices of elements of lists.
    """
    *section, key = _parts(location)
    return f"[{'.'.join(section)}] {key}" if section else f"[{key}]"


def _section(location: Sequence[int | str]) -> str:
    return f"[{'.'.join(_parts(location))}]"


def _parts(location: Sequence[int | str]) -> list[str]:
    parts: list[str] = []
    for part in location:
        if isinstance(part, int):  # an element of a list: named by its list
            parts[-1] += f"[{part}]"
        else:  # quoted as TOML wants it, where it isn't a bare word
            parts.append(part if re.fullmatch(r"[\w-]+", part, re.ASCII) else shown(part))
    return parts


def shown(value: object) -> str:
    """Return a value as a settings file has it, shortened, in one line."""
    text = json.dumps(value, default=str, ensure_ascii=False)
    # JSON leaves U+2028, a line break, and marks of direction as they are.
    text = "".join(each if each.isprintable() else json.dumps(each)[1:-1] for each in text)
    return text if len(text) <= _SHOWN_AT_MOST else f"{text[: _SHOWN_AT_MOST - 1]}…"


def _explain(errors: list[ErrorDetails], model: type[BaseModel]) -> str:
    """Explain the first place with an error: the key, what was found, what was expected."""
    by_place: dict[tuple[int | str, ...], list[ErrorDetails]] = {}
    for error in errors:
        by_place.setdefault(_keys_of(error, model), []).append(error)
    location, first = next(iter(by_place.items()))
    more = f" (and {len(by_place) - 1} more)" if len(by_place) > 1 else ""
    return f"{_explain_place(location, first, model)}{more}"


def _explain_place(
    location: tuple[int | str, ...], errors: list[ErrorDetails], model: type[BaseModel]
) -> str:
    first = errors[0]
    place = place_of(location) if location else ""
    if first["type"] == "extra_forbidden":
        *section, key = location
        fields = _model_at(section, model).model_fields
        keys = [field.alias or name for name, field in fields.items()]
        near = difflib.get_close_matches(str(key), keys, n=1, cutoff=0.5)
        hint = f"did you mean `{near[0]}`?" if near else f"expected one of {', '.join(keys)}"
        return f"{place}: unknown {'key' if section else 'section'}; {hint}"
    if first["type"] == "missing":
        return f"{place}: missing"
    # An error for each alternative of a type: what was expected is any of them.
    expected = " or ".join(dict.fromkeys(map(_expected, errors)))
    value: object = first["input"]
    if isinstance(raised := first.get("ctx", {}).get("error"), SettingError):
        value = raised.value
    elif first["type"] == "value_error" and _is_section(value):
        return f"{_section(location)}: expected {expected}"
    elif first["loc"][-1:] == ("[key]",):
        return f"{place}: expected {expected}"
    return f"{place} = {shown(value)}: expected {expected}"


def _is_section(value: object) -> bool:
    """Return whether a value is a section of the file, or a list of such, and too long to be shown."""
    if isinstance(value, list | tuple):
        return any(isinstance(each, dict | BaseModel) for each in cast("Sequence[object]", value))
    return isinstance(value, dict | BaseModel)


def _expected(error: ErrorDetails) -> str:
    kind, context = error["type"], error.get("ctx", {})
    if kind in _KINDS:
        return _KINDS[kind]
    if kind in _LIMITS:
        text, limit = _LIMITS[kind]
        if (kind, context[limit]) == ("string_too_short", 1):
            return "some text"
        return text.format(f"{context[limit]:g}").replace(" 1 entries", " 1 entry")
    if kind == "string_pattern_mismatch":
        return f"text of the form {context['pattern']}"
    if kind == "value_error":  # raised by one of our own checks
        return str(context["error"])
    message = error["msg"].removeprefix("Input should be ")
    return f"{message[:1].lower()}{message[1:]}"


def _keys_of(error: ErrorDetails, model: type[BaseModel]) -> tuple[int | str, ...]:
    """Return where an error is: its keys and indices, without pydantic's names of alternatives of a type."""
    keys: list[int | str] = []
    options: list[Any] = [model]
    for part in error["loc"]:
        inner = [each for option in options for each in _inner(option, part)]
        if inner:
            options = inner
        elif error["type"] != "extra_forbidden" or part != error["loc"][-1]:
            continue
        keys.append(part)
    if isinstance(raised := error.get("ctx", {}).get("error"), SettingError):
        keys += raised.key
    return tuple(keys)


def _model_at(section: Sequence[int | str], model: type[BaseModel]) -> type[BaseModel]:
    """Return the model that a section of the file is read as."""
    options: list[Any] = [model]
    for part in section:
        options = [each for option in options for each in _inner(option, part)]
    return next(each for each in options if isinstance(each, type) and issubclass(each, BaseModel))


def _inner(annotation: Any, part: int | str) -> list[Any]:
    """Return the types, alternatives apart, of what is under a key or an index; empty if there is nothing."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        for name, field in annotation.model_fields.items():
            if part == (field.alias or name):
                return _alternatives(field.annotation)
        return []
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin in (list, tuple) and isinstance(part, int):
        varied = origin is tuple and arguments[-1] is not Ellipsis
        return _alternatives(arguments[min(part, len(arguments) - 1)] if varied else arguments[0])
    if origin in (dict, Mapping) and isinstance(part, str) and part != "[key]":
        return _alternatives(arguments[1])
    return []


def _alternatives(annotation: Any) -> list[Any]:
    """Return the types that a union or an annotated type contains."""
    if getattr(annotation, "__metadata__", None) is not None:  # Annotated
        return _alternatives(get_args(annotation)[0])
    origin = get_origin(annotation)
    if origin is None or origin in (list, tuple, dict, Mapping) or str(origin) == "typing.Literal":
        return [annotation]
    return [
        each for option in get_args(annotation) if option is not NoneType for each in _alternatives(option)
    ]
