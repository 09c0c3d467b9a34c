"""Which models a study asks: entries of its own, a pool that ships with tricky, or a file of one's own."""

from __future__ import annotations

from importlib.resources import as_file, files
from pathlib import Path

from model_eval.settings import ModelEntry, Models, PoolSettings
from tricky.core.errors import InputError
from tricky.core.settings import SettingsModel, read_toml, validated


class _PoolFile(SettingsModel):
    """A pool in TOML: ``[[models]]``, each a `ModelEntry`."""

    models: Models


def read_pool(settings: PoolSettings, root: Path, *, trust: bool = False) -> tuple[ModelEntry, ...]:
    """Return the models of a study, in the pool's order.

    Parameters
    ----------
    settings : PoolSettings
        `settings.models` where given; else `settings.file`: the name of a pool that ships with tricky, or
        the path of a TOML file, relative to `root`.
    root : Path
        The study's folder.
    trust : bool
        Whether the user trusts code that the study brings; without it, models that run code can be listed
        but not built.

    Raises
    ------
    InputError
        The file is missing or no TOML, a key is unknown or its value wrong, or two models share a name.
    """
    entries, where = settings.models, "[pool]"
    if not entries:
        where, entries = _read_file(settings.file, root)
    if len(entries) == 0:
        raise InputError(f"{where}: no models; add [[models]] entries")
    return tuple(entry.as_trusted() if trust else entry for entry in entries)


def shipped_pools() -> list[str]:
    """Return the names of the pools that ship with tricky."""
    return sorted(
        file.name.removesuffix(".toml")
        for file in files("model_eval").joinpath("networks", "pools").iterdir()
        if file.name.endswith(".toml")
    )


def _read_file(name: str, root: Path) -> tuple[str, tuple[ModelEntry, ...]]:
    """Return where a pool stands, in words, and its models."""
    if name in shipped_pools():
        with as_file(files("model_eval").joinpath("networks", "pools", f"{name}.toml")) as path:
            return f"pool {name}", validated(_PoolFile, read_toml(path), where=f"pool {name}").models
    path = root / name
    if not path.is_file():
        raise InputError(
            f"{path}: no such pool; set `file` in [pool] to {', '.join(shipped_pools())} or to a TOML file "
            "with [[models]]"
        )
    return str(path), validated(_PoolFile, read_toml(path), where=str(path)).models
