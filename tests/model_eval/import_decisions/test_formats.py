"""Each format is declared once; settings, options and the docs agree with the declaration."""

import re
import typing
from pathlib import Path

import pytest

from model_eval.import_decisions.formats import BY_NAME, FORMATS, detect
from model_eval.settings import ImportColumns, ImportDecisionsSettings
from tricky.cli.imports import DecisionFormat, Predictions, Rows
from tricky.core.errors import InputError

DOCS = Path(__file__).parents[3] / "docs"


@pytest.mark.parametrize(
    ("columns", "name"),
    [
        (("image_id", "model", "correct"), "long"),
        (("File_Name", "Model", "Predicted_Class", "label"), "long"),
        (("file_name", "predicted_class", "predicted_probability"), "per-model"),
        (("filename", "label", "correct"), "per-model"),
        (("filename", "label", "prob"), "timm"),
        (("filename", "index_0", "index_1", "logit_0", "logit_1"), "timm"),
        (
            ("subj", "session", "trial", "rt", "object_response", "category", "condition", "imagename"),
            "model-vs-human",
        ),
    ],
)
def test_columns_tell_the_format(columns, name):
    assert detect(Path("x.csv"), columns, {}).name == name


@pytest.mark.parametrize(
    "columns", [("filename", "label"), ("a", "b"), ("image", "model"), ("model", "prediction")]
)
def test_columns_that_fit_no_format_are_an_error_that_names_all_formats(columns):
    with pytest.raises(InputError, match=f"columns {', '.join(columns)} fit no format.*{', '.join(BY_NAME)}"):
        detect(Path("x.csv"), columns, {})


def test_columns_that_the_user_names_tell_the_format_too():
    named = {"image": "a", "model": "b", "prediction": "c"}
    assert detect(Path("x.csv"), ("a", "b", "c"), named).name == "long"


def test_a_column_with_two_meanings_has_the_one_that_the_user_names():
    found = BY_NAME["per-model"].columns_in(("file", "label", "true_class"), {"prediction": "label"})
    assert found == {"image": "file", "prediction": "label", "label": "true_class"}


def test_settings_and_options_know_the_same_formats():
    hints = typing.get_type_hints(ImportDecisionsSettings)
    for key, options in (("format", DecisionFormat), ("rows", Rows), ("predictions", Predictions)):
        literal = next(each for each in typing.get_args(hints[key]) if each is not type(None))
        assert list(typing.get_args(literal)) == [each.value for each in options]
    assert list(BY_NAME) == [each.value for each in DecisionFormat]
    roles = {column.role for each in FORMATS for column in each.columns}
    assert roles == set(ImportColumns.model_fields)


def test_the_docs_describe_every_format_and_column_as_declared():
    text = (DOCS / "importing.md").read_text(encoding="utf-8")
    text = text.partition("\n## Decisions of models\n")[2].partition("\n## ")[0]
    formats = re.findall(r"^\| `([\w-]+)` \| (.+?) \| (.+?) \|$", text, flags=re.MULTILINE)
    assert [row for row in formats if row[0] in BY_NAME] == [
        (each.name, each.what, each.detected_by) for each in FORMATS
    ]
    for each in FORMATS:
        section = text.partition(f"\n#### `{each.name}`\n")[2].partition("\n#### ")[0].partition("\n### ")[0]
        rows = re.findall(r"^\| (.+?) \| (.+?) \| (.+?) \|$", section, flags=re.MULTILINE)
        expected = [
            (
                f"`{column.role}`" + ("" if column.needed else " (optional)" if each.answer else ""),
                ", ".join(f"`{name}`" for name in column.names) or "–",
                column.meaning,
            )
            for column in each.columns
        ]
        assert [row for row in rows if row[0].startswith("`")] == expected, each.name
