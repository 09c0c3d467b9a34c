import importlib
import subprocess
import sys
from pathlib import Path

import pytest

import tricky

ROOT = Path(__file__).parents[2]
EXPORTED = {
    "tricky": [
        "InputError",
        "Study",
        "create_study",
        "open_study",
        "read_decisions",
        "read_difficulty",
        "read_sessions",
        "read_stimulus_set",
        "stats",
    ],
    "tricky.stats": [
        "accuracy_difference",
        "analyse_accuracy",
        "analyse_conditions",
        "analyse_consistency",
        "analyse_items",
        "analyse_ratings",
        "beta_shares",
        "bootstrap_accuracy",
        "copy_model",
        "crossed_model",
        "dichotomy",
        "dichotomy_of_histogram",
        "error_consistency",
        "fit_beta",
        "fit_sigmoid",
        "independence_p_values",
        "interval_of_histogram",
        "items_for_width",
        "kappa_bounds",
        "less_biased_kappa",
        "mean_independence_p_value",
        "measure_consistency",
        "measure_dichotomy",
        "noise_ceiling",
        "observer_accuracy",
        "observer_detection",
        "ordinal_regression",
        "pairs_between",
        "pairs_within",
        "plan_study",
        "population_accuracy",
        "population_mean",
        "rating_agreement",
        "rating_composition",
        "rating_distribution",
        "sigmoid_shares",
        "study_difference",
        "variance_components",
    ],
    "model_eval": [
        "Decisions",
        "Difficulty",
        "DifficultyTable",
        "EpochDecisions",
        "read_conditions",
        "read_decisions",
        "read_difficulty",
    ],
    "model_eval.evaluate": [
        "PoolCheck",
        "check_pool",
        "evaluate_pool",
    ],
    "model_eval.images": [
        "ImageSource",
        "list_images",
        "open_images",
    ],
    "model_eval.label": [
        "Comparison",
        "compare",
        "difficulty_of",
        "label_counts",
        "label_decisions",
        "leave_one_out",
        "shares_by_size",
        "stability",
    ],
    "model_eval.networks": [
        "Classifier",
        "build_classifier",
        "read_pool",
    ],
    "model_eval.train": [
        "ConditionImages",
        "Recipe",
        "read_recipe",
        "train_conditions",
        "train_pool",
    ],
    "stimuli": [
        "Block",
        "Item",
        "Presentation",
        "StimulusSet",
        "Trial",
        "build_set",
        "check_set",
        "present",
        "read_stimulus_set",
        "refresh_set",
        "show_set",
    ],
    "stimuli.tasks": [
        "TrialStructure",
        "structure_of",
    ],
    "experiment": [
        "Dataset",
        "ExperimentSettings",
        "Participant",
        "RecordedData",
        "SessionSetup",
        "SessionSummary",
        "SimulateSettings",
        "check_session",
        "export_psych_ds",
        "load_psychopy",
        "merge_data",
        "read_data",
        "run_session",
        "simulate_sessions",
        "withdraw",
    ],
    "experiment.data": [
        "Dataset",
        "Participants",
        "SessionPath",
        "SessionTable",
        "Sidecar",
        "read_participants",
        "read_session_table",
        "read_sidecar",
    ],
    "experiment.observers": [
        "ObserverSpec",
        "PersonAtKeyboard",
        "SimulatedDisplay",
        "SimulatedObserver",
        "observers_from_settings",
    ],
    "experiment.screen": [
        "Canvas",
        "Devices",
        "Fonts",
        "SessionContent",
        "SessionScreen",
        "Texts",
        "read_texts",
    ],
    "experiment.session": [
        "Check",
        "Participant",
        "SessionSetup",
        "SessionSummary",
        "check_session",
        "next_session",
        "run_session",
        "schedule",
        "sessions_of",
        "simulate_sessions",
    ],
    "experiment.tasks": [
        "NO_WORDS",
        "Asked",
        "TaskKind",
        "Wording",
        "groups_of",
        "kind_of",
        "questions_of",
        "task_of",
    ],
    "analysis": [
        "PopulationMean",
        "error_consistency",
        "observer_accuracy",
        "population_accuracy",
        "read_sessions",
    ],
    "analysis.data": [
        "ComparedModels",
        "Exclusion",
        "Selection",
        "StudyData",
        "exclude",
        "gather",
        "gather_models",
        "read_sessions",
    ],
    "analysis.report": [
        "DynamicsSettings",
        "Results",
        "write_dynamics",
        "write_plan",
        "write_report",
    ],
}


def python(*arguments, cwd):
    return subprocess.run([sys.executable, *arguments], cwd=cwd, capture_output=True, text=True, check=False)


def packages():
    for folder in ("analysis", "experiment", "model_eval", "stimuli", "tricky"):
        for path in sorted((ROOT / folder).rglob("__init__.py")):
            yield ".".join(path.parent.relative_to(ROOT).parts)


@pytest.mark.parametrize("module", sorted({*EXPORTED, *packages()} - {"tricky.cli"}))
def test_what_users_may_import_is_pinned(module):
    found = importlib.import_module(module)
    assert found.__all__ == EXPORTED.get(module, [])
    for name in found.__all__:
        assert getattr(found, name) is not None


@pytest.mark.parametrize(
    "module", ["tricky", "analysis", "experiment", "experiment.session", "model_eval.label"]
)
def test_completion_offers_what_is_exported_and_nothing_else(module):
    found = importlib.import_module(module)
    assert dir(found) == found.__all__


def test_an_unknown_name_is_an_attribute_error_as_in_any_module():
    with pytest.raises(AttributeError, match="module 'tricky' has no attribute 'opn_study'"):
        _ = tricky.opn_study  # type: ignore[attr-defined]


def test_importing_tricky_loads_nothing_heavy(tmp_path):
    done = python("-c", "import sys, tricky; print(*sys.modules)", cwd=tmp_path)
    loaded = {name.partition(".")[0] for name in done.stdout.split()}
    assert not loaded & {"numpy", "pandas", "pydantic", "torch", "psychopy", "typer", "rich", "analysis"}


@pytest.mark.parametrize("name", ["analysis", "experiment", "stimuli", "model_eval"])
def test_a_file_named_like_a_package_of_ours_is_named_in_a_notebook_or_script(tmp_path, name):
    (tmp_path / f"{name}.py").write_text("print('mine')\n")
    (tmp_path / "script.py").write_text("import tricky\n")
    for arguments in (["-c", "import tricky"], ["script.py"], ["-c", f"import {name}, tricky"]):
        done = python(*arguments, cwd=tmp_path)
        assert done.returncode == 1
        assert done.stderr.splitlines()[-1] == (
            f"ImportError: {tmp_path / name}.py is imported in place of tricky's package `{name}`; rename "
            "that file, or start Python in another folder"
        )


@pytest.mark.parametrize("name", ["analysis", "experiment", "stimuli", "model_eval"])
def test_the_command_line_ignores_such_a_file(tmp_path, name):
    (tmp_path / f"{name}.py").write_text("raise SystemExit('mine')\n")
    script = "import sys; del sys.path[0]; from tricky.cli import main; main()"  # as the installed script
    for arguments in (["-m", "tricky"], ["-c", script]):
        done = python(*arguments, "--version", cwd=tmp_path)
        assert (done.returncode, done.stderr) == (0, "")
        assert done.stdout.startswith("tricky ")


def test_a_folder_of_that_name_without_code_does_no_harm(tmp_path):
    (tmp_path / "stimuli").mkdir()
    assert python("-c", "import tricky; tricky.stats.population_accuracy", cwd=tmp_path).returncode == 0
