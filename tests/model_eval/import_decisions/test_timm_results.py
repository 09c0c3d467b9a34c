"""Files as timm's inference.py writes them (its `save_results`): made here with the same calls of pandas."""

import numpy as np
import pandas as pd
import pytest

FILES = ["val_1.JPEG", "val_2.JPEG", "val_3.JPEG"]
INDEX = np.array([[1, 0], [2, 1], [0, 2]])
LABEL = np.array(
    [["tench, Tinca", "goldfish"], ["great white", "it's"], ["goldfish", "great white"]], dtype=object
)
PROB = np.array([[0.75, 0.25], [0.5, 0.25], [0.875, 0.125]], dtype=np.float32)


def frame(top_k: int, *, separate: bool, output: str = "prob") -> pd.DataFrame:
    """What inference.py collects, with --include-index."""
    data = {"filename": FILES}
    parts = {"index": INDEX[:, :top_k], "label": LABEL[:, :top_k], output: PROB[:, :top_k]}
    for name, values in parts.items():
        if separate and top_k > 1:
            data |= {f"{name}_{i}": values[:, i] for i in range(top_k)}
        else:
            data[name] = list(values.squeeze(-1) if top_k == 1 else values)
    return pd.DataFrame(data)


def save(table: pd.DataFrame, path, how: str) -> None:
    if how == "parquet":
        table.set_index("filename").to_parquet(path)
    elif how == "json":
        table.set_index("filename").to_json(path, indent=4, orient="index")
    elif how == "json-split":
        table.to_json(path, indent=4, orient="split", index=False)
    else:
        table.to_csv(path, index=False)


@pytest.mark.parametrize("how", ["csv", "parquet", "json", "json-split"])
@pytest.mark.parametrize(("top_k", "separate"), [(1, False), (2, False), (2, True)])
def test_the_best_answer_counts_in_every_form_that_timm_writes(tmp_path, run, write, how, top_k, separate):
    save(frame(top_k, separate=separate), tmp_path / f"resnet50-224.{how.partition('-')[0]}", how)
    write(
        "labels.csv", "filename,label\n" + "".join(f"{name},{k}\n" for k, name in enumerate(FILES, start=1))
    )
    found = run(f"resnet50-224.{how.partition('-')[0]}", labels="labels.csv")
    assert found.models == ("resnet50-224",)
    assert found.predictions.tolist() == [[1, 2, 0]]
    assert found.correct.tolist() == [[True, True, False]]
    stored = pd.read_parquet(tmp_path / "decisions/resnet50-224.parquet")
    assert stored["p_prediction"].tolist() == [0.75, 0.5, 0.875]


@pytest.mark.parametrize("how", ["csv", "json"])
def test_names_count_where_there_is_no_index_and_logits_are_no_probabilities(tmp_path, run, write, how):
    save(frame(2, separate=False, output="logit").drop(columns="index"), tmp_path / f"net.{how}", how)
    names = ["tench, Tinca", "great white", "x"]
    rows = "".join(f'{name},"{label}"\n' for name, label in zip(FILES, names, strict=True))
    write("labels.csv", f"filename,label\n{rows}")
    found = run(f"net.{how}", labels="labels.csv")
    assert found.correct.tolist() == [[True, True, False]]
    assert pd.read_parquet(tmp_path / "decisions/net.parquet")["p_prediction"].isna().all()
