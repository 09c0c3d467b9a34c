"""A study: a folder with a `study.toml`, and every stage as a method."""

from __future__ import annotations

import json
from collections.abc import Mapping
from importlib import resources
from pathlib import Path
from typing import Any

from tricky.core.errors import InputError
from tricky.core.files import write_text
from tricky.core.settings import validated
from tricky.stages.analysis import AnalysisStages
from tricky.stages.model_eval import ModelEvalStages
from tricky.stages.online import OnlineStages
from tricky.stages.pool import PoolStages
from tricky.stages.stimuli import StimuliStages
from tricky.status import StageStatus, study_status
from tricky.study_settings import FILE_NAME, Settings, read_settings


class Study(PoolStages, ModelEvalStages, StimuliStages, OnlineStages, AnalysisStages):
    """A study's folder, its settings and its stages.

    A stage reads folders of the stages before it and writes its own; what is finished is kept when it is
    stopped, and calling it again continues.

    Examples
    --------
    >>> study = tricky.open_study("my-study")
    >>> study.evaluate()
    >>> study.label()
    >>> study.build_stimuli("main")
    >>> study.analyse().sentence
    """

    def status(self) -> list[StageStatus]:
        """Return what each stage's folder holds, and whether it is up to date."""
        return study_status(self)

    def with_settings(self, *, where: str = "with_settings", **sections: Mapping[str, Any]) -> Study:
        """Return the study with other settings, for this run only; `study.toml` stays as it is.

        Parameters
        ----------
        where : str
            Where the values are from, for error messages.
        **sections : dict
            Section of the study file → setting → value; None leaves a setting as it is.

        Raises
        ------
        InputError
            A value is not allowed in the study file.
        """
        content = self.settings.model_dump(by_alias=True)
        for section, values in sections.items():
            for key, value in values.items():
                if value is not None:
                    old = content[section][key]
                    content[section][key] = old | value if isinstance(value, dict) else value
        return Study(self.root, validated(Settings, content, where=where))


def create_study(folder: str | Path, *, name: str | None = None, seed: int | None = None) -> Study:
    """Write a commented study file into `folder`, which is created if necessary, and nothing else.

    Raises
    ------
    InputError
        There is a study file already.
    """
    path = Path(folder) / FILE_NAME
    if path.exists():
        raise InputError(f"{path}: there is a study here already; edit it, or name another folder")
    text = resources.files("tricky").joinpath("study.toml.template").read_text(encoding="utf-8")
    if name is not None:
        text = text.replace('name = "My study"', f"name = {json.dumps(name, ensure_ascii=False)}")
    if seed is not None:
        text = text.replace("seed = 1  ", f"seed = {seed}  ")
    write_text(path, text)
    return open_study(folder)


def open_study(start: str | Path) -> Study:
    """Open the study that `start` is in: the nearest folder, upwards, with a study file.

    Raises
    ------
    InputError
        There is none, its settings are invalid, or the name of its folder is not UTF-8.
    """
    start = Path(start).resolve()
    for root in (start, *start.parents):
        if (root / FILE_NAME).is_file():
            try:
                str(root).encode()  # libraries cannot write files to a path that is not UTF-8
            except UnicodeEncodeError:
                raise InputError(f"{root}: the name of this folder is not UTF-8; rename it") from None
            return Study(root, read_settings(root / FILE_NAME))
    raise InputError(f"{start}: no {FILE_NAME} here or above; run `tricky init` to begin a study")
