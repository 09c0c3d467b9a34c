"""What a pool's models are and need, looked up without building them or asking the network."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from model_eval.settings import ModelEntry


@dataclass(frozen=True)
class PoolRow:
    """What is known of a model without building it.

    Attributes
    ----------
    entry : ModelEntry
    n_parameters : int or None
        None where only running its code would tell.
    preprocessing : str
        In words.
    needs : str
        What must be there first: `here`, a download with its size, a file, training.
    """

    entry: ModelEntry
    n_parameters: int | None
    preprocessing: str
    needs: str


def describe(entry: ModelEntry, *, root: Path, training: Path) -> PoolRow:
    """Look a model up, without building it and without the network.

    Raises
    ------
    InputError
        Its library knows no such model.
    """
    n_parameters, seen, download = _looked_up(entry)
    changes = entry.preprocessing.model_dump(exclude_none=True)
    if changes:
        seen = ", ".join(filter(None, [seen, *(f"{key} {value}" for key, value in changes.items())]))
    if entry.weights == "train":
        path = training / f"{entry.name}.safetensors"
        return PoolRow(entry, n_parameters, "as trained", "here" if path.is_file() else "tricky train")
    if entry.weights != "pretrained" or entry.library in ("torchscript", "export"):
        path = root / (entry.model if entry.weights == "pretrained" else entry.weights)
        return PoolRow(entry, n_parameters, seen, "here" if path.is_file() else f"file {path}")
    return PoolRow(entry, n_parameters, seen, download)


def _looked_up(entry: ModelEntry) -> tuple[int | None, str, str]:
    """Return number of parameters, preprocessing in words, and what a download would be."""
    if entry.library == "timm":
        return _timm(entry)
    if entry.library == "torchvision":
        return _torchvision(entry)
    if entry.library == "openclip":
        return _openclip(entry)
    return None, "", "its function" if entry.library == "python" else ""


def _timm(entry: ModelEntry) -> tuple[int, str, str]:
    from timm.models import get_pretrained_cfg

    from model_eval.timm_models import untrained

    with torch.device("meta"):
        n_parameters = _n_parameters(untrained(entry))
    config: Any = get_pretrained_cfg(entry.model, allow_unregistered=True)
    if config is None:
        return n_parameters, "", "no published weights"
    _, height, width = config.input_size
    seen = f"{height} × {width} px of {config.crop_pct:.1%}, {config.interpolation}"
    names = ("model.safetensors", "pytorch_model.bin")
    here = config.hf_hub_id and _in_hub_cache(config.hf_hub_id, names)
    return n_parameters, seen, "here" if here else _download(4 * n_parameters)


def _torchvision(entry: ModelEntry) -> tuple[int, str, str]:
    from model_eval.torchvision_models import published_weights

    weights = published_weights(entry)
    preset = weights.transforms()
    seen = f"{preset.crop_size[0]} of {preset.resize_size[0]} px, {preset.interpolation.value}"
    here = Path(torch.hub.get_dir(), "checkpoints", Path(weights.url).name).is_file()
    return weights.meta["num_params"], seen, "here" if here else _download(4 * weights.meta["num_params"])


def _openclip(entry: ModelEntry) -> tuple[int, str, str]:
    from model_eval.openclip_models import untrained

    with torch.device("meta"):
        module, seen, place = untrained(entry)
    n_parameters = _n_parameters(module)
    repository, _, file = place.rpartition("/")
    names = (file,) if file else ("open_clip_model.safetensors", "open_clip_pytorch_model.bin")
    here = not place.startswith("http") and _in_hub_cache(repository, names)
    return n_parameters, seen, "here" if here else _download(4 * n_parameters)


def _in_hub_cache(repository: str, names: tuple[str, ...]) -> bool:
    from huggingface_hub import try_to_load_from_cache

    return any(isinstance(try_to_load_from_cache(repository, name), str) for name in names)


def _n_parameters(module: torch.nn.Module) -> int:
    return sum(parameter.numel() for parameter in module.parameters())


def _download(n_bytes: int) -> str:
    return f"download, about {n_bytes / 1e6:,.0f} MB"
