from __future__ import annotations

import json
from pathlib import Path

import huggingface_hub.constants
import open_clip
import pytest
import torch
from huggingface_hub.file_download import repo_folder_name
from PIL import Image
from safetensors.torch import save_file
from sklearn.datasets import load_sample_image

from model_eval.networks.build import Classifier, build_classifier
from model_eval.networks.sample_images import Sample
from model_eval.settings import ModelEntry, PreprocessingSettings
from tricky.core.errors import InputError

SYNSETS = ("n01440764", "n02123045", "n15075141")
SAMPLE = Sample(("china", "flower"), lambda name: Image.fromarray(load_sample_image(f"{name}.jpg")))
TINY = {
    "embed_dim": 16,
    "vision_cfg": {"image_size": 32, "layers": 1, "width": 64, "patch_size": 16},
    "text_cfg": {"context_length": 77, "vocab_size": 49408, "width": 16, "heads": 2, "layers": 1},
}
ABOUT = {"hf_hub": "somebody/tiny/", "mean": (0.1, 0.2, 0.3), "std": (0.4, 0.5, 0.6), "quick_gelu": True}
ENTRY = ModelEntry(name="net", source="openclip:tiny/random")


@pytest.fixture
def tiny(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> torch.nn.Module:
    """A small CLIP that open_clip knows, with weights as huggingface_hub leaves them after a download."""
    configs = dict(open_clip.factory._MODEL_CONFIGS)
    monkeypatch.setattr(open_clip.factory, "_MODEL_CONFIGS", configs)
    (tmp_path / "configs").mkdir()
    (tmp_path / "configs" / "tiny.json").write_text(json.dumps(TINY))
    paths = list(open_clip.factory._MODEL_CONFIG_PATHS)
    monkeypatch.setattr(open_clip.factory, "_MODEL_CONFIG_PATHS", paths)
    open_clip.add_model_config(tmp_path / "configs")
    monkeypatch.setitem(open_clip.pretrained._PRETRAINED, "tiny", {"random": ABOUT})
    cache = tmp_path / "hub"
    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_CACHE", str(cache))
    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_OFFLINE", True)
    torch.manual_seed(5)
    theirs = open_clip.create_model("tiny", force_quick_gelu=True).eval()
    repository = cache / repo_folder_name(repo_id="somebody/tiny", repo_type="model")
    snapshot = repository / "snapshots" / ("0" * 40)
    snapshot.mkdir(parents=True)
    (repository / "refs").mkdir()
    (repository / "refs" / "main").write_text("0" * 40)
    state = {name: tensor.contiguous() for name, tensor in theirs.state_dict().items()}
    save_file(state, snapshot / "open_clip_model.safetensors")
    return theirs


def build(root: Path, classes: tuple[str, ...] = SYNSETS, **changes: object) -> Classifier:
    entry = ModelEntry.model_validate(ENTRY.model_dump() | changes)
    return build_classifier(entry, classes, SAMPLE, root=root, training=root)


def test_an_image_goes_to_the_class_whose_prompts_are_nearest(tiny: torch.nn.Module, tmp_path: Path) -> None:
    ours = build(tmp_path)
    image = Image.fromarray(load_sample_image("china.jpg"))
    inputs = ours.preprocessing.transform(image)[None]
    tokenizer = open_clip.get_tokenizer("tiny")
    with torch.inference_mode():
        features = tiny.encode_image(inputs)  # type: ignore[operator]
        features /= features.norm(dim=-1, keepdim=True)
        directions = []
        for name in ("tench", "tabby cat", "toilet paper"):  # what open_clip calls the three
            prompts = [template(name) for template in open_clip.OPENAI_IMAGENET_TEMPLATES]
            texts = tiny.encode_text(tokenizer(prompts))  # type: ignore[operator]
            mean = (texts / texts.norm(dim=-1, keepdim=True)).mean(dim=0)
            directions.append(mean / mean.norm())
        expected = tiny.logit_scale.exp() * features @ torch.stack(directions).T  # type: ignore[operator]
        torch.testing.assert_close(ours.module(inputs), expected)
    assert ours.outputs == (0, 1, 2)
    assert ours.readout == {"head": "zero-shot descriptions", "n_outputs": 3, "policy": "all outputs"}
    assert ours.preprocessing.description["mean"] == [0.1, 0.2, 0.3]
    assert ours.preprocessing.description["size"] in (32, [32, 32])


@pytest.mark.usefixtures("tiny")
def test_class_names_and_prompts_are_weights(tmp_path: Path) -> None:
    hashes = {build(tmp_path).weights_sha256, build(tmp_path, templates=["a sketch of a {}"]).weights_sha256}
    (tmp_path / "names.csv").write_text("class_name,prompt_name\nn01440764,fish\n")
    hashes.add(build(tmp_path, class_names="names.csv").weights_sha256)
    assert len(hashes) == 3
    (tmp_path / "names.csv").write_text("class_name,prompt_name\nn01440764,fish\nn00000000,more\n")
    head = build(tmp_path, class_names="names.csv").readout["head"]
    assert head == "zero-shot descriptions, 1 of 2 names in names.csv used"
    assert build(tmp_path).weights_sha256 in hashes


@pytest.mark.usefixtures("tiny")
def test_classes_of_any_name_can_be_asked_about(tmp_path: Path) -> None:
    assert build(tmp_path, ("airplane", "traffic_light")).readout["n_outputs"] == 2
    with pytest.raises(InputError, match=r"net: no word for class 'n99999999'.* `class_names`"):
        build(tmp_path, ("n01440764", "n99999999"))
    for text, said in (
        ("class,prompt\n", "no column `class_name`"),
        ("", r"names\.csv: empty"),
        ("class_name,prompt_name\nn01440764,\n", "line 2, column prompt_name: ''"),
        ("class_name,prompt_name\nn1,a\nn1,b\n", "line 3, column class_name: 'n1'"),
        ("class_name,prompt_name\nN01440764,fish\n", r"line 2: no class .*write 'n01440764'"),
    ):
        (tmp_path / "names.csv").write_text(text)
        with pytest.raises(InputError, match=said):
            build(tmp_path, class_names="names.csv")


def test_a_checkpoint_takes_the_place_of_the_download(tiny: torch.nn.Module, tmp_path: Path) -> None:
    other = {name: tensor + 0.01 for name, tensor in tiny.state_dict().items() if tensor.is_floating_point()}
    torch.save(tiny.state_dict() | other, tmp_path / "net.pt")
    assert build(tmp_path, weights="net.pt").weights_sha256 != build(tmp_path).weights_sha256
    with pytest.raises(InputError, match=r"no weights at .*none\.pt"):
        build(tmp_path, weights="none.pt")


@pytest.mark.usefixtures("tiny")
def test_preprocessing_can_be_replaced(tmp_path: Path) -> None:
    changes = PreprocessingSettings(mean=(0, 0, 0), interpolation="bilinear").model_dump()
    description = build(tmp_path, preprocessing=changes).preprocessing.description
    assert (description["mean"], description["interpolation"]) == ([0, 0, 0], "bilinear")
    assert description["std"] == [0.4, 0.5, 0.6]
    with pytest.raises(InputError, match="take out `crop_pct`"):
        build(tmp_path, preprocessing={"crop_pct": 0.9})


@pytest.mark.usefixtures("tiny")
def test_unknown_weights_are_met_with_known_ones(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="open_clip has no weights 'tiny/best'; of tiny it has random"):
        build(tmp_path, source="openclip:tiny/best")
    with pytest.raises(InputError, match=r"see open_clip\.list_pretrained"):
        build(tmp_path, source="openclip:none/best")


@pytest.mark.usefixtures("tiny")
def test_a_hub_that_cannot_be_reached_is_told_in_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_CACHE", str(tmp_path / "empty"))
    with pytest.raises(InputError, match=r"^net: open_clip can't build tiny/random") as caught:
        build(tmp_path)
    assert "\n" not in str(caught.value)
