import subprocess
import sys

import pytest

import tricky

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
        "bootstrap_accuracy",
        "copy_model",
        "crossed_model",
        "dichotomy",
        "error_consistency",
        "kappa_bounds",
        "measure_consistency",
        "measure_dichotomy",
        "noise_ceiling",
        "observer_accuracy",
        "observer_detection",
        "ordinal_regression",
        "plan_study",
        "population_accuracy",
        "population_mean",
        "rating_agreement",
        "rating_distribution",
        "study_difference",
        "variance_components",
    ],
}


def python(*arguments, cwd):
    return subprocess.run([sys.executable, *arguments], cwd=cwd, capture_output=True, text=True, check=False)


@pytest.mark.parametrize("module", EXPORTED)
def test_what_users_may_import_is_pinned(module):
    found = sys.modules.get(module) or getattr(tricky, module.partition(".")[2])
    assert found.__all__ == EXPORTED[module] == dir(found)
    for name in found.__all__:
        assert getattr(found, name) is not None


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
