"""Which of a model's outputs stands for which class of the images: matched by name, never by luck."""

from __future__ import annotations

import functools

from model_eval.artefacts import InputError

N_IMAGENET = 1000


def outputs_by_order(n_outputs: int, classes: tuple[str, ...]) -> tuple[int, ...] | None:
    """Return output i for class i where a head was trained on these very classes, else None.

    `classes` are sorted as text, as torchvision's ``ImageFolder`` and `tricky train` number them.
    """
    return tuple(range(n_outputs)) if n_outputs == len(classes) else None


def outputs_by_wordnet_id(model: str, n_outputs: int, classes: tuple[str, ...]) -> tuple[int, ...]:
    """Return for each class, a WordNet id such as ``n01440764``, its output in an ImageNet head.

    Parameters
    ----------
    model : str
        Its name, for messages.
    n_outputs : int
        Number of outputs of the head.
    classes : tuple of str
        Class names of the images; they may be a part of ImageNet's 1,000.

    Raises
    ------
    InputError
        The head isn't one of 1,000 outputs, or a class isn't one of ImageNet's 1,000.
    """
    if n_outputs != N_IMAGENET:
        raise InputError(
            f"{model}: its head has {n_outputs} outputs, the images have {len(classes)} classes "
            f"({_some(classes)}); they can be matched one to one, or by WordNet id with {N_IMAGENET} outputs"
        )
    output_of = _imagenet_outputs()
    unknown = [name for name in classes if name not in output_of]
    if unknown:
        raise InputError(
            f"{model}: its {N_IMAGENET} outputs are ImageNet's, named by WordNet id (n01440764, …), but "
            f"{len(unknown)} of {len(classes)} class folders are not ({_some(unknown)}); "
            "rename the folders, or give the model weights for these classes"
        )
    return tuple(output_of[name] for name in classes)


@functools.cache
def _imagenet_outputs() -> dict[str, int]:
    from timm.data.imagenet_info import ImageNetInfo

    return {name: index for index, name in enumerate(ImageNetInfo().label_names())}


def _some(names: tuple[str, ...] | list[str]) -> str:
    return ", ".join(repr(name) for name in names[:3]) + (", …" if len(names) > 3 else "")
