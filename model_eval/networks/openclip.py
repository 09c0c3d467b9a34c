"""Networks of open_clip, asked without training: an image goes to the class whose description is nearest."""

from __future__ import annotations

import functools
import importlib.util
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch
from torch import nn

from model_eval.images.imagenet_classes import wordnet_ids
from model_eval.networks.network import Network, hash_of_state, one_line
from model_eval.networks.output_classes import named_head
from model_eval.networks.preprocessing import Preprocessing, from_transforms
from model_eval.settings import ModelEntry
from tricky.core.errors import InputError
from tricky.core.matching import match_entries
from tricky.core.tables import read_table


class ZeroShot(nn.Module):
    """An image tower and one direction for each class; the outputs are scaled cosines.

    Parameters
    ----------
    model : nn.Module
        open_clip's.
    directions : Tensor, shape (n_features, n_classes)
        Of length 1 each.
    """

    directions: torch.Tensor

    def __init__(self, model: Any, directions: torch.Tensor) -> None:
        super().__init__()
        self.model = model
        self.register_buffer("directions", directions)

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        """Return logits, shape (n_images, n_classes)."""
        features = self.model.encode_image(images, normalize=True)
        logits = self.model.logit_scale.exp() * features @ self.directions
        bias = getattr(self.model, "logit_bias", None)
        return logits if bias is None else logits + bias


def build(entry: ModelEntry, classes: tuple[str, ...], root: Path) -> Network:
    """Build a zero-shot classifier for the classes of the images.

    The direction of a class is the mean over prompts of its normalised text features, itself normalised
    (Radford et al. 2021).  Class names and prompts are weights like all others: the hash is that of the
    network and the directions together.

    Parameters
    ----------
    entry : ModelEntry
        ``openclip:NAME/TAG``; `weights` may be a checkpoint, which has the preprocessing of TAG.
    classes : tuple of str
        WordNet ids or names.
    root : Path
        The study's folder, which files are relative to.

    Raises
    ------
    InputError
        open_clip isn't installed, knows no such weights or can't have them; a class can't be named.
    """
    open_clip, name, tag = _known(entry)
    prompts, about = _prompt_names(entry, classes, root)
    templates = entry.templates or [str(each("{}")) for each in open_clip.OPENAI_IMAGENET_TEMPLATES]
    known, changes = open_clip.get_pretrained_cfg(name, tag), entry.preprocessing
    theirs = {key: known[key] for key in ("mean", "std", "interpolation", "resize_mode") if key in known}
    replaced = changes.model_dump(include={"mean", "std", "interpolation"}, exclude_none=True)
    if changes.crop_pct is not None:
        raise InputError(f"{entry.name}: open_clip's models keep the whole shorter side; take out `crop_pct`")
    if entry.weights != "pretrained" and not (root / entry.weights).is_file():
        raise InputError(
            f"{entry.name}: no weights at {root / entry.weights}; correct `weights` in its [[models]] entry"
        )
    try:
        model: Any = open_clip.create_model(
            name,
            pretrained=tag if entry.weights == "pretrained" else str(root / entry.weights),
            force_quick_gelu=known.get("quick_gelu", False),
            force_image_size=changes.size_px,
            force_preprocess_cfg=theirs | replaced,
            require_pretrained=True,
        ).eval()
        tokenizer = open_clip.get_tokenizer(name)
        with torch.inference_mode():
            directions = open_clip.build_zero_shot_classifier(
                model, tokenizer, [prompts[each] for each in classes], templates
            )
    # Downloads and constructors fail in as many ways as there are hubs and architectures.
    except Exception as error:
        raise InputError(f"{entry.name}: open_clip can't build {entry.model} ({one_line(error)})") from error
    module = ZeroShot(model, directions.clone()).eval()
    head = named_head(about, classes)
    return Network(module, _preprocessing(model), head, hash_of_state(module.state_dict()))


def untrained(entry: ModelEntry) -> tuple[Any, str, str]:
    """Return the architecture without weights, its interpolation, and where its weights are published.

    Raises
    ------
    InputError
        open_clip isn't installed, or knows no such weights.
    """
    open_clip, name, tag = _known(entry)
    known = open_clip.get_pretrained_cfg(name, tag)
    # Only shapes: nothing is computed or stored, and open_clip need not warn that nothing was loaded.
    with torch.device("meta"), _no_warnings():
        model = open_clip.create_model(name, load_weights=False, device="meta")
    return model, known.get("interpolation", "bicubic"), known.get("hf_hub") or known.get("url", "")


@contextmanager
def _no_warnings() -> Iterator[None]:
    before = logging.root.manager.disable
    logging.disable(logging.WARNING)
    try:
        yield
    finally:
        logging.disable(before)


def _known(entry: ModelEntry) -> tuple[Any, str, str]:
    """Return open_clip, and the names of a model and of weights that it has."""
    if importlib.util.find_spec("open_clip") is None:
        raise InputError(
            f"{entry.name}: open_clip is not installed here; pip install 'tricky-images[model-eval]'"
        )
    import open_clip

    name, tag = entry.origin.name, entry.origin.tag
    if (name, tag) not in open_clip.list_pretrained():
        tags = [known for model, known in open_clip.list_pretrained() if model == name]
        hint = f"of {name} it has {', '.join(tags)}" if tags else "see open_clip.list_pretrained()"
        raise InputError(f"{entry.name}: open_clip has no weights {entry.model!r}; {hint}")
    return open_clip, name, tag


def _prompt_names(entry: ModelEntry, classes: tuple[str, ...], root: Path) -> tuple[dict[str, str], str]:
    """Return what each class is called in prompts, and what the outputs are, for manifests."""
    import open_clip

    known = dict(zip(wordnet_ids(), open_clip.IMAGENET_CLASSNAMES, strict=True))
    named, about = {}, "zero-shot descriptions"
    if entry.class_names:
        path = root / entry.class_names
        table = read_table(path, ["class_name", "prompt_name"])
        listed, prompts = table.names("class_name", unique=True), table.texts("prompt_name")
        matches = match_entries(
            listed, classes, where=str(path), what="class of the images", lines=table.lines, partial=True
        )
        named = {
            matches.found[name]: prompt
            for name, prompt in zip(listed, prompts, strict=True)
            if name in matches.found
        }
        about += f", {len(named)} of {len(listed)} names in {path.name} used"
    return {name: named.get(name) or known.get(name) or _plain_words(entry, name) for name in classes}, about


def _plain_words(entry: ModelEntry, name: str) -> str:
    """Return a class's own name as words, or the first word of its synset."""
    if name[:1] == "n" and name[1:].isdecimal() and len(name) == 9:
        words = _synset_words().get(name)
        if words is None:
            raise InputError(
                f"{entry.name}: no word for class {name!r}, which prompts need; write one in a CSV file of "
                "class_name and prompt_name, and name it as `class_names`"
            )
        return words
    return name.replace("_", " ")


@functools.cache
def _synset_words() -> dict[str, str]:
    from timm.data.imagenet_info import ImageNetInfo

    words: dict[str, str] = ImageNetInfo("imagenet-22k").label_descriptions(as_dict=True)  # type: ignore[assignment]
    return {name: each.split(", ")[0] for name, each in words.items()}


def _preprocessing(model: Any) -> Preprocessing:
    from open_clip.model import get_model_preprocess_cfg
    from open_clip.transform import PreprocessCfg, image_transform_v2

    config = get_model_preprocess_cfg(model)
    transform: Any = image_transform_v2(PreprocessCfg(**config), is_train=False)
    plain = {key: list(each) if isinstance(each, tuple) else each for key, each in config.items()}
    return from_transforms({"kind": "open_clip"} | plain, transform.transforms)
