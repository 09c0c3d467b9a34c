"""The command line as a process: what it loads, what it prints, how it ends."""

import os
import subprocess
import sys

import pytest


def modules_after(code: str) -> set[str]:
    program = f"import sys\n{code}\nprint(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    return {name.partition(".")[0] for name in done.stdout.splitlines()[-1].split()}


@pytest.mark.parametrize(
    ("reader", "forbidden"),
    [
        ("model_eval.decisions", {"torch", "timm"}),
        ("model_eval.difficulty", {"torch", "timm"}),
        ("stimuli.records", {"torch", "timm", "psychopy"}),
        ("experiment.session.run", {"torch", "timm", "matplotlib", "statsmodels"}),
        ("analysis", {"torch", "timm", "psychopy", "matplotlib", "statsmodels"}),
        ("tricky.study", {"torch", "timm", "psychopy", "matplotlib", "statsmodels"}),
    ],
)
def test_a_package_is_imported_without_the_libraries_of_the_others(reader, forbidden):
    assert not modules_after(f"import {reader}") & forbidden


def test_init_writes_the_study_file_and_nothing_else(tmp_path, tricky):
    done = tricky("init", "my-study", cwd=tmp_path)
    assert done.returncode == 0
    assert [path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*")] == [
        "my-study",
        "my-study/study.toml",
    ]


def test_a_system_error_takes_one_line(tmp_path, tricky):
    (tmp_path / "file").touch()
    done = tricky("-C", str(tmp_path / "file"), "init", "study")
    assert (done.returncode, done.stdout) == (2, "")
    assert len(done.stderr.splitlines()) == 1
    assert str(tmp_path / "file") in done.stderr


def test_output_that_nobody_reads_any_more_is_no_traceback(tmp_path):
    (tmp_path / "study.toml").touch()
    reader, writer = os.pipe()
    os.close(reader)
    done = subprocess.run(
        [sys.executable, "-m", "tricky", "-C", str(tmp_path), "status"],
        stdout=writer,
        stderr=subprocess.PIPE,
        text=True,
        check=False,
    )
    os.close(writer)
    assert done.stderr == ""
    assert done.returncode == 1


def test_a_pool_with_nothing_to_train_is_reported(tmp_path, tricky):
    (tmp_path / "study.toml").write_text(
        '[[pool.models]]\nname = "a"\nsource = "timm:resnet18"\nweights = "pretrained"\n'
    )
    done = tricky("-C", str(tmp_path), "train")
    assert done.returncode == 0, done.stderr
    assert "Nothing to train: no model of the pool has weights" in done.stdout
    assert {path.name for path in tmp_path.iterdir()} - {".locks"} == {"study.toml"}


def test_commands_use_the_study_of_the_option_or_of_the_working_directory(tmp_path, tricky):
    tricky("-C", str(tmp_path), "init", "s")
    below = tmp_path / "s" / "below"
    below.mkdir()
    for done in (tricky("-C", str(tmp_path / "s"), "status"), tricky("status", cwd=below)):
        assert done.returncode == 0
        assert done.stdout.count("not there yet") == 6


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["label", "--tolerance", "-1"], "[label] tolerance = -1: expected at least 0"),
        (["label"], "pool.json: not there yet; run `tricky evaluate` first"),
        (["label", "--models", "11"], "--models goes with --counts"),
        (["label", "--counts", "none.csv"], "none.csv"),
        (["label", "--compare", "other", "--tolerance", "1"], "--compare does not label"),
        (["label", "--compare", "other"], "difficulty.json: not there yet; run `tricky label` first"),
        (["stimuli", "build"], "difficulty.json: not there yet; run `tricky label` first"),
        (["stimuli", "build", "other"], "no [stimuli.other]; there is [stimuli.main]"),
        (["simulate"], "stimulus_set.json: not there yet; run `tricky stimuli build` first"),
        (
            ["run", "--participant", "07"],
            "stimulus_set.json: not there yet; run `tricky stimuli build` first",
        ),
        (["run", "--participant", "../x"], "letters and digits"),
        (["analyse"], "not there yet"),
        (["power", "--trials", "75", "150", "--observers", "1", "9"], "at least 2 observers and 2 trials"),
        (
            ["pool", "show", "none"],
            "none: no such pool; set `file` in [pool] to mnist-11, modern",
        ),
        (["init"], "there is a study here already"),
    ],
)
def test_bad_input_takes_one_line_and_ends_with_2(tmp_path, arguments, said, tricky):
    tricky("init", cwd=tmp_path)
    done = tricky(*arguments, cwd=tmp_path)
    assert done.returncode == 2, done
    assert done.stderr.startswith("tricky: ")
    assert done.stderr.count("\n") == 1
    assert said in done.stderr
    assert {path.name for path in tmp_path.iterdir()} - {".locks"} == {"study.toml"}, "nothing half-written"
