"""Networks as observers."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from made_up import write_pool

from experiment.settings import SimulateSettings
from tricky.core.errors import InputError


@pytest.fixture
def network(small_set, tmp_path):
    """Decisions of a model that is the surer, the larger the number of an image."""
    images = [item.image_id for item in small_set.items.values()]
    n = np.arange(len(images))
    table = pd.DataFrame({"image_id": images, "p_prediction": n / 100, "margin": -n.astype(float)})
    table["entropy"] = 2.0 * n  # the surer by confidence, the less sure by entropy
    (tmp_path / "decisions").mkdir()
    table.to_parquet(tmp_path / "decisions" / "net.parquet")
    write_pool(tmp_path / "decisions", [{"name": "net"}])
    return {item.item_id: number for number, item in enumerate(small_set.items.values())}


@pytest.mark.parametrize(("score", "sign"), [("confidence", 1), ("margin", -1), ("entropy", -1)])
def test_a_network_takes_the_image_it_is_less_sure_about_for_the_harder(simulate, network, score, sign):
    rows = simulate(models=("net",), score=score)
    left, right = (sign * rows[side].astype(str).map(network) for side in ("left_item", "right_item"))
    assert list(rows.response == "left") == list(left < right)
    assert set(rows.participant) == {"sim01"}


@pytest.mark.usefixtures("network")
def test_a_network_without_decisions_is_refused(simulate, single_set):
    with pytest.raises(InputError, match="models: no evaluated model is called 'other'; there are 'net'"):
        simulate(models=("other",))
    with pytest.raises(InputError, match=r"networks can't do the task \"single\""):
        simulate(models=("net",), made=single_set)


def test_a_network_twice_is_refused():
    with pytest.raises(ValueError, match=r"entries that differ \(capitals aside\): 'net' is there twice"):
        SimulateSettings(models=("net", "net"))
