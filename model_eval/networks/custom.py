"""A lab's own networks: what a Python function returns, and files of TorchScript or `torch.export`.

They bring neither preprocessing nor names of their outputs, so an entry states both.
"""

from __future__ import annotations

import importlib
import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch
from torch import nn

from model_eval.networks.network import Network, hash_of_state, load, one_line, read_state
from model_eval.networks.output_classes import Head
from model_eval.networks.preprocessing import Preprocessing
from model_eval.networks.timm import with_changes
from model_eval.settings import ModelEntry
from tricky.core.errors import InputError
from tricky.core.files import sha256_of


def build(entry: ModelEntry, root: Path, head: Head | None) -> Network:
    """Build a network from a function or a file.

    Parameters
    ----------
    entry : ModelEntry
        ``python:package.module:function``, which is called with `arguments` and returns an ``nn.Module``
        (modules that lie in the study's folder are found); ``torchscript:FILE``; ``export:FILE``.
    root : Path
        The study's folder, which files are relative to.
    head : Head or None
        What the entry states.

    Raises
    ------
    InputError
        The entry doesn't state head and preprocessing; the function or the file can't be used.
    """
    if head is None:
        raise InputError(
            f"{entry.name}: nothing tells what the outputs of {entry.source} are; state `head`, such as "
            '"imagenet-1k"'
        )
    preprocessing = preprocessing_of(entry)
    if entry.library == "python":
        module, weights_sha256 = _from_function(entry, root)
    else:
        path = root / entry.origin.name
        if not path.is_file():
            raise InputError(f"{entry.name}: {path} is not there; correct `source` in its [[models]] entry")
        module, weights_sha256 = _from_file(entry, path), sha256_of(path)
    return Network(module, preprocessing, head, weights_sha256)


def preprocessing_of(entry: ModelEntry) -> Preprocessing:
    """Return the preprocessing that an entry states.

    Raises
    ------
    InputError
        It doesn't state all of it.
    """
    if missing := entry.preprocessing.missing():
        raise InputError(
            f"{entry.name}: {entry.source} brings no preprocessing of its own; state "
            f"{', '.join(missing)} in `preprocessing`"
        )
    return with_changes({"crop_mode": "center"}, entry)


def _from_function(entry: ModelEntry, root: Path) -> tuple[nn.Module, str]:
    """Call a function; the hash is that of the weights and of the file that the function stands in."""
    module_name, function_name = entry.origin.name, entry.origin.tag
    try:
        with _on_path(root):
            code = importlib.import_module(module_name)
            module = getattr(code, function_name)(**entry.arguments)
    except Exception as error:  # anyone's code may raise anything
        raise InputError(
            f"{entry.name}: {entry.source} gives no network ({type(error).__name__}: {one_line(error)})"
        ) from error
    if not isinstance(module, nn.Module):
        raise InputError(f"{entry.name}: {entry.source} returns a {type(module).__name__}, not an nn.Module")
    if entry.weights != "pretrained":
        path = root / entry.weights
        load(entry, module, read_state(entry, path), path)
    hashes = [hash_of_state(module.state_dict())]
    if file := getattr(code, "__file__", None):
        hashes.append(sha256_of(Path(file)))
    return module.float().eval(), sha256_of(" ".join(hashes))


def _from_file(entry: ModelEntry, path: Path) -> nn.Module:
    try:
        if entry.library == "torchscript":
            with warnings.catch_warnings():  # torch advises against it, and labs have it on disk
                warnings.simplefilter("ignore", FutureWarning)
                return torch.jit.load(str(path), map_location="cpu").eval()
        module: Any = torch.export.load(str(path)).module()
    except Exception as error:  # a broken or foreign file may raise anything
        raise InputError(f"{entry.name}: {path} holds no {entry.library} ({one_line(error)})") from error
    for each in module.modules():  # a graph has the mode that it was exported in, whatever it says
        each.training = False
    return module


@contextmanager
def _on_path(folder: Path) -> Iterator[None]:
    """Let Python find modules in a folder, after all others."""
    sys.path.append(str(folder.resolve()))
    try:
        yield
    finally:
        sys.path.remove(str(folder.resolve()))
