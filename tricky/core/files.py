"""How every stage leaves its files: whole, hashed, and with their origins named.

A stage's folder holds data files and one JSON manifest.  The manifest carries the hashes of what it was
made from, the settings, the seed and the versions, so that the next stage can refuse what does not fit.
Nothing here needs more than the standard library.
"""

from __future__ import annotations

import hashlib
import json
import math
import os
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any, cast

from tricky.core.errors import InputError, UnwritableError
from tricky.core.temporary_file import empty_file

SCHEMA_VERSION = 1


def sha256_of(content: bytes | str | Path) -> str:
    """Return the SHA-256 of bytes, of a text in UTF-8, or of a file, as 64 hexadecimal digits."""
    if isinstance(content, Path):
        with content.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    return hashlib.sha256(content.encode() if isinstance(content, str) else content).hexdigest()


@contextmanager
def replacing(path: Path) -> Generator[Path, None, None]:
    """Give a temporary path to write to; on success it takes the place of `path` in one step.

    After a crash or an exception `path` is what it was before: never half of the new content. Every file has
    one temporary name, so that what a killed process left is overwritten when the file is written again.

    Raises
    ------
    UnwritableError
        The disk is full, `path` is a folder, there is no permission, or another process is writing it.
    """
    part = path.with_name(f".{path.name}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with empty_file(part):
            try:
                yield part
                with part.open("rb+") as file:
                    os.fsync(file.fileno())
                part.chmod(0o666 & ~_umask())
                part.replace(path)
            except BaseException:
                part.unlink(missing_ok=True)
                raise
            sync_folder(path.parent)
    except OSError as error:
        why = os.strerror(error.errno) if error.errno else str(error)
        raise UnwritableError(
            f"{path}: can't be written ({why}); make room or allow writing, then run the same command "
            "again: what is finished is kept",
            error,
        ) from error


def _umask() -> int:
    """Return the process's umask, which can only be read by setting it."""
    mask = os.umask(0)
    os.umask(mask)
    return mask


def sync_folder(folder: Path) -> None:
    """Make a rename or a new file in `folder` survive a power loss, where the system can promise that."""
    if os.name == "nt":  # Windows offers no handle on a folder to flush
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def write_text(path: Path, text: str) -> None:
    """Write `text` to `path` in UTF-8 with Unix line ends, whole or not at all."""
    write_bytes(path, text.encode())


def write_bytes(path: Path, content: bytes) -> None:
    """Write `content` to `path`, whole or not at all."""
    with replacing(path) as part:
        part.write_bytes(content)


def write_json(path: Path, content: dict[str, Any]) -> None:
    """Write a manifest: two-space indent, keys in the order given, `schema_version` first."""
    write_text(path, json_text(content))


def json_text(content: Mapping[str, Any]) -> str:
    """Return the text of a JSON file as `write_json` writes it."""
    return json.dumps({"schema_version": SCHEMA_VERSION, **content}, indent=2, ensure_ascii=False) + "\n"


def is_file(path: Path) -> bool:
    """Whether there is such a file; False also for names that no file can have, which tables may hold."""
    return os.path.isfile(path)  # noqa: PTH113 - Path.is_file raises OSError for a name that is too long


def read_bytes(path: Path) -> bytes:
    """Return a file's content.

    Raises
    ------
    InputError
        There is no such file, it is something other than a file, or it can't be read.
    """
    try:
        if path.exists() and not path.is_file():  # a pipe or a device would be read without end
            raise InputError(f"{path}: not a file; name a file")
        return path.read_bytes()
    except FileNotFoundError:
        raise InputError(f"{path}: no such file; create it, or correct its name") from None
    except (OSError, ValueError) as error:  # ValueError: a null character in the name
        why = getattr(error, "strerror", None) or str(error)
        raise InputError(f"{path}: can't be read ({why})") from None


def decode_text(content: bytes, path: Path) -> str:
    """Return UTF-8 text without its byte order mark.

    Raises
    ------
    InputError
        The bytes of `path` are another encoding, or no text; the line and the likely reason are named.
    """
    utf8 = "save it as UTF-8 (in Excel: `CSV UTF-8`)"
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise InputError(f"{path}: text in UTF-16, as `Unicode text` of Excel is; {utf8}")
    if content.startswith(b"PK\x03\x04"):
        raise InputError(f"{path}: a workbook or another archive, not text; {utf8}")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        seen = content[error.start : error.start + 1].decode("cp1252", errors="replace")
        raise InputError(
            f"{path}, line {line}: not UTF-8 (a byte that Windows-1252 reads as {seen!r}); {utf8}"
        ) from None
    if "\0" in text:
        line = text.count("\n", 0, text.index("\0")) + 1
        raise InputError(f"{path}, line {line}: a null character, so this is no text; {utf8}")
    return text


def read_text(path: Path) -> str:
    """Return the text of a UTF-8 file: see `read_bytes` and `decode_text` for the errors raised."""
    return decode_text(read_bytes(path), path)


def read_json_object(path: Path, remedy: str) -> dict[str, Any]:
    """Read a file that holds one JSON object.

    Raises
    ------
    InputError
        The file can't be read, or holds something else; `remedy` says what to do.
    """
    return parse_json_object(read_text(path), str(path), remedy)


def read_json_list(path: Path, remedy: str) -> list[Any]:
    """Read a file that holds one JSON list: see `read_json_object`."""
    return parse_json_list(read_text(path), str(path), remedy)


def parse_json_list(text: str, where: str, remedy: str) -> list[Any]:
    """Return the JSON list that a text is: see `parse_json_object`."""
    content = _parse_json(text, where, remedy)
    if not isinstance(content, list):
        raise InputError(f"{where}: not a JSON list; {remedy}")
    return cast("list[Any]", content)


def parse_json_object(text: str, where: str, remedy: str) -> dict[str, Any]:
    """Return the JSON object that a text is: numbers are finite, no key is there twice.

    Raises
    ------
    InputError
        The text is something else; `where` says what it is from and `remedy` what to do.
    """
    content = _parse_json(text, where, remedy)
    if not isinstance(content, dict):
        raise InputError(f"{where}: not a JSON object; {remedy}")
    return cast("dict[str, Any]", content)


def _parse_json(text: str, where: str, remedy: str) -> Any:
    try:
        return json.loads(
            text, parse_constant=_not_a_number, parse_float=_finite, object_pairs_hook=_keys_once
        )
    except (ValueError, RecursionError) as error:  # ValueError: also a number of thousands of digits
        raise InputError(f"{where}: not readable as JSON ({error}); {remedy}") from None


def _not_a_number(text: str) -> float:
    raise ValueError(f"{text} is no number")


def _finite(text: str) -> float:
    if not math.isfinite(value := float(text)):
        raise ValueError(f"{text[:20]} is too large a number")
    return value


def _keys_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    content = dict(pairs)
    if len(content) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise ValueError(f"the key {twice!r} is there twice")
    return content


def check_hash(path: Path, expected: str, named_in: Path, made_by: str) -> None:
    """Refuse a file that isn't the one its manifest names.

    Raises
    ------
    InputError
        `path` is missing, or its content has another hash than `expected`.
    """
    if not path.is_file():
        raise InputError(f"{path}: missing, though {named_in.name} names it; run `{made_by}` again")
    if sha256_of(path) != expected:
        raise InputError(f"{path}: changed since {named_in.name} was written; run `{made_by}` again")


def versions_of(*distributions: str) -> dict[str, str]:
    """Return the installed version of tricky and of each distribution named (those that are installed)."""
    found: dict[str, str] = {}
    for name in ("tricky-images", *distributions):
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found
