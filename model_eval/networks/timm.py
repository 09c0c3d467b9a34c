"""Networks of timm: new ones for training, its own pretrained ones, and others' checkpoints."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import Any

import timm
import torch
from timm.data.config import resolve_data_config
from timm.models import PretrainedCfg, get_pretrained_cfg
from torch import nn

from model_eval.networks.network import Network, hash_of_state, load, one_line, read_state
from model_eval.networks.output_classes import Head, head_of_size
from model_eval.networks.preprocessing import Preprocessing, published
from model_eval.settings import ModelEntry
from tricky.core.errors import InputError
from tricky.core.files import sha256_of


def new_network(entry: ModelEntry, n_classes: int, input_size_px: int) -> nn.Module:
    """Return an untrained network for square inputs; torch's global generator decides its weights.

    Raises
    ------
    InputError
        timm knows no such architecture, or it can't take inputs of this size.
    """
    config = published_config(entry)
    # Networks with position embeddings must be told the size that they are built for.
    size = {"img_size": input_size_px} if config is not None and config.fixed_input_size else {}
    network = _build(entry, num_classes=n_classes, in_chans=3, **size)
    try:
        with torch.inference_mode():
            network.eval()(torch.zeros(1, 3, input_size_px, input_size_px))
    except (RuntimeError, AssertionError, ValueError) as error:
        raise InputError(
            f"{entry.name}: {entry.source} can't take {input_size_px} × {input_size_px} px "
            f"({one_line(error)}); change `input_size_px` in [train]"
        ) from error
    return network


def published_head(entry: ModelEntry) -> Head | None:
    """Return the head of timm's own weights, before they are downloaded; None where it isn't known."""
    config = published_config(entry)
    return None if config is None else head_of_size(config.num_classes)


def build(entry: ModelEntry, root: Path, head: Head | None) -> Network:
    """Build a network with timm's own weights, or with those of a checkpoint.

    Parameters
    ----------
    entry : ModelEntry
    root : Path
        The study's folder, which a checkpoint is relative to.
    head : Head or None
        What the entry states.

    Raises
    ------
    InputError
        timm knows no such model, or its weights can't be had or don't fit.
    """
    # Networks with position embeddings must be told the size that they are built for.
    size = entry.preprocessing.size
    config = published_config(entry)
    resized = {"img_size": size} if size and config is not None and config.fixed_input_size else {}
    if entry.weights == "pretrained":
        module = _build(entry, pretrained=True, **resized)
        weights_sha256 = hash_of_state(module.state_dict())
    else:
        path = root / entry.weights
        state = read_state(entry, path)
        module = _with_weights(entry, state, path, num_classes=_n_outputs(entry, state, path), **resized)
        weights_sha256 = sha256_of(path)
    head = head or head_of_size(getattr(module, "num_classes", 0))
    return Network(module.eval(), preprocessing_of(entry), head, weights_sha256)


def preprocessing_of(entry: ModelEntry) -> Preprocessing:
    """Return the preprocessing of timm's own weights, which needs neither the network nor its weights.

    Raises
    ------
    InputError
        timm knows no such architecture, or no such weights of it.
    """
    config = published_config(entry)
    found = resolve_data_config(pretrained_cfg={} if config is None else config.to_dict())
    return with_changes(found, entry)


def untrained(entry: ModelEntry) -> nn.Module:
    """Return the architecture with the head of its published weights, but without weights: only shapes.

    Raises
    ------
    InputError
        timm knows no such architecture.
    """
    with torch.device("meta"):
        return _build(entry)


def with_changes(config: dict[str, Any], entry: ModelEntry) -> Preprocessing:
    """Return timm's transform for a data configuration, with what the entry replaces."""
    changes = entry.preprocessing
    replaced = {
        "input_size": None if changes.size is None else (3, *changes.size),
        "crop_pct": changes.crop_pct,
        "interpolation": changes.interpolation,
        "mean": changes.mean,
        "std": changes.std,
    }
    return published(config | {key: value for key, value in replaced.items() if value is not None})


def published_config(entry: ModelEntry) -> PretrainedCfg | None:
    """Return timm's description of the weights that a source names, None where none are published.

    Raises
    ------
    InputError
        timm knows no such architecture, or no such weights of it.
    """
    name, tag = entry.origin.name, entry.origin.tag
    if not timm.is_model(name):
        nearest = timm.list_models(f"*{name.split('_')[0]}*")[:3]
        hint = f", such as {', '.join(nearest)}" if nearest else ""
        raise InputError(f"{entry.name}: timm has no model {name!r}; choose one of timm.list_models(){hint}")
    try:
        return get_pretrained_cfg(entry.model, allow_unregistered=True)
    except RuntimeError:  # how timm refuses a tag
        known = [each.partition(".")[2] for each in timm.list_pretrained(f"{name}.*")]
        there = f"it has {', '.join(known)}" if known else "it has none"
        raise InputError(f"{entry.name}: timm has no weights {tag!r} of {name}; {there}") from None


def _build(entry: ModelEntry, **arguments: Any) -> nn.Module:
    published_config(entry)  # refuses names that timm does not know
    try:
        return timm.create_model(entry.model, **arguments)
    # Downloads and constructors fail in as many ways as there are hubs and architectures.
    except Exception as error:
        raise InputError(f"{entry.name}: timm can't build {entry.model} ({one_line(error)})") from error


def _with_weights(
    entry: ModelEntry, state: dict[str, torch.Tensor], path: Path, **arguments: Any
) -> nn.Module:
    """Build a network with weights, without drawing others first where that is possible.

    The architecture is built without values, which takes a tenth of the time, and the weights are put in
    their places.  Where it has values that are not among the weights, it is built as usual.
    """
    # Architectures that need values fail in as many ways as there are operations; building as usual then
    # succeeds, or says what is wrong.
    with suppress(Exception):
        with torch.device("meta"):
            module = _build(entry, **arguments)
        module.load_state_dict(state, assign=True)
        if not _lacks_values(module):
            return module.float()
    module = _build(entry, **arguments)
    load(entry, module, state, path)
    return module


def _lacks_values(module: nn.Module) -> bool:
    """Tell whether a network has a tensor without values, registered or not."""

    def without(value: Any) -> bool:
        if isinstance(value, torch.Tensor):
            return value.is_meta
        if isinstance(value, dict):
            return any(map(without, value.values()))
        return isinstance(value, list | tuple) and any(map(without, value))

    return any(without(value) for part in module.modules() for value in vars(part).values())


def _n_outputs(entry: ModelEntry, state: dict[str, torch.Tensor], path: Path) -> int:
    """Return the number of outputs of a checkpoint's head, whose name timm knows."""
    config = published_config(entry)
    heads = config.classifier if config is not None else None
    head = heads[0] if isinstance(heads, tuple | list) else heads
    weight = state.get(f"{head}.weight")
    if weight is None:
        raise InputError(
            f"{entry.name}: {path} holds no `{head}.weight`, the head of {entry.source}; "
            "are these the weights of a whole classifier of this architecture?"
        )
    return weight.shape[0]
