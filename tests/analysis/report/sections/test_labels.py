import pandas as pd
import pytest
from made_up import change
from reports import report, text_of

from model_eval.manifests import DifficultyManifest
from tricky.core.errors import InputError
from tricky.core.files import sha256_of

pytestmark = pytest.mark.usefixtures("blank_figures")


def test_how_labels_depend_on_the_pool_is_shown_where_it_is_known(study):
    study.write_observers(3)
    assert report(study.root).content["labels"] is None
    folder = study.root / "difficulty"
    kinds = ("trivial", "in-between", "impossible")
    sizes = [(3, 0.7, 0.0, 0.3), (5, 0.5, 0.3, 0.2)]
    by_size = pd.DataFrame(
        [
            (n, kind, share, 0.01, share, share, 9)
            for n, *shares in sizes
            for kind, share in zip(kinds, shares, strict=True)
        ],
        columns=["n_models", "difficulty", "share", "sd", "low", "high", "n_pools"],
    )
    columns = ["what", "left_out", "n_models", "trivial_change", "impossible_change", "n_relabelled"]
    left_out = pd.DataFrame(
        [
            ("model", "alpha", 4, 0.02, 0.01, 7),
            ("model", "beta", 4, 0.0, 0.0, 1),
            ("family", "one", 4, 0.02, 0.01, 7),
            ("family", "two", 3, 0.2, 0.1, 30),
        ],
        columns=columns,
    )
    by_size.to_csv(folder / "pool_size.csv", index=False)
    left_out = left_out.assign(**dict.fromkeys((*kinds, "stability"), 0.5))
    left_out.to_csv(folder / "leave_one_out.csv", index=False)
    tables = {name: sha256_of(folder / name) for name in ("pool_size.csv", "leave_one_out.csv")}
    change(folder / "difficulty.json", DifficultyManifest, tables=tables, mean_stability=0.912)
    text = text_of(results := report(study.root))
    assert "with a probability of 91.2% on average" in text
    assert "the family two: without it, 30 images get another label" in text
    assert [row["left_out"] for row in results.content["labels"]["leave_one_out"]] == ["alpha", "beta", "two"]
    assert (study.root / "report" / "figures" / "pool_size.svg").exists()
    (folder / "pool_size.csv").write_text("changed")
    with pytest.raises(InputError, match=r"pool_size\.csv"):
        report(study.root)
