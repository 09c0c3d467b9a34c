"""Settings of images, models, training, evaluation and labels."""

from __future__ import annotations

import re
from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    Field,
    PrivateAttr,
    field_serializer,
    field_validator,
    model_validator,
)

from model_eval.network_source import FILE_LIBRARIES, ModelSource, Source, parse_source
from model_eval.recipe_settings import BaseRecipe
from tricky.core.names import (
    DifferentNames,
    DottedFileName,
    FileName,
    Line,
    PathSetting,
    PathText,
    check_name,
    first_duplicate,
)
from tricky.core.settings import SettingError, SettingsModel

IMAGE_SOURCES = (
    *("mnist-5k", "gaussian", "none", "folder", "imagenet-val", "csv", "npz", "torchvision:NAME/SPLIT"),
)
"""Possible values of `source` in ``[images]``."""

WITHOUT_PATH = ("mnist-5k", "gaussian", "none")
"""Those that need no `path`."""


class GaussianSettings(SettingsModel):
    """``[images.gaussian]``: the set of Gaussian noise with ``source = "gaussian"``."""

    classes: Annotated[int, Field(ge=2, le=999)] = 100
    """Class i has standard deviation i, from 1."""
    images_per_class: Annotated[int, Field(ge=1, le=100_000)] = 50
    training_images_per_class: Annotated[int, Field(ge=1, le=100_000)] = 20_000
    """In the set that recipes train on."""
    size_px: Annotated[int, Field(ge=1)] = 224
    seed: Annotated[int, Field(ge=0)] = 1


class ImageSettings(SettingsModel):
    """``[images]``: the images that models are evaluated on."""

    source: str = "mnist-5k"
    """One of `IMAGE_SOURCES`."""
    path: PathSetting | None = None
    """The folder of class folders, of ImageNet's validation images, or of torchvision's data sets; the CSV
    or ``.npz`` file.  Relative to the study."""
    labels: PathSetting | None = None
    """With ``imagenet-val``: the file of ground truth."""
    synsets: PathSetting | None = None
    """With ``imagenet-val`` and a ground truth of the development kit: its ``meta.mat``."""
    entry_level: bool = False
    """Sort images into the 16 entry-level classes of Geirhos et al. (2018) and leave out all others."""
    follow_links: bool = False
    """With ``folder`` and ``imagenet-val``: follow symbolic links that leave the folder."""
    gaussian: GaussianSettings = GaussianSettings()
    on_bad_image: Literal["stop", "skip"] = "stop"
    """What to do with images that cannot be shown; ``skip`` leaves them out for all models."""

    @field_validator("source")
    @classmethod
    def _source_is_known(cls, source: str) -> str:
        if source not in IMAGE_SOURCES[:-1] and not re.fullmatch(r"torchvision:\w+/\w+", source):
            raise ValueError(f"one of {', '.join(IMAGE_SOURCES)}")
        return source

    @model_validator(mode="after")
    def _path_goes_with_source(self) -> ImageSettings:
        if (self.source in WITHOUT_PATH) != (self.path is None):
            raise ValueError('`path` with every source but "mnist-5k", "gaussian" and "none", and only then')
        if (self.source == "imagenet-val") != (self.labels is not None):
            raise ValueError('`labels` together with `source = "imagenet-val"`, and only then')
        if self.source == "none" and self.entry_level:
            raise SettingError("entry_level", self.entry_level, "`false`, as there are no images to sort")
        if self.follow_links and self.source not in ("folder", "imagenet-val"):
            raise ValueError('`follow_links` only with `source = "folder"` or "imagenet-val"')
        if self.synsets is not None and self.labels is None:
            raise SettingError("synsets", self.synsets, "`labels` next to it")
        return self


class PreprocessingSettings(SettingsModel):
    """Overrides a model's own preprocessing; complete where the model has none."""

    size_px: Annotated[int, Field(ge=1)] | tuple[int, int] | None = None
    """Side of the model's square input, or its height and width."""
    crop_pct: Annotated[float, Field(gt=0, le=1)] | None = None
    """Share of the shorter side of the resized image that is kept."""
    interpolation: Literal["nearest", "bilinear", "bicubic"] | None = None
    mean: tuple[float, float, float] | None = None
    std: tuple[float, float, float] | None = None

    @property
    def size(self) -> tuple[int, int] | None:
        """Height and width, where they are given."""
        return (self.size_px, self.size_px) if isinstance(self.size_px, int) else self.size_px

    def missing(self) -> list[str]:
        """Return the names of what is left to the model."""
        return [name for name in type(self).model_fields if getattr(self, name) is None]


RESERVED_MODELS = ("images", "model")
"""No model may be called so: ``images.parquet`` is another file, `model` a column of tables of models."""


class ModelEntry(SettingsModel):
    """One model of a pool."""

    name: DottedFileName
    """Also the name of its file of decisions: letters, digits, ``.``, ``_`` and ``-``."""
    source: Source
    """``timm:NAME``, ``timm:NAME.TAG``, ``torchvision:NAME/WEIGHTS``, ``openclip:NAME/TAG``,
    ``python:package.module:function``, ``torchscript:FILE`` or ``export:FILE``; files are relative to the
    study."""
    family: str = ""
    """Models of one family are similar, so they are not independent votes."""
    weights: PathText = "train"
    """``train`` (by `tricky train`; timm's only), ``pretrained`` (what the source itself brings; what all but
    timm's have by default), or a checkpoint's path."""
    head: PathText = ""
    """Names of the outputs, if the source has none: ``imagenet-1k`` (or another of
    `heads.VOCABULARIES`), ``images`` (the classes of the images, sorted as text), or the path of a text file
    with one name a line."""
    preprocessing: PreprocessingSettings = PreprocessingSettings()
    arguments: dict[Line, bool | int | float | str] = {}
    """With ``python:``: arguments of the function."""
    templates: tuple[Line, ...] = ()
    """With ``openclip:``: prompts with ``{}`` for the class; by default the 80 of Radford et al. (2021)."""
    class_names: PathText = ""
    """With ``openclip:``: a CSV file of `class_name` and `prompt_name`, the name of the class in prompts."""

    @field_validator("name")
    @classmethod
    def _name_is_free(cls, name: str) -> str:
        if name.lower() in RESERVED_MODELS:
            raise ValueError("another name: tricky uses this one itself")
        return name

    @field_validator("family")
    @classmethod
    def _family_is_a_name(cls, family: str) -> str:
        return check_name(family) if family else family

    @field_validator("templates")
    @classmethod
    def _templates_have_a_place(cls, templates: tuple[str, ...]) -> tuple[str, ...]:
        if any(template.count("{}") != 1 for template in templates):
            raise ValueError("prompts with one {} for the class each")
        return templates

    @model_validator(mode="before")
    @classmethod
    def _only_timm_s_are_trained_here(cls, content: Any) -> Any:
        if isinstance(content, dict) and not str(content.get("source", "")).startswith("timm:"):
            return {"weights": "pretrained"} | content
        return content

    @model_validator(mode="after")
    def _keys_go_with_the_source(self) -> ModelEntry:
        library = self.library
        if library != "timm" and self.weights == "train":
            raise ValueError("a timm model where `weights` are to be trained")
        if library in FILE_LIBRARIES and self.weights != "pretrained":
            raise ValueError(f"no `weights` for {library}: the file holds them")
        for key, theirs in (("arguments", "python"), ("templates", "openclip"), ("class_names", "openclip")):
            if getattr(self, key) and library != theirs:
                raise ValueError(f"`{key}` only with a source `{theirs}:`")
        if self.head and library == "openclip":
            raise ValueError("no `head` for openclip: its outputs are the classes of the images")
        return self

    _is_trusted: bool = PrivateAttr(default=False)  # no key of a file: a study can't say that it is trusted

    @property
    def is_trusted(self) -> bool:
        """Whether the user trusts the code that the model runs, if it runs any."""
        return self._is_trusted

    def as_trusted(self) -> ModelEntry:
        """Return the entry of a model whose code the user trusts."""
        trusted = self.model_copy()
        trusted._is_trusted = True
        return trusted

    @property
    def origin(self) -> ModelSource:
        """The parts of `source`."""
        return parse_source(self.source)

    @property
    def library(self) -> str:
        """Where the network comes from: what is before the first colon of `source`."""
        return self.origin.library

    @property
    def model(self) -> str:
        """Its name there: what is after the first colon of `source`."""
        return self.source.partition(":")[2]


def models_with_different_names(models: tuple[ModelEntry, ...]) -> tuple[ModelEntry, ...]:
    """Return models that can each have a file of decisions.

    Raises
    ------
    ValueError
        Two names differ only in capital letters, which some file systems do not distinguish.
    """
    if (name := first_duplicate(each.name for each in models)) is not None:
        raise ValueError(f"models with names that differ (capitals aside): {name!r} is there twice")
    return models


Models = Annotated[tuple[ModelEntry, ...], AfterValidator(models_with_different_names)]
"""The models of a pool."""


class PoolSettings(SettingsModel):
    """``[pool]``: the models whose errors define difficulty."""

    file: PathText = "mnist-11"
    """A pool that ships with tricky, or the path of a TOML file with ``[[models]]`` entries."""
    models: Models = ()
    """Models listed here replace those of `file`."""


class TrainSettings(SettingsModel):
    """``[train]``: training of a pool's untrained models, and the recipe of controlled training."""

    images: Annotated[int, Field(ge=1)] = 400
    """Number of training images, the same share of each class; these are never evaluated."""
    epochs: Annotated[int, Field(ge=1)] = 8
    batch_size: Annotated[int, Field(ge=2)] = 32
    learning_rate: Annotated[float, Field(gt=0)] = 3e-3
    """Peak of the one-cycle schedule."""
    weight_decay: Annotated[float, Field(ge=0)] = 0.05
    input_size_px: Annotated[int, Field(ge=16)] = 32
    """Side of the square that trained models see."""
    recipe: PathText = ""
    """Controlled training: a recipe that ships with tricky, or the path of a TOML file."""
    training_set: ImageSettings | None = None
    """With a recipe: images to train on; by default a part of the study's, or further Gaussian noise."""
    base: BaseRecipe = BaseRecipe()
    """Keys of ``[base]`` that override those of the recipe; other keys keep the recipe's values."""
    conditions: dict[FileName, dict[str, Any]] = {}
    """Conditions that are added to the recipe's, or override those of the same name."""

    @property
    def describes_conditions(self) -> bool:
        """Whether there is controlled training, not only models of the pool."""
        return bool(self.recipe or self.base.model_fields_set or self.conditions)

    @field_serializer("base")
    def _only_what_is_set(self, base: BaseRecipe) -> dict[str, Any]:
        return base.model_dump(mode="json", exclude_unset=True)


class EvaluateSettings(SettingsModel):
    """``[evaluate]``: the device, batch size and arithmetic of evaluation."""

    device: str = "auto"
    """``auto`` takes CUDA when there is one, else the CPU."""
    batch_size: Annotated[int, Field(ge=1)] = 128
    arithmetic: Literal["exact", "fast", "mixed"] = "fast"
    """``exact``: IEEE single precision.  ``fast``: single precision with TF32 on a GPU, and images in torch's
    layout ``channels_last``; decisions differ from exact ones in near ties only.  ``mixed``: as fast, with
    bfloat16 where torch's automatic mixed precision uses it."""
    compile: bool = False
    """Compile each network (``torch.compile``): minutes before it starts, faster after, other last digits."""
    workers: Annotated[int, Field(ge=0, le=1024)] | Literal["auto"] = "auto"
    """Processes that read, decode and resize images; 0 means threads.  ``auto``: one process per core on a
    machine with a GPU or more than four cores, else threads.  They change no decision."""

    @field_validator("device")
    @classmethod
    def _device_is_known(cls, device: str) -> str:
        if not re.fullmatch(r"auto|cpu|mps|cuda(:\d+)?", device):
            raise ValueError("auto, cpu, mps, cuda or cuda:NUMBER")
        return device


class LabelSettings(SettingsModel):
    """``[label]``: when an image counts as trivial or impossible."""

    tolerance: Annotated[int, Field(ge=0)] = 1
    """Number of models that may be wrong about a trivial image, or right about an impossible one."""
    min_models_share: Annotated[float, Field(ge=0, le=1)] = 0.5
    """Images that a smaller share of the pool's models saw get no difficulty."""
    leave_out: DifferentNames = ()
    """Models to leave out; models that failed must be named here."""
    label_errors: PathSetting | None = None
    """A file of image ids whose label is known to be wrong, or one of `label_evidence.formats.FORMATS`;
    relative to the study."""
    reassessed: PathSetting | None = None
    """Correct answers according to annotators: a CSV file, or one of `label_evidence.formats.FORMATS`."""


class ImportColumns(SettingsModel):
    """``[import.decisions.columns]``: what the columns of a table are called, where tricky cannot know."""

    image: Line = ""
    model: Line = ""
    prediction: Line = ""
    correct: Line = ""
    label: Line = ""
    probability: Line = ""
    """Of the predicted class, 0 to 1."""


class ImportDecisionsSettings(SettingsModel):
    """``[import.decisions]``: how `tricky import decisions` reads the decisions of others."""

    format: Literal["long", "per-model", "timm", "epochs", "npy", "model-vs-human"] | None = None
    """By default the content says it."""
    columns: ImportColumns = ImportColumns()
    labels: PathSetting | None = None
    """The label of each image, where neither the source nor the study's images have it."""
    classes: PathText = ""
    """What classes 0, 1, 2 … are called, where indices and names meet: a file with one name a line,
    ``imagenet-1k`` (WordNet ids), or ``images`` (the classes of the study's images, sorted as text)."""
    predictions: Literal["index", "name", "correct"] | None = None
    """Whether numbers are indices or names of classes, where both are possible; of an array of 0 and 1,
    whether these are indices or say that a model is right."""
    images: PathText = ""
    """A list of the images in the order of the source, where the source does not name them; or ``sorted``:
    the study's, sorted by `image_id`."""
    models: PathSetting | None = None
    """A list of the models in the order of an array."""
    rows: Literal["models", "images"] | None = None
    """What the rows of an array are, where its shape does not say it."""
    epoch: Annotated[int, Field(ge=0)] | None = None
    """Of files for each epoch, the one to import; by default the last."""
