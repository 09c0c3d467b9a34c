"""Manifests and records: every JSON that tricky reads back is declared as a model and read here.

A file can be cut short, edited or mixed up between two studies.  What is wrong with it is said in one line
before any of its content is used, so that code behind the reader never meets a missing key.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import Annotated, Any, TypeVar

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError
from pydantic_core import ErrorDetails

from tricky.core.errors import InputError
from tricky.core.files import SCHEMA_VERSION, parse_json_object, read_text, write_json

_SHOWN_AT_MOST = 60
"""Characters of a wrong value that a message shows."""


class Record(BaseModel):
    """A JSON object that tricky reads back: values have exactly the declared types, numbers are finite.

    Keys that are not declared are kept: a later version may have added them.
    """

    model_config = ConfigDict(extra="allow", frozen=True, strict=True, allow_inf_nan=False)


class Manifest(Record):
    """A JSON file with a `schema_version`."""

    schema_version: int = SCHEMA_VERSION


def _hash(text: str) -> str:
    if not re.fullmatch(r"[0-9a-f]{64}", text):
        raise ValueError("a SHA-256 hash (64 hexadecimal digits)")
    return text


def _file_name(name: str) -> str:
    if name in ("", ".", "..") or re.search(r"[/\\:\x00-\x1f]", name):
        raise ValueError("the name of a file in the same folder")
    return name


def _relative_path(path: str) -> str:
    if not path or "\0" in path or PurePosixPath(path).is_absolute() or PureWindowsPath(path).anchor:
        raise ValueError("a relative path with /")
    return path


def _inner_path(path: str) -> str:
    if ".." in re.split(r"[/\\]", _relative_path(path)):
        raise ValueError("a path that stays in the folder")
    return path


Sha256 = Annotated[str, AfterValidator(_hash)]
"""A hash of a file's content."""

FileName = Annotated[str, AfterValidator(_file_name)]
"""The name of a file in the manifest's own folder."""

RelativePath = Annotated[str, AfterValidator(_relative_path)]
"""A path relative to the study; files of another study may be outside."""

InnerPath = Annotated[str, AfterValidator(_inner_path)]
"""A path relative to a folder that it doesn't leave."""

Count = Annotated[int, Field(ge=0)]
Share = Annotated[float, Field(ge=0, le=1)]


class StageManifest(Manifest):
    """What the manifest of every stage holds: see `docs/formats.md`, "The chain of hashes"."""

    made_from: dict[RelativePath, Sha256]
    settings: dict[str, Any]
    versions: dict[str, str]
    seed: int | None = None


AnyRecord = TypeVar("AnyRecord", bound=Record)
AnyManifest = TypeVar("AnyManifest", bound=Manifest)


def unique(*keys: str) -> AfterValidator:
    """Return a rule for a list of records: no two have the same values under `keys`."""

    def check(entries: Any) -> Any:
        seen = set()
        for entry in entries:
            value = tuple(getattr(entry, key) for key in keys)
            if value in seen:
                raise ValueError(f"each {' and '.join(keys)} once; {_shown(value[0])} is there twice")
            seen.add(value)
        return entries

    return AfterValidator(check)


def read_manifest(path: Path, model: type[AnyManifest], made_by: str) -> AnyManifest:
    """Read a manifest that `made_by` (a command) writes.

    Parameters
    ----------
    path : Path
    model : type of Manifest
        What the file must hold.
    made_by : str
        The command that writes it, which the message of an error asks to run.

    Raises
    ------
    InputError
        The file is missing, is no JSON object, has a schema version unknown here, or a key is missing or has
        a value of another type or out of range; the key, what was found and what was expected are named.
    """
    with suppress(OSError):  # a folder that can't be looked into: reading says so
        if not path.exists():
            raise InputError(f"{path}: not there yet; run `{made_by}` first")
    return read_record(path, model, f"run `{made_by}` again")


def read_record(path: Path, model: type[AnyRecord], remedy: str) -> AnyRecord:
    """Read a JSON file as a record: see `read_manifest`, with `remedy` in place of a command."""
    return parse_record(read_text(path), model, str(path), remedy)


def parse_record(text: str, model: type[AnyRecord], where: str, remedy: str) -> AnyRecord:
    """Read the text of a JSON object as a record: see `read_manifest`.

    Parameters
    ----------
    text : str
        JSON, of a file or of another file's metadata.
    model : type of Record
    where : str
        Where it is from, for people.
    remedy : str
        What to do if it is damaged.
    """
    content = parse_json_object(text, where, remedy)
    found = content.get("schema_version")
    if issubclass(model, Manifest) and (type(found) is not int or found != SCHEMA_VERSION):
        raise InputError(
            f"{where}: schema_version is {_shown(found)}, this tricky reads {SCHEMA_VERSION}; {remedy}"
        )
    try:
        return model.model_validate_json(text)
    except ValidationError as error:
        raise InputError(f"{where}: {_explain(error)}; {remedy}") from None


def write_manifest(path: Path, model: type[Manifest], content: Mapping[str, Any]) -> None:
    """Write a manifest: two-space indent, keys in the order given, `schema_version` first.

    Raises
    ------
    pydantic.ValidationError
        The content is not what `read_manifest` would accept.
    """
    model.model_validate_json(json.dumps(content))
    write_json(path, dict(content))


def _explain(error: ValidationError) -> str:
    """Return what is wrong in one line: the key, what was found and what was expected."""
    first, *others = error.errors(include_url=False, include_context=False)
    more = f" (and {len(others)} more)" if others else ""
    place = _place(first["loc"])
    if first["type"] == "json_invalid":
        return f"not readable as JSON ({first['msg'].removeprefix('Invalid JSON: ')})"
    if first["type"] == "missing":
        return f"`{place}` is missing{more}"
    message = first["msg"]
    for start in ("Input should be ", "Value error, "):
        message = message.removeprefix(start)
    return f"{_found(first, place)}expected {message[0].lower()}{message[1:]}{more}"


def _found(error: ErrorDetails, place: str) -> str:
    value = error["input"]
    if isinstance(value, dict | list | BaseModel) and error["type"] == "value_error":
        return f"`{place}`: " if place else ""
    return f"`{place}` is {_shown(value)}, " if place else ""


def _shown(value: Any) -> str:
    text = json.dumps(value, default=str, ensure_ascii=False)
    text = re.sub(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]", "\ufffd", text)
    return text if len(text) <= _SHOWN_AT_MOST else f"{text[: _SHOWN_AT_MOST - 1]}…"


def _place(location: tuple[int | str, ...]) -> str:
    """Return a key as people write it: ``models[2].sha256``."""
    place = ""
    for part in location:
        if isinstance(part, int):
            place += f"[{part}]"
        elif re.fullmatch(r"[\w-]+", part):
            place += f".{part}" if place else part
        elif part != "[key]":
            place += f"[{_shown(part)}]"
    return place
