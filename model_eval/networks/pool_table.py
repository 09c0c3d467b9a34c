"""What a pool's models are and need, looked up without building them or asking the network."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import torch

from model_eval.network_source import FILE_LIBRARIES
from model_eval.settings import ModelEntry

HERE, TO_TRAIN, DOWNLOAD, BY_CODE, FILE_MISSING, NOWHERE = (
    "here",
    "tricky train",
    "download",
    "by code",
    "no file",
    "not published",
)
"""Where a model's weights are, or come from."""


@dataclass(frozen=True)
class PoolRow:
    """What is known of a model without building it.

    Attributes
    ----------
    entry : ModelEntry
    n_parameters : int or None
        None where only running its code would tell.
    size : tuple of int or None
        Height and width in pixels of what it sees; None where its training decides.
    crop_pct : float or None
        Share of the resized image's shorter side that is kept.
    interpolation : str
    weights : str
        Where they are, or come from.
    path : Path or None
        The file that is to hold them, where the entry names one.
    """

    entry: ModelEntry
    n_parameters: int | None
    size: tuple[int, int] | None
    crop_pct: float | None
    interpolation: str
    weights: str
    path: Path | None = None


def describe(entry: ModelEntry, *, root: Path, training: Path) -> PoolRow:
    """Look a model up, without building it and without the network.

    Parameters
    ----------
    entry : ModelEntry
    root, training : Path
        The study's folder, and the folder of weights trained in it.

    Raises
    ------
    InputError
        Its library knows no such model.
    """
    row = _LOOK_UP.get(entry.library, _own)(entry)
    changes = entry.preprocessing
    row = replace(
        row,
        size=changes.size or row.size,
        crop_pct=changes.crop_pct or row.crop_pct,
        interpolation=changes.interpolation or row.interpolation,
    )
    if entry.weights == "train":
        here = (training / f"{entry.name}.safetensors").is_file()
        return replace(row, size=None, crop_pct=None, interpolation="", weights=HERE if here else TO_TRAIN)
    path = root / entry.weights if entry.weights != "pretrained" else None
    if entry.library in FILE_LIBRARIES:
        path = root / entry.origin.name
    if path is None:
        return row
    return replace(row, weights=HERE if path.is_file() else FILE_MISSING, path=path)


def _own(entry: ModelEntry) -> PoolRow:
    return PoolRow(entry, None, None, None, "", BY_CODE)


def _timm(entry: ModelEntry) -> PoolRow:
    from model_eval.networks.timm import published_config, untrained

    n_parameters = _n_parameters(untrained(entry))
    config: Any = published_config(entry)
    if config is None:
        return PoolRow(entry, n_parameters, None, None, "", NOWHERE)
    names = ("model.safetensors", "pytorch_model.bin")
    here = bool(config.hf_hub_id) and _in_hub_cache(config.hf_hub_id, names)
    _, height, width = config.input_size
    weights = HERE if here else DOWNLOAD
    return PoolRow(entry, n_parameters, (height, width), config.crop_pct, config.interpolation, weights)


def _torchvision(entry: ModelEntry) -> PoolRow:
    from model_eval.networks.torchvision import published_weights

    weights = published_weights(entry)
    preset = weights.transforms()
    side = preset.crop_size[0]
    here = Path(torch.hub.get_dir(), "checkpoints", Path(weights.url).name).is_file()
    return PoolRow(
        entry,
        weights.meta["num_params"],
        (side, side),
        side / preset.resize_size[0],
        preset.interpolation.value,
        HERE if here else DOWNLOAD,
    )


def _openclip(entry: ModelEntry) -> PoolRow:
    from model_eval.networks.openclip import untrained

    module, interpolation, place = untrained(entry)
    repository, _, file = place.rpartition("/")
    names = (file,) if file else ("open_clip_model.safetensors", "open_clip_pytorch_model.bin")
    here = not place.startswith("http") and _in_hub_cache(repository, names)
    size = module.visual.image_size
    height, width = size if isinstance(size, tuple | list) else (size, size)
    weights = HERE if here else DOWNLOAD
    return PoolRow(entry, _n_parameters(module), (height, width), 1.0, interpolation, weights)


_LOOK_UP = {"timm": _timm, "torchvision": _torchvision, "openclip": _openclip}


def _in_hub_cache(repository: str, names: tuple[str, ...]) -> bool:
    from huggingface_hub import try_to_load_from_cache

    return any(isinstance(try_to_load_from_cache(repository, name), str) for name in names)


def _n_parameters(module: torch.nn.Module) -> int:
    return sum(parameter.numel() for parameter in module.parameters())
