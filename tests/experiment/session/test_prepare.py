from __future__ import annotations

from pathlib import Path

import pytest

from experiment.data.bids import SessionPath
from experiment.session.plan import schedule
from experiment.session.prepare import (
    SessionSetup,
    prepare_for_person,
    prepare_session,
    read_material,
    read_material_for_people,
)
from experiment.settings import ExperimentSettings
from tricky.core.errors import InputError


@pytest.fixture
def setup(small_set, tmp_path, dataset):
    (tmp_path / "information.md").write_text("# Study\n\nIt is ½ hour long.\n")
    settings = ExperimentSettings(information=Path("information.md"))
    return SessionSetup(small_set.folder, tmp_path / "data", settings, dataset, tmp_path)


def test_a_prepared_session_contains_the_trials_images_and_characters_of_its_participant(setup, small_set):
    session = prepare_for_person(setup, "07", 2)
    assert session.trials == schedule(small_set, "07", 2)
    assert session.path == SessionPath(setup.data, "07", 2, "harder")
    assert {file.is_file() for file in session.content.image_files.values()} == {True}
    assert set(session.content.image_files) == set(small_set.items)
    assert "½" in session.content.characters


def test_preparing_writes_nothing(setup):
    before = sorted(setup.root.rglob("*"))
    prepare_for_person(setup, "07", None)
    assert sorted(setup.root.rglob("*")) == before


def test_simulations_need_no_document_for_people(setup):
    (setup.root / "information.md").unlink()
    path = SessionPath(setup.data, "sim01", None, "harder")
    assert prepare_session(setup, read_material(setup), path).material.information is None
    with pytest.raises(InputError, match=r"information\.md: no such file"):
        read_material_for_people(setup)
