"""Each stage is declared once, and everything else agrees with the declaration."""

import re
from pathlib import Path

import pytest
import typer

from tricky.cli import app
from tricky.stages.declared import DATA, DYNAMICS, STAGES
from tricky.study import Study
from tricky.study_settings import Settings

DOCS = Path(__file__).parents[3] / "docs"
WITH_MANIFEST = [stage for stage in STAGES if stage is not DATA]


def commands_of(group: typer.Typer) -> set[str]:
    click_group = typer.main.get_command(group)
    return set(click_group.commands)  # type: ignore[attr-defined]


@pytest.mark.parametrize("stage", WITH_MANIFEST, ids=lambda stage: stage.name)
def test_a_stage_has_a_manifest_with_a_name_of_its_own(stage):
    assert stage.manifest_class.file_name.endswith(".json")
    assert [each.name for each in WITH_MANIFEST if each.manifest_class is stage.manifest_class] == [
        stage.name
    ]


def test_every_command_but_those_of_the_whole_study_belongs_to_a_stage():
    of_stages = [name for stage in STAGES for name in stage.commands]
    assert commands_of(app) == {"init", "status", "demo", *of_stages}
    for stage in STAGES:
        assert stage.command.split()[0] in stage.commands


def test_stages_read_sections_that_the_study_file_has_and_use_them_all():
    read = {section for stage in STAGES for section in stage.sections}
    sections = {field.alias or name for name, field in Settings.model_fields.items()}
    assert read == sections - {"study"}


def test_a_study_has_a_path_for_each_folder(tmp_path):
    study = Study(tmp_path, Settings())
    for stage in STAGES:
        if stage is DYNAMICS:
            continue
        path = study.stimulus_set("main").parent if stage.name == "stimuli" else getattr(study, stage.name)
        assert path == tmp_path / stage.folder


def test_the_docs_list_each_stage_as_it_is_declared():
    text = (DOCS / "formats.md").read_text(encoding="utf-8")
    table = text.partition("## The stages")[2].partition("\n## ")[0]
    rows = re.findall(r"^\| `(.+?)` \| (.+?) \| `(.+?)` \| (.+?) \|$", table, flags=re.MULTILINE)
    expected = [
        (
            stage.folder if stage is DYNAMICS else f"{stage.folder}/",
            stage.description,
            f"tricky {stage.command}",
            ", ".join(f"`[{section}]`" for section in stage.sections),
        )
        for stage in STAGES
    ]
    assert rows == expected
