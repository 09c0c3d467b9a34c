"""The folders of a study, and warnings about its settings."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from tricky.core.matching import match_entries
from tricky.reserved_names import read_as_missing
from tricky.stages.declared import CONDITIONS, DATA, DECISIONS, DIFFICULTY, REPORT, STIMULI, TRAINING
from tricky.study_settings import FILE_NAME, Settings

_N_NAMED = 5
"""Number of places that a warning names."""


@dataclass(frozen=True)
class StudyFolder:
    """A study's folder and its settings; each stage has a sub-folder of its own.

    Parameters
    ----------
    root : Path
        The folder that holds `study.toml`.
    settings : Settings
    """

    root: Path
    settings: Settings

    def warnings(self) -> list[str]:
        """Return warnings about these settings, each in one line."""
        places = read_as_missing(self.settings)
        if not places:
            return []
        named = ", ".join(places[:_N_NAMED]) + (" …" if len(places) > _N_NAMED else "")
        return [
            f"{self.root / FILE_NAME}: pandas and R read these as missing by default, without "
            f'`keep_default_na=False` or `na.strings="n/a"` (tricky reads them as text): {named}'
        ]

    @property
    def training(self) -> Path:
        """What `tricky train` writes."""
        return self.root / TRAINING.folder

    @property
    def conditions(self) -> Path:
        """What `tricky train` writes where ``[train]`` names a recipe."""
        return self.root / CONDITIONS.folder

    @property
    def decisions(self) -> Path:
        """What `tricky evaluate` writes."""
        return self.root / DECISIONS.folder

    @property
    def difficulty(self) -> Path:
        """What `tricky label` writes."""
        return self.root / DIFFICULTY.folder

    @property
    def data(self) -> Path:
        """What sessions write: a BIDS data set."""
        return self.root / DATA.folder

    @property
    def report(self) -> Path:
        """What `tricky analyse` writes."""
        return self.root / REPORT.folder

    def stimulus_set(self, name: str) -> Path:
        """Return the folder of one stimulus set."""
        return self.root / STIMULI.folder / name

    def shown_set(self) -> Path:
        """Return the folder of the stimulus set that sessions show.

        Raises
        ------
        InputError
            The study has neither settings for a set of that name nor a successor with that name.
        """
        return self.named_set(self.settings.experiment.stimuli, "[experiment] stimuli")

    def named_set(self, name: str, setting: str) -> Path:
        """Return the folder of the stimulus set that a setting, or an option, names: see `shown_set`."""
        folder = self.stimulus_set(name)
        if not folder.is_dir():
            where = setting if setting.startswith("--") else f"{self.root / FILE_NAME}: {setting}"
            match_entries([name], self.set_names(), where=where, what="stimulus set")
        return folder

    def set_names(self) -> list[str]:
        """Return the names of the sets that the study file describes, then those of their successors."""
        built = sorted(path.parent.name for path in self.root.glob(f"{STIMULI.folder}/*/stimulus_set.json"))
        return list(dict.fromkeys([*self.settings.stimuli, *built]))
