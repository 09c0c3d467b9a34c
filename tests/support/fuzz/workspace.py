"""A finished study with examples of everything that readers read."""

from __future__ import annotations

import shutil
from importlib.resources import files
from pathlib import Path

import numpy as np
import pandas as pd
from made_up import HASH
from PIL import Image

from fuzz.evidence import write_evidence
from fuzz.studies import N_IMAGES, PLAIN


def workspace(study: Path, folder: Path) -> Path:
    """Copy a finished study and add examples of what labs supply."""
    shutil.copytree(study, folder)
    lab = folder / "lab"
    lab.mkdir()
    ids = [PLAIN.image_id(index) for index in range(N_IMAGES)]
    rows = [f"{name},{index % 6},{PLAIN.classes[index % 3]}" for index, name in enumerate(ids)]
    (lab / "counts.csv").write_text("\n".join(["image_id,n_correct,class_name", *rows]) + "\n")
    (lab / "reassessed.csv").write_text("image_id,class_name\n" + "".join(f"{each},cat\n" for each in ids))
    (lab / "list.txt").write_text("\n".join(ids[:10]) + "\n")
    (lab / "superclasses.csv").write_text("class_name,superclass\nbee,insect\ncat,pet\ndog,pet\n")
    (lab / "recipe.toml").write_text(
        '[base]\nnetwork = "timm:test_resnet"\n[conditions.order]\nmodels = 2\nnew_seeds = ["order"]\n'
    )
    (lab / "consent.md").write_text("# Title\n\nSome *text* with [a link](x).\n\n1. one\n2. two\n")
    (lab / "images.csv").write_text(
        "path,label,class_name\n" + "".join(f"../images/{each},{i % 3},\n" for i, each in enumerate(ids))
    )
    (lab / "table" / "photos").mkdir(parents=True)
    for index in range(4):
        shutil.copy(folder / "images" / ids[index], lab / "table" / "photos" / f"{index}.png")
    (lab / "table" / "images.csv").write_text(
        "path,label,class_name\n" + "".join(f"photos/{i}.png,{i % 2},class {i % 2}\n" for i in range(4))
    )
    _write_imagenet(lab / "imagenet", folder / "images" / ids[0])
    pixels = np.random.default_rng(0).integers(0, 256, (6, 8, 8), dtype=np.uint8)
    names = np.array(["ant", "bee"])
    np.savez_compressed(lab / "images.npz", images=pixels, labels=np.arange(6) % 2, class_names=names)
    for suffix in ("png", "jpg", "gif", "bmp", "tif", "webp", "ppm"):
        Image.fromarray(pixels[0]).save(lab / f"picture.{suffix}")
    (lab / "list.json").write_text("[1, [2, null], {}]")
    write_evidence(lab)
    shown = pd.DataFrame({"observer": ["s1", "s2"], "image": ids[:2], "said": ["ant", None], "rt": [0.5, 1]})
    shown.to_csv(lab / "trials.csv", index=False)
    shown.to_json(lab / "trials.json", orient="records")
    shown.to_excel(lab / "trials.xlsx", index=False)
    (lab / "texts.toml").write_text(files("experiment").joinpath("screen/texts/en.toml").read_text("utf-8"))
    trials = pd.read_csv(folder / "stimuli/main/trials.tsv", sep="\t")["trial_id"]
    rows = [f"{trial},0.{index % 9 + 1}" for index, trial in enumerate(trials)]
    (lab / "probabilities.csv").write_text("\n".join(["trial_id,p_correct", *rows]) + "\n")
    _write_ours(folder, lab)
    _write_decisions(lab / "import", ids)
    return folder


def _write_decisions(folder: Path, ids: list[str]) -> None:
    """Write decisions of models in every format that can be imported."""
    folder.mkdir()
    table = pd.DataFrame({"image": ids, "prediction": "bee", "label": "cat", "probability": 0.5})
    pd.concat([table.assign(model=name) for name in ("one", "two")]).to_csv(folder / "long.csv", index=False)
    table.to_csv(folder / "one.csv", index=False)
    table.to_csv(folder / "two.csv.gz", index=False)
    table.to_parquet(folder / "three.parquet", index=False)
    names = {"filename": ids, "index": range(len(ids)), "prob": 0.5}
    pd.DataFrame(names).set_index("filename").to_json(folder / "timm.json", orient="index")
    pd.DataFrame({"filename": ids, "index": "[3 1]", "prob": "[0.5 0.1]"}).to_csv(
        folder / "timm.csv", index=False
    )
    pd.DataFrame({"p": range(4), "t": 1}).to_csv(folder / "RESULTS_EP2.csv", index=False, header=False)
    rows = {"subj": "net", "session": 1, "trial": 1, "rt": "NaN", "object_response": "cat", "category": "dog"}
    pd.DataFrame({"imagename": ids, **rows}).to_csv(folder / "human.csv", index=False)
    np.save(folder / "right.npy", np.ones((2, 5), dtype=bool))
    np.save(folder / "predicted.npy", np.arange(10).reshape(2, 5))
    table[["image", "label"]].to_csv(folder / "labels.csv", index=False)


def _write_imagenet(folder: Path, picture: Path) -> None:
    from scipy.io import savemat

    from model_eval.images.imagenet_classes import wordnet_ids

    folder.mkdir()
    wnids = wordnet_ids()
    for number in range(1, 5):
        with Image.open(picture) as image:
            image.convert("RGB").save(folder / f"ILSVRC2012_val_{number:08d}.JPEG", format="JPEG")
    (folder / "truth.txt").write_text("\n".join(str(1 + number % 3) for number in range(50_000)) + "\n")
    rows = [f"ILSVRC2012_val_{number:08d},{wnids[number % 2]}" for number in range(1, 5)]
    (folder / "truth.csv").write_text("\n".join(["image,wnid", *rows]) + "\n")
    dtype = [("ILSVRC2012_ID", object), ("WNID", object), ("words", object)]
    rows = np.array([(number, wnid, "x") for number, wnid in enumerate(wnids, start=1)], dtype=dtype)
    savemat(folder / "meta.mat", {"synsets": rows})


def _write_ours(root: Path, lab: Path) -> None:
    """Write what only `tricky run`, `calibrate`, `withdraw` and `train` leave."""
    import torch

    from experiment.calibration import Calibration, keep_calibration
    from experiment.data.consents import COLUMNS
    from experiment.data.withdrawn import Mark, add_marks
    from model_eval.networks.trained_weights import TrainedRecord, write_trained
    from tricky.core.cache import write_memory
    from tricky.core.write_tables import write_tsv

    table = pd.DataFrame({"sha256": ["a", "b"], "value": [0.1, float("nan")], "text": ["x", None]})
    write_memory(lab / "memory.parquet", table, {"version": 1})
    line = ("2026-01-31T10:15:00+00:00", "sub-01", "n/a", "agreed", "consent.md", HASH)
    write_tsv(root / "consent.tsv", COLUMNS, [line])
    add_marks(root / "data", [Mark("sub-09", "n/a")])
    keep_calibration(
        root,
        Calibration(
            measured=line[0],
            computer="Linux",
            screen_px=(1920, 1080),
            card_width_px=300,
            width_cm=54.7,
            viewing_distance_cm=57.0,
        ),
    )
    record = TrainedRecord(
        identity=HASH, source="timm:test_resnet", classes=PLAIN.classes, input_size_px=32, final_loss=0.1
    )
    write_trained(lab / "net.safetensors", {"weight": torch.arange(6.0)}, record)
