"""The data of one study: images, models, trials and sessions, read and checked against their hashes."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import pandas as pd

from analysis.data.answer_checks import check_answers, has_right_answers, why_nothing_counts
from analysis.data.exclusions import Exclusion, exclude
from analysis.data.sessions import check_trials, table_of
from analysis.data.trials import joined, labels_of, trials_of
from analysis.settings import ExcludeSettings
from experiment.data.read_data import RecordedData, read_data
from experiment.records import Kind, Setting
from experiment.tasks import kind_of
from model_eval.decisions import Decisions, read_decisions, read_pool
from model_eval.difficulty import DifficultyTable, read_difficulty, read_label_tables
from model_eval.training_manifests import TrainingManifest
from stimuli.records import StimulusSet, read_any_set
from tricky.core.errors import InputError
from tricky.core.files import check_hash, sha256_of
from tricky.core.manifests import StageManifest, read_manifest

Choice = Literal["auto", "person", "simulated"]
SettingChoice = Literal["auto", "lab", "online", "imported"]


@dataclass(frozen=True)
class Selection:
    """Which answers a report is about, and by which labels they are scored.

    Attributes
    ----------
    stimulus_set : str
        Name of the stimulus set that observers saw.
    observers : {"auto", "person", "simulated"}
        ``auto``: people if there is at least one session of a person, else simulated observers.
    labels : Path or None
        Folder of another difficulty table, to score answers by in place of the set's own labels.
    setting : {"auto", "lab", "online"}
        ``auto``: sessions in the lab if there is at least one, else online sessions.
    """

    stimulus_set: str
    observers: Choice = "auto"
    labels: Path | None = None
    setting: SettingChoice = "auto"


@dataclass(frozen=True)
class Relabelled:
    """Labels other than those that the stimulus set was built with.

    Attributes
    ----------
    name : str
        Folder of the labels, relative to the study.
    before : DataFrame
        Trials of the set under its own labels, as `trials_of` returns them.
    """

    name: str
    before: pd.DataFrame


@dataclass(frozen=True)
class StudyData:
    """Everything that the report of a study is computed from.

    Attributes
    ----------
    root : Path
        Folder of the study.
    labels : DifficultyTable or None
        Images of the study, and how hard each is for networks; None where sessions were imported that showed
        none of them.
    label_tables : dict of str to DataFrame
        How labels change in sub-pools, as `read_label_tables` returns it.
    decisions : Decisions or None
        Predictions of each model; None where a published table was labelled.
    stimulus_set : StimulusSet
        What observers saw.
    trials : DataFrame
        Trials of the set under the labels that answers are scored by, as `trials_of` returns them.
    recorded : DataFrame
        All rows of the sessions with that set, of one kind of observer and in one setting, as `joined`
        returns them.
    exclusion : Exclusion
        Which trials of the main block count, and what the rules excluded; catch trials and repeats never
        count.
    elsewhere : DataFrame
        The rows that count of the sessions in the other setting, for comparison only; empty if there are
        none.
    relabelled : Relabelled or None
        Where answers are scored by other labels than the set's own.
    kind : Kind
        Whether observers are people or simulated; never both.
    setting : Setting
        Whether sessions were in the lab or online; never both.
    n_sessions, n_incomplete : int
        Number of sessions, and of those that lack a trial so far.
    n_other_kind, n_other_setting, n_other_set : int
        Sessions that are not used: of the other kind of observer, in the other setting, and with another
        stimulus set.
    conditions : list of dict
        How sessions were run, from their sidecars: `settings`, `versions`, `apparatus`, `simulated` (what all
        simulated observers share, or None), and the number of sessions that were run so, `n_sessions`.
    notes : tuple of str
        Remarks about the data: files that are not used, tables that other programs saved.
    manifests : dict of str to StageManifest
        Manifest of each stage, by its path relative to the study.
    made_from : dict of str to str
        Path relative to the study → SHA-256 of each file that was read.
    """

    root: Path
    labels: DifficultyTable | None
    label_tables: dict[str, pd.DataFrame]
    decisions: Decisions | None
    stimulus_set: StimulusSet
    trials: pd.DataFrame
    recorded: pd.DataFrame
    exclusion: Exclusion
    elsewhere: pd.DataFrame
    relabelled: Relabelled | None
    kind: Kind
    setting: Setting
    n_sessions: int
    n_incomplete: int
    n_other_kind: int
    n_other_setting: int
    n_other_set: int
    conditions: list[dict[str, Any]]
    notes: tuple[str, ...]
    manifests: dict[str, StageManifest[Any]]
    made_from: dict[str, str]

    @property
    def difficulty(self) -> DifficultyTable:
        """The labels, for sections that need them."""
        if self.labels is None:
            raise ValueError("the images have no labels")
        return self.labels

    @property
    def kept(self) -> pd.DataFrame:
        """The rows that count: answered trials of the main block that no rule excludes."""
        return self.exclusion.kept

    @property
    def answers(self) -> pd.DataFrame:
        """The rows that count and are right or wrong."""
        return self.kept.dropna(subset="correct")

    @property
    def scored(self) -> pd.DataFrame:
        """All recorded rows of the main block, without catch trials and repeats, before any rule."""
        return self.recorded[self.recorded["scored"]]

    @property
    def images(self) -> pd.DataFrame:
        """The images that have a difficulty."""
        return self.difficulty.images.dropna(subset="difficulty")

    @property
    def labelled_again(self) -> bool:
        """Whether the images were labelled again after the stimulus set was built."""
        set_manifest = self.manifests[f"stimuli/{self.stimulus_set.folder.name}/stimulus_set.json"]
        name = "difficulty/difficulty.json"
        if self.labels is None:
            return False
        return set_manifest.made_from.get(name) != self.made_from[name]


def gather(root: Path, selection: Selection, rules: ExcludeSettings) -> StudyData:
    """Read the folders of a study.

    Parameters
    ----------
    root : Path
        Folder of the study.
    selection : Selection
    rules : ExcludeSettings
        Which sessions and trials are excluded.

    Raises
    ------
    InputError
        A stage is missing or changed, the decisions are not those that the images were labelled by, or no
        session of that kind was run with that set.
    """
    stimulus_set = read_any_set(root / "stimuli" / selection.stimulus_set)
    difficulty, decisions, manifests = _read_labels(root, stimulus_set)
    manifests[f"stimuli/{selection.stimulus_set}/stimulus_set.json"] = stimulus_set.manifest

    data = read_data(root / "data")
    every = table_of(data)
    check_trials(every, stimulus_set, root / "data")
    every["session_key"] = every.groupby(["participant", "session"], observed=True, dropna=False).ngroup()
    with_set = every[every["set_id"] == stimulus_set.set_id]
    kind, of_kind = _of_one_kind(with_set, root / "data", selection, stimulus_set)
    setting, shown = _in_one_setting(of_kind, root / "data", selection)
    complete = shown.groupby("session_key")["complete"].first()

    labels, own = selection.labels, trials_of(stimulus_set)
    trials = (
        own if labels is None else trials_of(stimulus_set, labels_of(read_difficulty(labels), stimulus_set))
    )
    recorded = joined(
        shown.reset_index(drop=True), trials, rescore=labels is not None, imported=stimulus_set.imported
    )
    check_answers(recorded, stimulus_set, root / "data")
    recorded["answered"] = recorded[next(iter(kind_of(stimulus_set.task).answers(stimulus_set)))].notna()
    if rules.min_catch_accuracy is not None and not has_right_answers(stimulus_set):
        raise InputError(
            "[analyse.exclude] min_catch_accuracy: answers of the task "
            f'"{stimulus_set.task}" are neither right nor wrong; leave it out'
        )
    elsewhere = of_kind[of_kind["setting"] != setting]
    exclusion = exclude(recorded, _without(rules, _participants(elsewhere) - _participants(shown)))
    if why := why_nothing_counts(exclusion, stimulus_set, labels):
        raise InputError(f"{root / 'data'}: {why}")
    return StudyData(
        root=root,
        labels=difficulty,
        label_tables={} if difficulty is None else read_label_tables(root / "difficulty"),
        decisions=decisions,
        stimulus_set=stimulus_set,
        trials=trials,
        recorded=recorded,
        exclusion=exclusion,
        elsewhere=_kept(elsewhere, trials, _without(rules, _participants(shown)), labels),
        relabelled=None if labels is None else Relabelled(_relative(labels, root), own),
        kind=kind,
        setting=setting,
        n_sessions=len(complete),
        n_incomplete=int((~complete.astype("boolean").fillna(False)).sum()),
        n_other_kind=with_set["session_key"].nunique() - of_kind["session_key"].nunique(),
        n_other_setting=of_kind["session_key"].nunique() - len(complete),
        n_other_set=every["session_key"].nunique() - with_set["session_key"].nunique(),
        conditions=_conditions(data, stimulus_set.set_id, shown),
        notes=data.notes,
        manifests=manifests,
        made_from=_hashes(root, list(manifests), labels, data),
    )


def _read_labels(
    root: Path, stimulus_set: StimulusSet
) -> tuple[DifficultyTable | None, Decisions | None, dict[str, StageManifest[Any]]]:
    """Return the labels of a study, the decisions that they follow from, and the manifests of their stages.

    Imported sessions may have shown images that the study has not labelled, or not even evaluated: then there
    are no labels, or no decisions either.
    """
    items = stimulus_set.items.values()
    if not stimulus_set.imported or any(item.labelled for item in items):
        difficulty = read_difficulty(root / "difficulty")
        decisions, manifests = _read_models(root, difficulty)
        manifests["difficulty/difficulty.json"] = difficulty.manifest
        return difficulty, decisions, manifests
    if (root / "decisions" / "pool.json").is_file():
        decisions = read_decisions(root / "decisions")
        if {item.image_id for item in items} & set(decisions.images["image_id"]):
            return None, decisions, {"decisions/pool.json": read_pool(root / "decisions")}
    return None, None, {}


def _read_models(
    root: Path, difficulty: DifficultyTable
) -> tuple[Decisions | None, dict[str, StageManifest[Any]]]:
    """Return the decisions that images were labelled by, if any, and the manifests of their stages."""
    manifests: dict[str, StageManifest[Any]] = {}
    # A table that was labelled from published counts has no decisions, even if the folder holds some.
    pool_hash = difficulty.manifest.made_from.get("decisions/pool.json")
    if not pool_hash:
        return None, manifests
    pool = root / "decisions" / "pool.json"
    check_hash(pool, pool_hash, root / "difficulty" / "difficulty.json", made_by="tricky label")
    decisions = read_decisions(root / "decisions")
    evaluated = read_pool(root / "decisions")
    training = root / "training" / "training.json"
    training_hash = evaluated.made_from.get("training/training.json")
    if training_hash and training.exists():  # weights may have stayed on the machine that trained them
        check_hash(training, training_hash, pool, made_by="tricky evaluate")
        manifests["training/training.json"] = read_manifest(training, TrainingManifest, "tricky train")
    manifests["decisions/pool.json"] = evaluated
    return decisions, manifests


def _of_one_kind(
    with_set: pd.DataFrame, data: Path, selection: Selection, stimulus_set: StimulusSet
) -> tuple[Kind, pd.DataFrame]:
    """Return the kind of observers that was selected, and their rows."""
    observers = selection.observers
    people = Kind.PERSON if (with_set["kind"] == Kind.PERSON).any() else Kind.SIMULATED
    kind = people if observers == "auto" else Kind(observers)
    shown = with_set[with_set["kind"] == kind]
    if shown.empty:
        who = "anyone" if observers == "auto" else f"a {kind} participant"
        raise InputError(
            f"{data}: no session of {who} with the set {selection.stimulus_set!r} as it is now "
            f"(set_id {stimulus_set.set_id}); run one, or name the set that was shown"
        )
    return kind, shown


def _participants(rows: pd.DataFrame) -> set[str]:
    return set(rows["participant"].astype(str))


def _without(rules: ExcludeSettings, participants: set[str]) -> ExcludeSettings:
    """Return the rules without those sessions of these participants that are excluded by name."""
    kept = {
        name: reason
        for name, reason in rules.sessions.items()
        if name.removeprefix("sub-").partition("/")[0] not in participants
    }
    return rules.model_copy(update={"sessions": kept})


def _kept(
    rows: pd.DataFrame, trials: pd.DataFrame, rules: ExcludeSettings, labels: Path | None
) -> pd.DataFrame:
    """Return the rows that count, of sessions in the other setting."""
    if rows.empty:
        return rows
    return exclude(joined(rows.reset_index(drop=True), trials, rescore=labels is not None), rules).kept


def _in_one_setting(of_kind: pd.DataFrame, data: Path, selection: Selection) -> tuple[Setting, pd.DataFrame]:
    """Return the setting that was selected, and the rows of its sessions."""
    there = set(of_kind["setting"])
    other = next(each for each in Setting if each in there)
    setting = other if selection.setting == "auto" else Setting(selection.setting)
    shown = of_kind[of_kind["setting"] == setting]
    if shown.empty:
        raise InputError(
            f"{data}: all sessions are {_IN[other]}, none is {_IN[setting]}; leave out --setting"
        )
    return setting, shown


_IN = {Setting.LAB: "in the lab", Setting.ONLINE: "online", Setting.IMPORTED: "imported"}


def _hashes(root: Path, manifests: list[str], labels: Path | None, data: RecordedData) -> dict[str, str]:
    """Return the SHA-256 of each file that was read, by its path relative to the study."""
    files = [root / name for name in manifests]
    if labels is not None:
        files.append(labels / "difficulty.json")
    files.append(data.participants.path)
    files += [path for each in data.sessions for path in (each.file.sidecar, each.file.table)]
    return {_relative(path, root): sha256_of(path) for path in files}


def _relative(path: Path, root: Path) -> str:
    return Path(os.path.relpath(path, root)).as_posix()


def _conditions(data: RecordedData, set_id: str, shown: pd.DataFrame) -> list[dict[str, Any]]:
    """Return the different ways in which the sessions of these rows were run, each with its number."""
    participants, settings = set(shown["participant"]), set(shown["setting"])
    found: dict[str, dict[str, Any]] = {}
    for session in data.sessions:
        sidecar = session.sidecar
        if sidecar.stimulus_set.set_id != set_id or session.file.participant not in participants:
            continue
        if (sidecar.setting or Setting.LAB) not in settings:
            continue
        simulated = sidecar.simulated
        if simulated is not None:  # each observer has its own effect
            simulated = {key: value for key, value in simulated.items() if key != "observer_effect_logit"}
        condition = {
            "settings": sidecar.settings,
            "versions": sidecar.versions,
            "apparatus": sidecar.apparatus,
            "simulated": simulated,
        }
        entry = found.setdefault(json.dumps(condition, sort_keys=True), {"n_sessions": 0} | condition)
        entry["n_sessions"] += 1
    return list(found.values())
