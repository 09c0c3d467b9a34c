import ast
from pathlib import Path

import numpy as np
import pytest

from tricky.core.randomness import derived_seeds, generator

PACKAGES = ("tricky", "model_eval", "stimuli", "experiment", "analysis")
ROOT = Path(__file__).resolve().parents[3]
MAKERS = {"default_rng", "Generator", "PCG64", "RandomState", "SeedSequence", "manual_seed", "Random", "seed"}
FROM_THE_SEED = {
    "tricky/core/randomness.py": "every other generator comes from here",
    "stimuli/inputs.py": "study's seed and the set's name",
    "stimuli/order.py": "set_id, participant and session",
    "experiment/observers/population.py": "study's seed and the observer's name",
    "model_eval/label/label.py": "study's seed",
    "model_eval/evaluate/prepare_images.py": "a generator that workers are started with",
    "model_eval/train/conditions.py": "seeds of a run, which `derived_seeds` made",
    "model_eval/train/data_loading.py": "seeds of a run; a generator that workers are started with",
    "model_eval/train/training_loop.py": "seeds of a run",
    "model_eval/images/gaussian.py": "[images] gaussian has a seed: it names the images",
}
NO_CHANCE = {
    "experiment/screen/psychopy_display.py": "eight fixed masks, the same in every study",
    "model_eval/evaluate/run_model.py": "which way to round when rounding errors are measured",
}


def test_the_same_seed_and_purpose_give_the_same_numbers_and_any_other_purpose_gives_others():
    purposes = [(), ("a",), ("b",), ("a", "b"), ("a", "c"), ("ab",)]
    draws = [tuple(generator(seed, *purpose).random(4)) for seed in (1, 2) for purpose in purposes]
    assert len(set(draws)) == len(draws)
    assert draws[1] == tuple(generator(1, "a").random(4))


def test_streams_of_two_purposes_are_uncorrelated():
    first, second = (generator(1, "analyse", name).standard_normal(20_000) for name in ("items", "accuracy"))
    # The correlation of independent normal numbers has a standard deviation of 1/√n.
    assert abs(np.corrcoef(first, second)[0, 1]) < 4 / np.sqrt(20_000)


def test_the_derivation_is_the_one_that_trained_weights_follow_from():
    assert derived_seeds(1, "train", "resnet").generate_state(1, np.uint64)[0] == 13488013719453102055


def makers_in(path: Path) -> set[str]:
    """Return which functions that make random generators a module calls."""
    nodes = list(ast.walk(ast.parse(path.read_text())))
    calls = [node.func for node in nodes if isinstance(node, ast.Call)]
    names = {call.attr if isinstance(call, ast.Attribute) else getattr(call, "id", "") for call in calls}
    states = [node.value for node in nodes if isinstance(node, ast.keyword) and node.arg == "random_state"]
    return (names & MAKERS) | {"random_state" for value in states if isinstance(value, ast.Constant)}


@pytest.mark.parametrize("package", PACKAGES)
def test_no_module_makes_a_generator_that_does_not_follow_from_the_studys_seed(package):
    found = {path.relative_to(ROOT).as_posix() for path in (ROOT / package).rglob("*.py") if makers_in(path)}
    known = {name for name in FROM_THE_SEED | NO_CHANCE if name.startswith(f"{package}/")}
    assert found == known
