"""Every reader of the project, with files that it reads: each is given damaged ones.

A reader is a public function whose name begins with ``read_``; `READERS` must name all of them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields, is_dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from pydantic import BaseModel

from fuzz.evidence import EVIDENCE, SLOW_EVIDENCE, published_images
from fuzz.studies import MODELS, PLAIN
from tricky.core.errors import InputError


@dataclass(frozen=True)
class Reader:
    """A reader and what it is tried on.

    Attributes
    ----------
    call : callable
        Reads, from a workspace as `workspace` makes it.
    files : tuple of str
        Files of the workspace that are damaged, as glob patterns.
    edited : bool
        Whether people write these files: then other content gives other results.  Of all others, a reader
        returns what it returned before the damage, or refuses.
    slow : bool
        Whether one of its files takes long to read, so that it is given fewer.
    """

    call: Callable[[Path], Any]
    files: tuple[str, ...]
    edited: bool = False
    slow: bool = False


NOT_READERS = {
    "model_eval.networks.output_classes:read_out": "chooses outputs of a network; reads no file",
    "model_eval.label_evidence.formats:read_evidence": "chooses a reader by the content of the file",
    "model_eval.decisions:read_images": "part of `read_decisions` and `read_conditions`",
    "tricky.core.files:read_bytes": "part of every reader of text",
    "tricky.core.foreign_tables:read_tables_ahead": "calls `read_foreign_table`",
    "tricky.core.manifests:read_record": "part of `read_manifest` and `read_sidecar`",
    "tricky.core.parquet:read_arrow": "part of `read_parquet`",
    "tricky.reserved_names:read_as_missing": "says what pandas makes of a name; reads no file",
    "experiment.import_sessions.trials:read_rows": "reads what `read_source` returns; no file",
    "experiment.import_sessions.images:read_known_images": "calls `read_difficulty` and `read_decisions`",
    "experiment.import_sessions.compare:read_existing": "calls `read_data` and `read_any_set`",
    "experiment.session.prepare:read_material": "calls `read_any_set` and `read_texts`",
    "experiment.session.prepare:read_material_for_people": "calls these and `read_document`",
    "stimuli.inputs:read_inputs": "calls `read_difficulty`, `read_lists` and `read_own_table`",
    "experiment.screen.psychopy_gamma:read_gamma": "needs PsychoPy; fuzzed in its own test",
}
"""Functions called ``read_…`` that `READERS` lacks, and why."""


def _first_session(root: Path) -> Any:
    from experiment.data.find_sessions import find_sessions

    return find_sessions(root / "data").sessions[0]


def _settings(root: Path) -> Any:
    from tricky.study_settings import read_settings

    return read_settings(root / "study.toml")


def _images(source: str, path: str, **more: str) -> Callable[[Path], Any]:
    def call(root: Path) -> Any:
        from model_eval.images.open import open_images
        from model_eval.settings import ImageSettings

        settings = ImageSettings.model_validate({"source": source, "path": path, **more})
        inspection = open_images(settings, root).inspect(lambda *_: None)
        return inspection.images, inspection.problems

    return call


def _picture(root: Path) -> Any:
    from experiment.screen.pictures import read_picture

    return [
        read_picture(path, (40, 30)).size for path in sorted((root / "stimuli/main/images").glob("*.png"))
    ]


def _decode(root: Path) -> Any:
    from model_eval.images.decode import conversions, decode

    found = []
    for path in sorted((root / "lab").glob("picture.*")):
        try:
            content = path.read_bytes()
            found.append((decode(content).size, conversions(content)))
        except InputError:
            raise
        except Exception as error:  # what decoders raise is caught where they are called, in `inspect_files`
            found.append(str(error))
    return found


def _inspect(root: Path) -> Any:
    from model_eval.images.check import inspect_files
    from model_eval.images.listing import Listing

    class_of = {path.name: "x" for path in (root / "lab").glob("picture.*")}
    return inspect_files(root / "lab", Listing(class_of), lambda *_: None, None).problems


def _lazy(module: str, function: str, arguments: Callable[[Path], tuple[Any, ...]]) -> Callable[[Path], Any]:
    """Return a call that imports its reader when it is called."""

    def call(root: Path) -> Any:
        import importlib

        return getattr(importlib.import_module(module), function)(*arguments(root))

    return call


def _named(
    name: str,
    arguments: Callable[[Path], tuple[Any, ...]],
    files: tuple[str, ...],
    *,
    edited: bool = False,
    slow: bool = False,
) -> tuple[str, Reader]:
    """Return an entry of `READERS` for the function ``module:function``, called with these arguments."""
    module, _, function = name.partition(":")
    return name, Reader(_lazy(module, function, arguments), files, edited, slow)


def _trials(suffix: str) -> tuple[str, Reader]:
    """Return an entry for a file of someone else's trials."""
    name, file = "experiment.import_sessions.read_source:read_source", f"lab/trials.{suffix}"
    call = _lazy("experiment.import_sessions.read_source", "read_source", lambda root: (root / file,))
    about = "" if suffix == "csv" else f": {suffix}"
    return name + about, Reader(call, (file,), edited=True, slow=suffix == "xlsx")


def _evidence(file: str, function: str) -> tuple[str, Reader]:
    """Return an entry for a published file in ``lab/``, read for images that it is about."""
    name = f"model_eval.label_evidence.{function}"
    entry = _named(
        name,
        lambda root: (root / "lab" / file, published_images(file), file),
        (f"lab/{file}",),
        edited=True,
        slow=file in SLOW_EVIDENCE,
    )
    return entry if file != "cifar10_mturk.json" else (f"{name.replace(':', ': ')} by place", entry[1])


def _rows(root: Path) -> Any:
    from model_eval.decisions import read_decisions, read_rows

    read_decisions(root / "decisions")  # which checks the hashes
    return [read_rows(root / f"decisions/{name}.parquet", ["image_id", "margin"]) for name in MODELS]


def _lists(root: Path) -> Any:
    from model_eval.images.check import Inspection
    from stimuli.lab_lists import read_lists, read_own_table

    settings, rows = _settings(root).stimuli["main"], _labels(root)
    lists = read_lists(settings, rows, lambda: Inspection(rows.reset_index()), name="main", root=root)
    return lists, read_own_table(settings, rows, name="main", root=root)


def _labels(root: Path) -> pd.DataFrame:
    from model_eval.difficulty import read_difficulty

    return read_difficulty(root / "difficulty").images.set_index("image_id")


def _set(root: Path) -> Any:
    from stimuli.records import read_any_set

    return read_any_set(root / "stimuli" / "main")


def _state(root: Path) -> Any:
    from model_eval.networks.network import read_state
    from model_eval.settings import ModelEntry

    entry = ModelEntry(name="net", source="timm:test_resnet", weights="lab/net.safetensors")
    return sorted(read_state(entry, root / "lab" / "net.safetensors"))


def _probabilities(root: Path) -> Any:
    from experiment.observers.population import read_probabilities

    return read_probabilities(root / "lab" / "probabilities.csv", _set(root))


def _manifest(root: Path) -> Any:
    from analysis.data.results_manifest import DynamicsManifest, ResultsManifest
    from tricky.core.manifests import read_manifest

    return (
        read_manifest(root / "report" / "results.json", ResultsManifest, "tricky analyse"),
        read_manifest(root / "report" / "dynamics.json", DynamicsManifest, "tricky dynamics"),
    )


def _studies(root: Path) -> Any:
    from analysis.data.other_studies import read_studies

    return read_studies([root], root.parent, 0.95, "2afc")


def _table(root: Path) -> Any:
    from tricky.core.tables import read_table

    table = read_table(root / "own.csv", ["image_id"])
    return table, [table.optional_texts(column) for column in table.columns]


def _import(module: str, *names: str) -> Callable[[Path], Any]:
    """Return a call that reads decisions of one format, and says all that was read."""

    def call(root: Path) -> Any:
        import importlib

        from model_eval.import_decisions.records import Reading

        columns = {
            "long_table": {
                "image": "image",
                "model": "model",
                "prediction": "prediction",
                "probability": "probability",
            },
            "model_table": {"image": "image", "prediction": "prediction", "label": "label"},
            "timm_results": {"image": "filename", "prediction": "index", "probability": "prob"},
            "model_vs_human": {"image": "imagename", "model": "subj", "prediction": "object_response"},
        }
        name, function = module.split(":")
        read = getattr(importlib.import_module(f"model_eval.import_decisions.{name}"), function)
        paths = [root / "lab" / "import" / each for each in names]
        found = read(paths, Reading(columns.get(name, {}), n_images=5))
        return [
            (
                each.name,
                digest,
                *(str(getattr(each, key)) for key in ("image_ids", "prediction", "correct", "label")),
            )
            for each, digest in found
        ]

    return call


def _import_labels(root: Path) -> Any:
    from model_eval.import_decisions.images import read_labels

    return read_labels(root / "lab/import/labels.csv", _labels(root).index.tolist())


def _foreign(root: Path) -> Any:
    from tricky.core.foreign_tables import SUFFIXES, read_foreign_table

    files = sorted(path for path in (root / "lab/import").iterdir() if path.name.endswith(SUFFIXES))
    return [read_foreign_table(path).table.to_pylist() for path in files]


_IMPORT = "lab/import"
_STIMULI = ("stimuli/main/stimulus_set.json", "stimuli/main/items.tsv", "stimuli/main/trials.tsv")
_IMAGENET = "lab/imagenet"
_DATA = ("data/participants.tsv", "data/sub-*/beh/*")

READERS: Mapping[str, Reader] = dict(
    (
        ("tricky.study_settings:read_settings", Reader(_settings, ("study.toml",), edited=True)),
        _named(
            "tricky.core.settings:read_toml",
            lambda root: (root / "study.toml",),
            ("study.toml",),
            edited=True,
        ),
        _named(
            "tricky.core.files:read_text",
            lambda root: (root / "lab/list.txt",),
            ("lab/list.txt",),
            edited=True,
        ),
        _named(
            "tricky.core.files:read_json_object",
            lambda root: (root / "data/participants.json", ""),
            ("data/participants.json",),
            edited=True,
        ),
        _named(
            "tricky.core.files:read_json_list",
            lambda root: (root / "lab/list.json", ""),
            ("lab/list.json",),
            edited=True,
        ),
        (
            "tricky.core.manifests:read_manifest",
            Reader(_manifest, ("report/results.json", "report/dynamics.json")),
        ),
        ("tricky.core.tables:read_table", Reader(_table, ("own.csv",), edited=True)),
        _named(
            "tricky.core.tables:read_entries",
            lambda root: (root / "lab/list.txt",),
            ("lab/list.txt",),
            edited=True,
        ),
        *(_trials(suffix) for suffix in ("csv", "json", "xlsx")),
        (
            "tricky.core.foreign_tables:read_foreign_table",
            Reader(_foreign, (f"{_IMPORT}/*.csv", f"{_IMPORT}/*.gz", f"{_IMPORT}/*.json"), edited=True),
        ),
        *(
            (
                f"model_eval.import_decisions.{module}",
                Reader(_import(module, *names), tuple(f"{_IMPORT}/{name}" for name in names), edited=True),
            )
            for module, names in (
                ("long_table:read_long", ("long.csv",)),
                ("model_table:read_model_tables", ("one.csv", "two.csv.gz", "three.parquet")),
                ("timm_results:read_timm", ("timm.json", "timm.csv")),
                ("epoch_results:read_epochs", ("RESULTS_EP2.csv",)),
                ("model_vs_human:read_model_vs_human", ("human.csv",)),
                ("arrays:read_arrays", ("right.npy", "predicted.npy")),
            )
        ),
        _named(
            "model_eval.import_decisions.arrays:read_array",
            lambda root: (root / _IMPORT / "right.npy",),
            (f"{_IMPORT}/right.npy",),
            edited=True,
        ),
        (
            "model_eval.import_decisions.images:read_labels",
            Reader(_import_labels, (f"{_IMPORT}/labels.csv",), edited=True),
        ),
        _named(
            "tricky.core.cache:read_memory",
            lambda root: (root / "lab/memory.parquet",),
            ("lab/memory.parquet",),
        ),
        _named(
            "tricky.core.parquet:read_parquet",
            lambda root: (root / "lab/memory.parquet", {"sha256": "str", "value": "float64"}, "x"),
            ("lab/memory.parquet",),
            edited=True,
        ),
        _named(
            "model_eval.decisions:read_pool", lambda root: (root / "decisions",), ("decisions/pool.json",)
        ),
        _named(
            "model_eval.decisions:read_decisions",
            lambda root: (root / "decisions",),
            ("decisions/pool.json", "decisions/*.parquet"),
        ),
        ("model_eval.decisions:read_rows", Reader(_rows, ("decisions/*.parquet",))),
        _named(
            "model_eval.difficulty:read_difficulty",
            lambda root: (root / "difficulty",),
            ("difficulty/difficulty.json", "difficulty/difficulty.parquet"),
        ),
        _named(
            "model_eval.difficulty:read_label_tables",
            lambda root: (root / "difficulty",),
            ("difficulty/difficulty.json", "difficulty/*.csv"),
        ),
        _named(
            "model_eval.networks.pool:read_pool",
            lambda root: (_settings(root).pool, root),
            ("pool.toml",),
            edited=True,
        ),
        _named(
            "model_eval.networks.trained_weights:read_trained_record",
            lambda root: (root / "lab/net.safetensors",),
            ("lab/net.safetensors",),
        ),
        ("model_eval.networks.network:read_state", Reader(_state, ("lab/net.safetensors",), edited=True)),
        (
            "model_eval.images.imagenet_val:read_ground_truth",
            Reader(
                _images("imagenet-val", _IMAGENET, labels=f"{_IMAGENET}/truth.csv"),
                (f"{_IMAGENET}/truth.csv", f"{_IMAGENET}/*.JPEG"),
                edited=True,
            ),
        ),
        (
            "model_eval.images.imagenet_val: development kit",
            Reader(
                _images(
                    "imagenet-val",
                    _IMAGENET,
                    labels=f"{_IMAGENET}/truth.txt",
                    synsets=f"{_IMAGENET}/meta.mat",
                ),
                (f"{_IMAGENET}/truth.txt", f"{_IMAGENET}/meta.mat"),
                edited=True,
                slow=True,
            ),
        ),
        (
            "model_eval.images.open: folder",
            Reader(_images("folder", "images"), ("images/bee/0*.png",), edited=True),
        ),
        (
            "model_eval.images.open: csv",
            Reader(
                _images("csv", "lab/table/images.csv"),
                ("lab/table/images.csv", "lab/table/photos/0.png"),
                edited=True,
            ),
        ),
        (
            "model_eval.images.open: npz",
            Reader(_images("npz", "lab/images.npz"), ("lab/images.npz",), edited=True),
        ),
        ("model_eval.images.decode: pictures", Reader(_decode, ("lab/picture.*",), edited=True)),
        ("model_eval.images.check: pictures", Reader(_inspect, ("lab/picture.*",), edited=True)),
        _named(
            "model_eval.label_evidence.answers_table:read_answers",
            lambda root: (root / "lab/reassessed.csv", _labels(root).reset_index(), "the table"),
            ("lab/reassessed.csv",),
            edited=True,
        ),
        *(_evidence(file, function) for file, function in EVIDENCE.items()),
        _named(
            "tricky.core.array_files:read_array",
            lambda root: (root / "lab/cifar10h-counts.npy", "do something"),
            ("lab/cifar10h-counts.npy",),
            edited=True,
            slow=True,
        ),
        _named(
            "tricky.core.array_files:read_arrays",
            lambda root: (root / "lab/images.npz", "do something"),
            ("lab/images.npz",),
            edited=True,
        ),
        _named(
            "model_eval.label.published_counts:read_counts",
            lambda root: (root / "lab/counts.csv", 5),
            ("lab/counts.csv",),
            edited=True,
        ),
        _named(
            "model_eval.train.recipe:read_recipe",
            lambda root: (_settings(root).train.model_copy(update={"recipe": "lab/recipe.toml"}), root),
            ("lab/recipe.toml",),
            edited=True,
        ),
        _named(
            "model_eval.epoch_decisions:read_conditions",
            lambda root: (root / "conditions",),
            ("conditions/conditions.json", "conditions/*.parquet"),
        ),
        (
            "experiment.screen.pictures:read_picture",
            Reader(_picture, ("stimuli/main/images/*.png",), edited=True),
        ),
        ("stimuli.records:read_any_set", Reader(_set, (*_STIMULI, "stimuli/main/images/*.png"))),
        _named("stimuli.records:read_set_manifest", lambda root: (root / "stimuli/main",), _STIMULI[:1]),
        _named("stimuli.records:read_tables", lambda root: (root / "stimuli/main",), _STIMULI),
        ("stimuli.lab_lists:read_lists", Reader(_lists, ("deny.txt", "own.csv"), edited=True)),
        ("stimuli.lab_lists:read_own_table", Reader(_lists, ("own.csv",), edited=True)),
        (
            "experiment.observers.population:read_probabilities",
            Reader(_probabilities, ("lab/probabilities.csv",), edited=True),
        ),
        _named(
            "experiment.screen.texts:read_texts",
            lambda root: ("lab/texts.toml", "2afc", root),
            ("lab/texts.toml",),
            edited=True,
        ),
        _named(
            "experiment.screen.markdown_pages:read_document",
            lambda root: (root / "lab/consent.md", "consent.md"),
            ("lab/consent.md",),
            edited=True,
        ),
        (
            "experiment.calibration: apply_calibration",
            Reader(
                _lazy(
                    "experiment.calibration",
                    "apply_calibration",
                    lambda root: (_settings(root).experiment, root),
                ),
                ("calibration.json",),
            ),
        ),
        _named(
            "experiment.data.consents:read_consents",
            lambda root: (root / "data",),
            ("consent.tsv",),
            edited=True,
        ),
        _named(
            "experiment.data.sidecar:read_sidecar",
            lambda root: (_first_session(root).sidecar,),
            ("data/sub-*/beh/*.json",),
            edited=True,
        ),
        _named(
            "experiment.data.bids:read_participants",
            lambda root: (root / "data",),
            ("data/participants.tsv",),
            edited=True,
        ),
        _named(
            "experiment.data.bids:read_kinds",
            lambda root: (root / "data",),
            ("data/participants.tsv",),
            edited=True,
        ),
        _named(
            "experiment.data.bids:read_participant",
            lambda root: (root / "data", "sim01"),
            ("data/participants.tsv",),
            edited=True,
        ),
        _named("experiment.data.read_data:read_data", lambda root: (root / "data",), _DATA, edited=True),
        _named(
            "experiment.data.withdrawn:read_marks",
            lambda root: (root / "data",),
            ("data/withdrawn.tsv", "withdrawn.tsv"),
            edited=True,
        ),
        _named(
            "experiment.data.session_table:read_session_table",
            lambda root: (_first_session(root),),
            ("data/sub-*/beh/*",),
            edited=True,
        ),
        _named(
            "analysis.data.compared_models:read_superclasses",
            lambda root: (root / "lab/superclasses.csv", pd.Series(PLAIN.classes)),
            ("lab/superclasses.csv",),
            edited=True,
        ),
        _named(
            "analysis.data.sessions:read_sessions",
            lambda root: (root / "data", root / "stimuli/main"),
            (*_DATA, *_STIMULI),
            edited=True,
        ),
        ("analysis.data.other_studies:read_studies", Reader(_studies, ("report/results.json",))),
    )
)
"""By module and function; where several kinds of files go to one function, by module and kind."""


def fingerprint(value: Any) -> Any:
    """Return something that is equal for two results just if they say the same."""
    if isinstance(value, pd.DataFrame | pd.Series):
        return value.to_csv(), str(value.dtypes)
    if isinstance(value, np.ndarray):
        return value.dtype.str, value.shape, value.tobytes()
    if isinstance(value, BaseModel):
        return value.model_dump_json()
    if is_dataclass(value) and not isinstance(value, type):
        return [(each.name, fingerprint(getattr(value, each.name))) for each in fields(value)]
    if isinstance(value, Mapping):
        return [(key, fingerprint(each)) for key, each in value.items()]
    if isinstance(value, frozenset | set):
        return sorted(map(str, value))
    if isinstance(value, list | tuple):
        return [fingerprint(each) for each in value]
    return str(value)


def refusal(reader: Reader, root: Path) -> str | None:
    """Return why a reader refuses its files, or None where it reads them."""
    try:
        reader.call(root)
    except InputError as error:
        return str(error)
    return None
