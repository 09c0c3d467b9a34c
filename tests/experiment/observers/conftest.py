"""Simulated studies, read as the analysis reads them."""

from __future__ import annotations

import pytest

from analysis.data.sessions import read_sessions
from experiment.session.prepare import SessionSetup
from experiment.session.simulate import simulate_sessions
from experiment.settings import ExperimentSettings, SimulateSettings

EXPERIMENT = ExperimentSettings()


@pytest.fixture
def simulate(small_set, tmp_path, dataset):
    def call(data: str = "data", *, made=small_set, experiment=EXPERIMENT, seed=1, **settings):
        setup = SessionSetup(made.folder, tmp_path / data, experiment, dataset, tmp_path)
        simulate_sessions(setup, SimulateSettings(**settings), seed=seed)
        return read_sessions(tmp_path / data)

    return call
