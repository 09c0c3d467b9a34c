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
from typing import Annotated, Any, ClassVar, Generic, TypeVar

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError
from pydantic_core import ErrorDetails

from tricky.core.errors import InputError
from tricky.core.files import SCHEMA_VERSION, parse_json_object, read_text, sha256_of, write_json

_SHOWN_AT_MOST = 60
"""Characters of a wrong value that a message shows."""


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


Sha256 = Annotated[str, AfterValidator(_hash)]
"""A hash of a file's content."""

FileName = Annotated[str, AfterValidator(_file_name)]
"""The name of a file in the manifest's own folder."""

RelativePath = Annotated[str, AfterValidator(_relative_path)]
"""A path relative to the study; files of another study may be outside."""

Count = Annotated[int, Field(ge=0)]
Share = Annotated[float, Field(ge=0, le=1)]


class Record(BaseModel):
    """A JSON object that tricky reads back: values have exactly the declared types, numbers are finite.

    Keys that are not declared are kept: a later version may have added them.
    """

    model_config = ConfigDict(extra="allow", frozen=True, strict=True, allow_inf_nan=False)


class Manifest(Record):
    """A JSON file with a `schema_version`.

    Attributes
    ----------
    schema_version : int
    content_sha256 : str
        Hash of all other content, which `write_manifest` adds: a value that was changed later shows.  Other
        programs that write such a file may leave it out.
    """

    schema_version: int = SCHEMA_VERSION
    content_sha256: Sha256 = ""


Settings = TypeVar("Settings", bound=Record)


class StageManifest(Manifest, Generic[Settings]):
    """What the manifest of every stage holds: see `docs/formats.md`, "The chain of hashes"."""

    file_name: ClassVar[str]

    made_from: dict[RelativePath, Sha256]
    settings: Settings
    versions: dict[str, str]
    seed: int | None = None

    @property
    def made_by(self) -> str | None:
        """The command that wrote it, where it may be another than the stage's own."""
        return None

    def summary(self) -> str:
        """Return in a few words what the stage's folder holds, for `tricky status`."""
        return ""


class MatchedRecord(Record):
    """How many entries of a lab's list match the data."""

    n_entries: Count
    n_matched: Count


AnyRecord = TypeVar("AnyRecord", bound=Record)
AnyManifest = TypeVar("AnyManifest", bound=Manifest)


def unique(*keys: str) -> AfterValidator:
    """Return a rule for a list of records: no two have the same values under `keys`."""

    def check(entries: Any) -> Any:
        seen: set[tuple[Any, ...]] = set()
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
        record = model.model_validate_json(text)
    except ValidationError as error:
        raise InputError(f"{where}: {_explain(error)}; {remedy}") from None
    if isinstance(record, Manifest) and record.content_sha256 not in ("", _content_sha256(content)):
        raise InputError(f"{where}: a value has changed since the file was written; {remedy}")
    return record


def write_manifest(path: Path, model: type[Manifest], content: Mapping[str, Any]) -> None:
    """Write a manifest: two-space indent, keys in the order given, `schema_version` first, its hash last.

    Raises
    ------
    pydantic.ValidationError
        The content is not what `read_manifest` would accept.
    """
    write_json(path, sealed(model, content))


def sealed(model: type[Manifest], content: Mapping[str, Any]) -> dict[str, Any]:
    """Return a manifest's content with its schema version first and its hash last: see `write_manifest`."""
    keys = {key: value for key, value in content.items() if key not in ("schema_version", "content_sha256")}
    whole = {"schema_version": SCHEMA_VERSION, **json.loads(json.dumps(keys))}
    whole["content_sha256"] = _content_sha256(whole)
    model.model_validate_json(json.dumps(whole))
    return whole


def _content_sha256(content: Mapping[str, Any]) -> str:
    """Hash what a manifest says, however it is laid out."""
    keys = {key: value for key, value in content.items() if key != "content_sha256"}
    return sha256_of(json.dumps(keys, sort_keys=True, separators=(",", ":")))


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
