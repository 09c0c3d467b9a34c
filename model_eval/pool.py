"""Which models a study asks: entries of its own, a pool that ships with tricky, or a file of one's own."""

from __future__ import annotations

import difflib
import tomllib
from collections import Counter
from importlib.resources import files
from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

from model_eval.artefacts import InputError
from model_eval.settings import ModelEntry, PoolSettings

RESERVED = "images"
"""No model may be called so: its file of decisions would take the place of ``images.parquet``."""


class _PoolFile(BaseModel):
    """A pool in TOML: ``[[models]]``, each a `ModelEntry`."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    models: tuple[ModelEntry, ...]


def read_pool(settings: PoolSettings, root: Path) -> tuple[ModelEntry, ...]:
    """Return the models of a study, in the pool's order.

    Parameters
    ----------
    settings : PoolSettings
        `settings.models` where given; else `settings.file`: the name of a pool that ships with tricky, or
        the path of a TOML file, relative to `root`.
    root : Path
        The study's folder.

    Raises
    ------
    InputError
        The file is missing or no TOML, a key is unknown or its value wrong, or two models share a name.
    """
    entries, where = settings.models, "[pool]"
    if not entries:
        where, text = _read_file(settings.file, root)
        entries = _parse(text, where)
    if len(entries) == 0:
        raise InputError(f"{where}: no models; add [[models]] entries")
    # Names become file names, and some file systems don't tell upper case from lower.
    counts = Counter(entry.name.lower() for entry in entries)
    for entry in entries:
        if entry.name.lower() == RESERVED:
            raise InputError(f"{where}: a model can't be called {entry.name!r}; choose another name")
        if counts[entry.name.lower()] > 1:
            raise InputError(f"{where}: more than one model is called {entry.name!r}; names must differ")
    return tuple(entries)


def shipped_pools() -> list[str]:
    """Return the names of the pools that ship with tricky."""
    return sorted(
        file.name.removesuffix(".toml")
        for file in files("model_eval").joinpath("pools").iterdir()
        if file.name.endswith(".toml")
    )


def _read_file(name: str, root: Path) -> tuple[str, str]:
    """Return where a pool stands, in words, and its text."""
    if name in shipped_pools():
        return f"pool {name}", files("model_eval").joinpath("pools", f"{name}.toml").read_text(
            encoding="utf-8"
        )
    path = root / name
    try:
        return str(path), path.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        raise InputError(f"{path}: not in UTF-8; save it so") from None
    except OSError:
        shipped = ", ".join(shipped_pools())
        raise InputError(
            f"{path}: no such pool; set `file` in [pool] to {shipped} or to a TOML file with [[models]]"
        ) from None


def _parse(text: str, where: str) -> tuple[ModelEntry, ...]:
    try:
        return _PoolFile.model_validate(tomllib.loads(text)).models
    except tomllib.TOMLDecodeError as error:
        raise InputError(f"{where}: no valid TOML: {error}") from None
    except ValidationError as error:
        raise InputError(f"{where}: {_first_problem(error)}") from None


def _first_problem(error: ValidationError) -> str:
    """Say in one line what the first error is, with the nearest valid key for an unknown one."""
    problem = error.errors()[0]
    place = ".".join(str(part) for part in problem["loc"])
    if problem["type"] != "extra_forbidden":
        given = "" if problem["type"] == "missing" else f", got {problem['input']!r}"
        return f"`{place}`: {problem['msg']}{given}"
    known = ModelEntry.model_fields if "." in place else _PoolFile.model_fields
    nearest = difflib.get_close_matches(place.rpartition(".")[2], list(known), n=1, cutoff=0)
    return f"unknown key `{place}`; the nearest valid key is `{nearest[0]}`"
