"""Networks of torchvision, with the preset that belongs to their weights."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

from torchvision.models import get_model, get_model_weights
from torchvision.transforms import CenterCrop, InterpolationMode, Normalize, Resize, ToTensor

from model_eval.networks.network import Network, hash_of_state, load, one_line, read_state
from model_eval.networks.output_classes import VOCABULARIES, Head, named_head, vocabulary
from model_eval.networks.preprocessing import Preprocessing, from_transforms
from model_eval.settings import ModelEntry
from tricky.core.errors import InputError
from tricky.core.files import sha256_of


def published_head(entry: ModelEntry) -> Head:
    """Return what the outputs of published weights are called, before they are downloaded.

    Raises
    ------
    InputError
        torchvision knows no such model or no such weights of it.
    """
    categories = tuple(published_weights(entry).meta["categories"])
    # ImageNet's words come twice (two cranes, two maillots): its WordNet ids are what tells classes apart.
    if len(categories) == VOCABULARIES["imagenet-1k"] and categories[0] == "tench":
        return vocabulary("imagenet-1k")
    return named_head(f"the categories of torchvision's {entry.model}", categories)


def build(entry: ModelEntry, root: Path, head: Head | None) -> Network:
    """Build a network with published weights, or with a checkpoint's.

    Parameters
    ----------
    entry : ModelEntry
        A checkpoint has the preprocessing of the weights that `source` names.
    root : Path
        The study's folder, which a checkpoint is relative to.
    head : Head or None
        What the entry states; it tells how many outputs a checkpoint has.

    Raises
    ------
    InputError
        torchvision knows no such model, or its weights can't be had or don't fit.
    """
    weights = published_weights(entry)
    name = entry.origin.name
    published = published_head(entry)
    try:
        if entry.weights == "pretrained":
            module = get_model(name, weights=weights)
        else:
            n_outputs = (head or published).n_outputs
            module = get_model(name, weights=None, num_classes=n_outputs)
    # Downloads fail in as many ways as there are networks between here and there.
    except Exception as error:
        raise InputError(
            f"{entry.name}: torchvision can't build {entry.model} ({one_line(error)})"
        ) from error
    if entry.weights == "pretrained":
        weights_sha256 = hash_of_state(module.state_dict())
    else:
        path = root / entry.weights
        load(entry, module, read_state(entry, path), path)
        weights_sha256 = sha256_of(path)
    return Network(module.eval(), preprocessing_of(entry), head or published, weights_sha256)


def published_weights(entry: ModelEntry) -> Any:
    """Return torchvision's description of the weights that an entry names.

    Raises
    ------
    InputError
        torchvision knows no such model or no such weights of it.
    """
    name, tag = entry.origin.name, entry.origin.tag
    try:
        known = get_model_weights(name)
    except ValueError:
        raise InputError(
            f"{entry.name}: torchvision has no model {name!r}; choose one of torchvision.models.list_models()"
        ) from None
    if tag not in known.__members__:
        raise InputError(
            f"{entry.name}: torchvision has no weights {tag!r} of {name}; there is "
            f"{', '.join(known.__members__)}"
        )
    weights: Any = known[tag]
    if "categories" not in weights.meta or "crop_size" not in getattr(weights.transforms, "keywords", {}):
        raise InputError(f"{entry.name}: {name} of torchvision is no classifier of images; choose another")
    return weights


def preprocessing_of(entry: ModelEntry) -> Preprocessing:
    """Return the preset of the weights that an entry names, with what the entry replaces.

    Raises
    ------
    InputError
        torchvision knows no such model or no such weights of it; the entry asks for another shape than a
        square.
    """
    preset, changes = published_weights(entry).transforms(), entry.preprocessing
    crop, resize = list(preset.crop_size), list(preset.resize_size)
    if changes.size is not None or changes.crop_pct is not None:
        kept = changes.crop_pct or crop[0] / resize[0]
        crop = list(changes.size or crop)
        if len(crop) == 2 and crop[0] != crop[1]:
            raise InputError(f"{entry.name}: torchvision's models see squares; give `size_px` as one number")
        resize = [math.floor(crop[0] / kept)]
    arguments = {
        "crop_size": crop[0],
        "resize_size": resize[0],
        "mean": tuple(changes.mean or preset.mean),
        "std": tuple(changes.std or preset.std),
        "interpolation": changes.interpolation or preset.interpolation.value,
    }
    description = {"kind": "torchvision"} | arguments | {"antialias": bool(preset.antialias)}
    description |= {"mean": list(arguments["mean"]), "std": list(arguments["std"])}
    interpolation = InterpolationMode(arguments["interpolation"])
    transforms = [
        Resize(arguments["resize_size"], interpolation=interpolation, antialias=preset.antialias),
        CenterCrop(arguments["crop_size"]),
        ToTensor(),
        Normalize(arguments["mean"], arguments["std"]),
    ]
    return from_transforms(description, transforms)
