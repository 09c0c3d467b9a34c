"""Recipes of controlled training: a base network, and conditions that each change something about it.

A recipe determines runs: which network is trained on which images, with which settings and seeds.  Every
source of randomness has its own seed, so that a condition that changes one changes no other.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass
from difflib import get_close_matches
from functools import cached_property
from importlib.resources import as_file, files
from pathlib import Path
from typing import Annotated, Any, Literal, get_args

from pydantic import ConfigDict, Field, create_model, field_validator

from model_eval.recipe_settings import BASE, BaseRecipe, NetworkRecipe, model_name
from model_eval.settings import TrainSettings
from tricky.core.errors import InputError
from tricky.core.matching import match_entries
from tricky.core.names import FileName, first_duplicate
from tricky.core.settings import SettingsModel, read_toml, validated

Chance = Literal["initialisation", "order", "augmentation", "noise", "parts"]
"""Sources of randomness: initial weights; the order of images; their augmentation; dropout and the like; the
assignment of images to parts."""


class ConditionSettings(SettingsModel):
    """``[conditions.NAME]``: what differs from the base network; further keys are `NetworkRecipe`'s.

    A list in place of a value gives each model its own.
    """

    model_config = ConfigDict(extra="allow")

    based_on: FileName | None = None
    """The condition whose differences this one has, too; ``base``: none.  Required for a condition of the
    study that the recipe does not have."""
    models: Annotated[int, Field(ge=1)] | None = None
    """Number of models; by default one, or as many as a list has values."""
    new_seeds: tuple[Chance, ...] = ()
    """Sources of randomness for which each model has its own seed instead of the base network's."""

    @property
    def changes(self) -> dict[str, Any]:
        """The keys of `NetworkRecipe` that the condition changes."""
        return dict(self.model_extra or {})


class Recipe(SettingsModel):
    """A file of controlled training: ``[base]`` and ``[conditions.NAME]``."""

    base: BaseRecipe = BaseRecipe()
    conditions: dict[FileName, ConditionSettings] = {}

    @field_validator("conditions")
    @classmethod
    def _names_differ(cls, conditions: dict[str, ConditionSettings]) -> dict[str, ConditionSettings]:
        if (name := first_duplicate(conditions)) is not None:
            raise ValueError(f"names that differ (capitals aside): {name!r} is there twice")
        return conditions

    def differences(self) -> dict[str, dict[str, Any]]:
        """Return what each condition changes; the base network comes first and changes nothing."""
        return {BASE: {}} | {
            name: each.model_dump(mode="json", exclude_unset=True) for name, each in self.conditions.items()
        }


@dataclass(frozen=True)
class Seeds:
    """One seed for each source of randomness."""

    initialisation: int
    order: int
    augmentation: int
    noise: int
    parts: int


@dataclass(frozen=True)
class Run:
    """One model to train.

    Attributes
    ----------
    name : str
        The name of the model's files.
    condition : str
    replicate : int
        From 1.
    recipe : NetworkRecipe
    seeds : Seeds
    """

    name: str
    condition: str
    replicate: int
    recipe: NetworkRecipe
    seeds: Seeds

    @property
    def last_epoch(self) -> int:
        """The epoch after which training ends."""
        return self.recipe.epochs + self.recipe.extra_epochs

    @property
    def part(self) -> int:
        """The part of the training images that the model is trained on, 0 … parts − 1."""
        return (self.replicate - 1) % self.recipe.parts

    @cached_property
    def network_identity(self) -> dict[str, Any]:
        """Everything that determines the weights at every epoch, in JSON's types.

        Runs with the same value are the same network after different numbers of epochs: it is trained once.
        """
        recipe = self.recipe.model_dump(exclude={"extra_epochs"}, mode="json")
        chance = None if self.recipe.deterministic else self.name
        return {"recipe": recipe, "seeds": asdict(self.seeds), "part": self.part, "chance": chance}


def read_recipe(settings: TrainSettings, root: Path) -> Recipe | None:
    """Return a study's controlled training, or None where ``[train]`` describes none.

    Parameters
    ----------
    settings : TrainSettings
        `recipe` names a recipe that ships with tricky, or a TOML file relative to `root`; `base` and
        `conditions` override the file's values.
    root : Path
        The study's folder.

    Raises
    ------
    InputError
        The file is missing or not TOML, a key is unknown or its value wrong; or a condition of the study is
        not in the recipe and has no `based_on`.
    """
    if not settings.describes_conditions:
        return None
    own = {"base": settings.base.model_dump(exclude_unset=True), "conditions": settings.conditions}
    if not settings.recipe:
        return _resolved(validated(Recipe, own, where="[train]"), "[train]")
    where, content = _read_file(settings.recipe, root, ())
    recipe = validated(Recipe, content, where=where)
    for name, condition in settings.conditions.items():
        if name not in recipe.conditions and "based_on" not in condition:
            raise InputError(_unknown_condition(name, recipe.conditions, where))
    return _resolved(validated(Recipe, _merged(content, own), where=f"[train], with {where}"), where)


def _merged(content: Mapping[str, Any], own: Mapping[str, Any]) -> dict[str, Any]:
    """Return a recipe with the keys of ``[base]`` and the conditions of another in place of its own."""
    return {name: {**content.get(name, {}), **own.get(name, {})} for name in ("base", "conditions")}


def _unknown_condition(name: str, known: Collection[str], where: str) -> str:
    near = get_close_matches(name.casefold(), known, n=1, cutoff=0.5)
    hint = f"did you mean `{near[0]}`?" if near else f"it has {', '.join(known) or 'none'}."
    return (
        f"[train.conditions.{name}]: {where} has no such condition; {hint} A condition of your own must name "
        f'what it extends: based_on = "{BASE}", or another condition'
    )


def _resolved(recipe: Recipe, where: str) -> Recipe:
    """Return the recipe with complete conditions: each with the differences of the one that it is based on.

    Raises
    ------
    InputError
        A condition is based on one that does not exist, or, through others, on itself.
    """
    complete = {BASE: ConditionSettings()}

    def resolve(name: str, waiting: tuple[str, ...] = ()) -> dict[str, Any]:
        if name in complete:
            return complete[name].model_dump(exclude_unset=True)
        condition = recipe.conditions[name]
        own = condition.model_dump(exclude_unset=True)
        parent = own.pop("based_on", None) or BASE
        if parent in (name, *waiting):
            raise InputError(f"{where}: [conditions.{name}] based_on: based on itself; name another one")
        place = f"{where}: [conditions.{name}] based_on"
        match_entries([parent], [BASE, *recipe.conditions], where=place, what="condition")
        complete[name] = ConditionSettings(**(resolve(parent, (*waiting, name)) | own))
        return complete[name].model_dump(exclude_unset=True)

    for name in recipe.conditions:
        resolve(name)
    return recipe.model_copy(update={"conditions": {name: complete[name] for name in recipe.conditions}})


def shipped_recipes() -> list[str]:
    """Return the names of the recipes that ship with tricky."""
    folder = files("model_eval").joinpath("train", "recipes")
    return sorted(file.name.removesuffix(".toml") for file in folder.iterdir() if file.name.endswith(".toml"))


def runs_of(recipe: Recipe, seed: int) -> list[Run]:
    """Return the models of a recipe: the base network first, then those of each condition.

    Parameters
    ----------
    recipe : Recipe
    seed : int
        The study's; the recipe's own seed overrides it.

    Raises
    ------
    InputError
        A condition changes an unknown key, its lists don't fit its number of models, it differs in nothing
        from the base network, or two of its models would be the same.
    """
    seed = seed if recipe.base.seed is None else recipe.base.seed
    base = recipe.base.model_dump(include=set(NetworkRecipe.model_fields))
    runs = [Run(model_name(BASE, 1), BASE, 1, NetworkRecipe(**base), _seeds(seed))]
    for name, condition in recipe.conditions.items():
        if name.lower() == BASE:
            raise InputError(f"[conditions.{name}]: the base network has this name; choose another")
        changes = _per_model(name, condition)
        there = {(str(run.network_identity), run.last_epoch) for run in runs[:1]}
        for replicate, change in enumerate(changes, start=1):
            run = Run(
                model_name(name, replicate),
                name,
                replicate,
                _network_recipe(name, base | change),
                _seeds(seed, condition.new_seeds, name, str(replicate)),
            )
            if (key := (str(run.network_identity), run.last_epoch)) in there:
                raise InputError(
                    f"[conditions.{name}]: model {replicate} would be the same as another, or as the base "
                    "network; change a key, give a list of values, or name `new_seeds`"
                )
            there.add(key)
            runs.append(run)
    return runs


def _per_model(name: str, condition: ConditionSettings) -> list[dict[str, Any]]:
    """Return each model's changes: a list's own element, or the one value."""
    # The value of `decay_epochs` is itself a list.
    lists = {
        key: value
        for key, value in condition.changes.items()
        if isinstance(value, list) and key != "decay_epochs"
    }
    n_models = condition.models or max(map(len, lists.values()), default=1)
    for key, values in lists.items():
        if len(values) != n_models:
            raise InputError(
                f"[conditions.{name}] {key}: {len(values)} values for {n_models} models; give one for each"
            )
    return [
        condition.changes | {key: values[index] for key, values in lists.items()} for index in range(n_models)
    ]


def _network_recipe(name: str, content: Mapping[str, Any]) -> NetworkRecipe:
    fields: dict[str, Any] = {name: (NetworkRecipe, ...)}  # so that errors name the section
    model = create_model("_Recipe", conditions=(create_model("_Conditions", **fields), ...))
    found: Any = validated(model, {"conditions": {name: content}}, where="[train]")
    return getattr(found.conditions, name)


def _seeds(seed: int, new: tuple[Chance, ...] = (), *names: str) -> Seeds:
    import numpy as np

    from tricky.core.randomness import derived_seeds

    def draw(source: Chance) -> int:
        sequence = derived_seeds(seed, "conditions", source, *(names if source in new else ()))
        return int(sequence.generate_state(1, np.uint64)[0])

    return Seeds(*(draw(source) for source in get_args(Chance)))


def _read_file(name: str, root: Path, waiting: tuple[str, ...]) -> tuple[str, dict[str, Any]]:
    """Return the place of a recipe, in words, and its content with that of the one that it is based on.

    `waiting` names the recipes that are based on this one.
    """
    if name in shipped_recipes():
        with as_file(files("model_eval").joinpath("train", "recipes", f"{name}.toml")) as path:
            where, content = f"recipe {name}", read_toml(path)
    else:
        path = root / name
        if not path.is_file():
            raise InputError(
                f"{path}: no such recipe; set `recipe` in [train] to {', '.join(shipped_recipes())} or to a "
                "TOML file with [base] and [conditions.NAME]"
            )
        where, content = str(path), read_toml(path)
    parent = content.pop("based_on", None)
    if parent is None:
        return where, content
    if not isinstance(parent, str) or parent in (name, *waiting):
        raise InputError(f"{where}: based_on = {parent!r}, expected the name or the file of another recipe")
    validated(Recipe, content, where=where)
    return where, _merged(_read_file(parent, root, (name, *waiting))[1], content)
