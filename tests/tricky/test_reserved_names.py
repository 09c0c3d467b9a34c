"""Names that a lab chooses for columns, against every column that there is."""

from __future__ import annotations

import json
from dataclasses import fields
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from made_up import write_pool

import analysis.columns
import experiment.data.columns
import model_eval.columns
import stimuli.columns
from analysis import read_sessions
from analysis.data.study_data import Selection, gather
from analysis.report.sections import agreement, observers, rating_list, trials
from analysis.report.task import StudyReport
from experiment.data.columns import CONSENT_COLUMNS, MARK_COLUMNS, PARTICIPANT_COLUMNS, SIDECAR_KEYS
from experiment.data.sidecar import Sidecar
from experiment.data.withdrawn import Mark
from experiment.session.consent import Consent
from model_eval.networks.decision_rows import decision_rows
from tricky.core.errors import InputError
from tricky.core.parquet import write_parquet
from tricky.reserved_names import OF_QUESTIONS, columns_of_images, reserved_columns
from tricky.study import Study, open_study
from tricky.study_settings import read_settings

STUDY = """
[stimuli.pairs]
trials = 20
practice_trials = 2
repeat_trials = 4
repeat_distance = 4
table = "images.csv"
carry = ["licence", "source"]
match = { covariates = ["mean_luminance", "memorability"] }

[stimuli.named]
task = "single"
groups = ["hard", "easy"]
ranges = { hard = [0, 1], easy = [4, 5] }
trials = 20
practice_trials = 2
eligible = { min_hash_distance = 4 }

[stimuli.rated]
task = "rating"
groups = ["trivial", "in-between", "impossible"]
trials = 24
practice_trials = 2
sessions = 2

[[stimuli.rated.questions]]
name = "fits"
text = "Does the label fit?"
answers = ["NA", "None", "true"]

[[stimuli.rated.questions]]
name = "Clear"
text = "Is it clear?"
answers = ["no", "007", "yes, sure"]

[experiment]
stimuli = "SET"
confidence_levels = 3
presentation = { image_ms = 200 }

[simulate]
observers = 4
"""
SETS = {"pairs": "2afc", "named": "single", "rated": "rating"}
MODELS = ("alexnet", "None", "NA", "vit.tiny", "x-1")
OWN = {"pairs": {"licence", "source", "memorability"}, "named": set(), "rated": {"fits", "Clear"}}


def evaluated(folder: Path, name: str) -> Study:
    """Write a study whose models have been asked about 400 digits, harder and easier ones."""
    folder.mkdir()
    (folder / "study.toml").write_text(STUDY.replace("SET", name))
    study = open_study(folder)
    images = study.open_images().catalogue().iloc[::12].reset_index(drop=True)
    rng = np.random.default_rng(5)
    ease = np.clip(rng.normal(0.5, 0.6, len(images)), 0, 1)
    labels = images["label"].to_numpy()
    write_parquet(study.decisions / "images.parquet", images)
    models = []
    for model in MODELS:
        answers = np.where(rng.random(len(images)) < ease, labels, (labels + 1) % 10)
        path = study.decisions / f"{model}.parquet"
        write_parquet(path, decision_rows(images["image_id"].tolist(), labels, np.eye(10)[answers]))
        models.append({"name": model, "family": "NA" if model == "NA" else model})
    about = {"n": len(images), "source": "mnist-5k"}
    write_pool(study.decisions, models, about)
    more = images[["image_id"]].assign(
        licence="NA", source="null", memorability=rng.normal(size=len(images)), unused=1
    )
    more.to_csv(folder / "images.csv", index=False)
    return study


def declared(path: Path, root: Path) -> tuple[str, ...]:
    """Return the columns that a table of a study may have, as they are declared."""
    place = path.relative_to(root).as_posix()
    of_models, of_sets = model_eval.columns.TABLES, stimuli.columns.TABLES
    of_sessions, of_reports = experiment.data.columns.tables(), analysis.columns.tables()
    if place in of_models:
        return of_models[place]
    if place.startswith("decisions/"):
        return of_models["decisions/<model>.parquet"]
    if place.startswith("stimuli/"):
        return of_sets[f"stimuli/<set>/{path.name}"]
    if place.startswith("data/sub-"):
        return of_sessions["session tables"]
    if place == "data/participants.tsv":
        return of_sessions["participants.tsv"]
    if place.startswith("report/"):
        return of_reports.get(place) or tuple(
            column for table, columns in (of_sessions | of_reports).items() if table != "participants.tsv"
            for column in columns
        )  # fmt: skip
    return of_reports[place]


def columns_of(path: Path) -> list[str]:
    if path.suffix == ".parquet":
        return list(pd.read_parquet(path).columns)
    return path.read_text(encoding="utf-8").splitlines()[0].split("\t" if path.suffix == ".tsv" else ",")


def tables_in(root: Path) -> list[Path]:
    """Return every table that the stages wrote, memories of measurements apart."""
    found = [path for suffix in ("csv", "tsv", "parquet") for path in root.rglob(f"*.{suffix}")]
    return sorted(path for path in found if not path.name.startswith(".") and path.parent != root)


def frames_of(report: StudyReport) -> list[pd.DataFrame]:
    """Return the tables of observers and trials that are not written as they are."""
    if report.has_right_answers:
        return [report.of(observers.compute).observers.reset_index(), report.of(trials.compute).table]
    return [report.of(agreement.compute).observers.reset_index(), report.of(rating_list.compute).table]


@pytest.mark.usefixtures("blank_figures")
@pytest.mark.parametrize("name", SETS)
def test_every_column_of_a_whole_study_is_declared_or_the_lab_s_own(tmp_path, name):
    study = evaluated(tmp_path / "study", name)
    study.label()
    study.build_stimuli(name)
    study.refresh_stimuli(name)
    study.simulate()
    results = study.analyse()
    if name == "pairs":  # these say the same of every task
        study.compare_labels(study.difficulty)
        study.dynamics()
        study.power([2], [2])
    own = OWN[name] | {question + end for question in OWN[name] for end in OF_QUESTIONS}
    tables = tables_in(study.root)
    assert len(tables) > 20
    undeclared = {}
    for path in tables:
        unknown = set(columns_of(path)) - set(declared(path, study.root)) - own
        if unknown:
            undeclared[path.relative_to(study.root).as_posix()] = unknown
    assert not undeclared, "declare these in columns.py of their package"

    known = {*reserved_columns(), *(column.casefold() for column in own)}
    data = gather(study.root, Selection(name), study.settings.analyse.exclude)
    for frame in (
        read_sessions(study.data),
        read_sessions(study.data, study.stimulus_set(name)),
        data.recorded,
        data.trials.reset_index(),
        data.kept,
        data.exclusion.sessions,
        *frames_of(results.report),
    ):
        assert {column.casefold() for column in frame.columns} <= known

    session_columns = set(experiment.data.columns.tables()["session tables"])
    for sidecar in study.data.rglob("*_beh.json"):
        assert set(json.loads(sidecar.read_text())) <= session_columns | own | set(SIDECAR_KEYS)
    assert set(json.loads((study.data / "participants.json").read_text())) <= {
        *PARTICIPANT_COLUMNS,
        *("age", "sex", "handedness", "schema_version"),
    }
    manifest = json.loads((study.stimulus_set(name) / "stimulus_set.json").read_text())
    keys = {key for counts in manifest["eligible"]["excluded"] for key in counts}
    assert keys <= {stimuli.columns.RULE, *study.settings.stimuli[name].groups}


@pytest.mark.usefixtures("blank_figures")
def test_answers_and_values_that_read_like_missing_are_text(tmp_path):
    study = evaluated(tmp_path / "study", "rated")
    study.label()
    study.build_stimuli("rated")
    study.simulate()
    sessions = read_sessions(study.data)
    answered = sessions[sessions["response_time"].notna()]
    assert set(answered["fits"]) == {"NA", "None", "true"}
    assert set(answered["Clear"].dropna()) == {"no", "007", "yes, sure"}
    content = study.analyse().content
    distribution = content["questions"][0]["distribution"]
    assert {row["answer"] for row in distribution} == {"NA", "None", "true"}
    n_fits = answered.query("block == 'main'")["fits"].value_counts()
    counted = pd.DataFrame(distribution).groupby("answer")["n"].sum()
    assert counted.to_dict() == n_fits.to_dict()


@pytest.mark.parametrize(("record", "columns"), [(Consent, CONSENT_COLUMNS), (Mark, MARK_COLUMNS)])
def test_tables_next_to_the_data_have_the_columns_that_are_declared(record, columns):
    assert tuple(field.name for field in fields(record)) == columns


def test_sidecars_have_the_keys_that_are_declared():
    keys = {field.alias or name for name, field in Sidecar.model_fields.items()}
    assert keys <= set(SIDECAR_KEYS), "declare these in experiment/data/columns.py"


def read(tmp_path: Path, text: str) -> None:
    (tmp_path / "study.toml").write_text(text, encoding="utf-8")
    read_settings(tmp_path / "study.toml")


def rating(*names: str, more: str = "") -> str:
    questions = ", ".join(f'{{ name = "{name}", text = "?", answers = ["no", "yes"] }}' for name in names)
    return f'[stimuli.main]\ntask = "rating"\nquestions = [{questions}]\n{more}'


@pytest.mark.parametrize("column", sorted({*reserved_columns()}))
def test_no_question_and_no_field_has_the_name_of_a_column(tmp_path, column):
    if not column.isidentifier() or column.startswith("_"):
        return  # no name of a column that a lab may choose
    with pytest.raises(InputError) as raised:
        read(tmp_path, rating(column))
    place = f'study.toml: [stimuli.main.questions[0]] name = "{column}": expected another name: '
    assert place in str(raised.value)
    with pytest.raises(InputError):
        read(tmp_path, rating(column.upper()))
    fields_and_questions = ("participant_fields", "question"), ("questions", "text")
    for key, text in fields_and_questions:
        answers = "" if key == "participant_fields" else ', answers = ["a", "b"]'
        with pytest.raises(InputError, match=rf"\[experiment\.{key}\[0\]\] name"):
            read(tmp_path, f'[experiment]\n{key} = [{{ name = "{column}", {text} = "?"{answers} }}]')


@pytest.mark.parametrize(
    ("text", "place", "said"),
    [
        (rating("response"), "[stimuli.main.questions[0]] name", "in session tables"),
        (rating("Settings"), "[stimuli.main.questions[0]] name", "in the JSON file of a session"),
        (rating("x", "x_time"), "[stimuli.main.questions[1]] name", "gives the column `x_time`"),
        (rating("x_time", "X"), "[stimuli.main.questions[1]] name", "gives the column `X_time`"),
        (rating("x_mean", "x"), "[stimuli.main.questions[1]] name", "gives the column `x_mean`"),
        (
            rating("age"),
            "[stimuli.main.questions[0]] name",
            '[experiment.participant_fields[0]] name = "age"',
        ),
        (
            rating("x", more='table = "t.csv"\ncarry = ["y", "X"]'),
            "[stimuli.main] carry[1]",
            '[stimuli.main.questions[0]] name = "x"',
        ),
        (
            '[stimuli.main]\ntable = "t.csv"\ncarry = ["label"]',
            "[stimuli.main] carry[0]",
            "in decisions/images.parquet",
        ),
        (
            '[[experiment.participant_fields]]\nname = "x"\nquestion = "?"\n'
            '[[experiment.participant_fields]]\nname = "x"\nquestion = "?"',
            "[experiment.participant_fields[1]] name",
            "gives the column `x`",
        ),
        (
            '[[experiment.participant_fields]]\nname = "x_time"\nquestion = "?"\n'
            '[[experiment.questions]]\nname = "x"\ntext = "?"\nanswers = ["no", "yes"]',
            "[experiment.questions[0]] name",
            "gives the column `x_time`",
        ),
    ],
)
def test_two_names_that_give_one_column_are_refused(tmp_path, text, place, said):
    with pytest.raises(InputError) as raised:
        read(tmp_path, text)
    assert f"study.toml: {place} = " in str(raised.value)
    assert said in str(raised.value)
    assert "\n" not in str(raised.value)


def test_other_names_are_free_and_sets_are_apart(tmp_path):
    read(
        tmp_path,
        rating("object", "clear", "strategy_of_mine")
        + rating("object").replace("main", "other")
        + 'table = "t.csv"\ncarry = ["licence", "source", "name"]',
    )
    assert "source" in reserved_columns()
    assert "source" not in columns_of_images()


def test_what_other_programs_read_as_missing_is_named_once(tmp_path):
    text = (
        rating("x").replace('"no"', '"NA"')
        + '[[pool.models]]\nname = "None"\nsource = "timm:resnet18"\nfamily = "null"'
    )
    (tmp_path / "study.toml").write_text(text)
    (warning,) = open_study(tmp_path).warnings()
    for place in (
        '[stimuli.main.questions[0]] answers[0] ("NA")',
        '[pool.models[0]] name ("None")',
        'family ("null")',
    ):
        assert place in warning
    assert "\n" not in warning
    (tmp_path / "study.toml").write_text("")
    assert open_study(tmp_path).warnings() == []
