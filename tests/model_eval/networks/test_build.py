from __future__ import annotations

import shutil
from pathlib import Path

import huggingface_hub.constants
import pytest
import timm
import torch
from huggingface_hub.file_download import repo_folder_name
from PIL import Image
from safetensors.torch import save_file
from sklearn.datasets import load_sample_image

from model_eval.networks.build import Classifier, build_classifier
from model_eval.networks.preprocessing import fit_square
from model_eval.networks.sample_images import Sample
from model_eval.networks.timm import new_network
from model_eval.settings import ModelEntry, PreprocessingSettings
from tricky.core.errors import InputError
from tricky.core.files import sha256_of

CLASSES = ("disc", "noise", "stripes")
SAMPLE = Sample(("china", "flower"), lambda name: Image.fromarray(load_sample_image(f"{name}.jpg")))
SYNSETS = ("n01440764", "n02123045", "n15075141")


def entry(weights: str, source: str = "timm:test_resnet", head: str = "") -> ModelEntry:
    return ModelEntry(name="net", source=source, weights=weights, head=head)


def build(which: ModelEntry, root: Path, classes: tuple[str, ...] = CLASSES) -> Classifier:
    return build_classifier(which, classes, SAMPLE, root=root, training=root / "training")


def network(n_outputs: int = 3, name: str = "test_resnet") -> torch.nn.Module:
    torch.manual_seed(1)
    return timm.create_model(name, num_classes=n_outputs).eval()


def same_weights(one: torch.nn.Module, other: torch.nn.Module) -> bool:
    theirs = other.state_dict()
    return all(torch.equal(tensor, theirs[name]) for name, tensor in one.state_dict().items())


@pytest.fixture
def no_hub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A hub that can't be reached, and the folder of what was downloaded from it before."""
    cache = tmp_path / "hub"
    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_CACHE", str(cache))
    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_OFFLINE", True)
    return cache


def test_a_checkpoint_is_loaded_with_the_preprocessing_of_its_architecture(tmp_path: Path) -> None:
    theirs = network()
    save_file(theirs.state_dict(), tmp_path / "net.safetensors")
    ours = build(entry("net.safetensors", head="images"), tmp_path)
    assert same_weights(ours.module, theirs)
    assert not any(module.training for module in ours.module.modules())
    assert ours.outputs == (0, 1, 2)
    assert ours.weights_sha256 == sha256_of(tmp_path / "net.safetensors")
    assert ours.preprocessing.description["input_size"] == [3, 160, 160]
    assert ours.n_parameters == sum(p.numel() for p in theirs.parameters())


def test_a_training_script_s_checkpoint_is_unpacked(tmp_path: Path) -> None:
    theirs = network()
    state = {f"module.{name}": tensor for name, tensor in theirs.state_dict().items()}
    torch.save({"epoch": 3, "state_dict": state}, tmp_path / "net.pt")
    assert same_weights(build(entry("net.pt", head="images"), tmp_path).module, theirs)


def test_an_imagenet_checkpoint_is_read_at_the_outputs_of_the_folders(tmp_path: Path) -> None:
    torch.save(network(1000).state_dict(), tmp_path / "net.pt")
    ours = build(entry("net.pt"), tmp_path, SYNSETS)
    assert ours.outputs == (0, 281, 999)
    assert ours.readout["policy"] == "restricted to the classes of the images"
    with pytest.raises(InputError, match=r"net: its 1000 outputs are called by imagenet-1k.*'disc'"):
        build(entry("net.pt"), tmp_path)


def test_a_pickle_that_would_run_code_is_refused(tmp_path: Path) -> None:
    class Trap:
        def __reduce__(self) -> tuple[object, tuple[str]]:
            return (exec, (f"open({str(tmp_path / 'sprung')!r}, 'w')",))

    torch.save({"fc.weight": Trap()}, tmp_path / "net.pt")
    with pytest.raises(InputError, match=r"net\.pt can't be read as weights"):
        build(entry("net.pt"), tmp_path)
    assert not (tmp_path / "sprung").exists()


def test_weights_that_cannot_be_used_are_refused_by_name(tmp_path: Path) -> None:
    torch.save(network(name="test_mambaout").state_dict(), tmp_path / "other.pt")
    torch.save({"fc.weight": torch.zeros(3, 8)}, tmp_path / "head.pt")
    torch.save(network(5).state_dict(), tmp_path / "five.pt")
    (tmp_path / "text.pt").write_text("no weights")
    for weights, message in [
        ("missing.pt", r"no weights at .*missing\.pt; correct `weights`"),
        ("train", r"no weights at .*net\.safetensors; run `tricky train`"),
        ("text.pt", "can't be read as weights"),
        ("other.pt", r"holds no `fc\.weight`"),
        ("head.pt", "doesn't fit timm:test_resnet"),
        ("five.pt", "nothing tells what its 5 outputs are called, and the images have 3 classes"),
    ]:
        with pytest.raises(InputError, match=f"^net: .*{message}") as caught:
            build(entry(weights), tmp_path)
        assert "\n" not in str(caught.value)


def test_trained_weights_bring_their_own_preprocessing_even_to_another_study(
    trained_folder: Path, tmp_path: Path
) -> None:
    shutil.copy(trained_folder / "resnet.safetensors", tmp_path / "moved.safetensors")
    ours = build(entry("moved.safetensors"), tmp_path)
    assert ours.preprocessing.key == fit_square(32).key
    assert ours.outputs == (0, 1, 2)
    with pytest.raises(InputError, match="trained on other classes"):
        build(entry("moved.safetensors"), tmp_path, ("a", "b", "c"))
    with pytest.raises(InputError, match="holds weights of timm:test_resnet, not of timm:test_vit"):
        build(entry("moved.safetensors", "timm:test_vit"), tmp_path)


def test_published_weights_come_from_timm_with_its_transform(no_hub: Path, tmp_path: Path) -> None:
    # What huggingface_hub leaves in its cache after a download.
    theirs = network(1000)
    config = timm.get_pretrained_cfg("test_resnet.r160_in1k")
    assert config is not None
    repository = no_hub / repo_folder_name(repo_id=str(config.hf_hub_id), repo_type="model")
    (repository / "refs").mkdir(parents=True)
    (repository / "refs" / "main").write_text("0" * 40)
    snapshot = repository / "snapshots" / ("0" * 40)
    snapshot.mkdir(parents=True)
    save_file(theirs.state_dict(), snapshot / "model.safetensors")

    ours = build(entry("pretrained", "timm:test_resnet.r160_in1k"), tmp_path, SYNSETS)
    assert same_weights(ours.module, theirs)
    assert ours.outputs == (0, 281, 999)
    assert ours.preprocessing.description["crop_pct"] == config.crop_pct
    again = build(entry("pretrained", "timm:test_resnet.r160_in1k"), tmp_path, SYNSETS)
    assert ours.weights_sha256 == again.weights_sha256
    theirs.get_parameter("fc.bias").data[7] += 1
    save_file(theirs.state_dict(), snapshot / "model.safetensors")
    changed = build(entry("pretrained", "timm:test_resnet.r160_in1k"), tmp_path, SYNSETS)
    assert ours.weights_sha256 != changed.weights_sha256


def test_published_weights_for_other_classes_are_refused_before_any_download(
    no_hub: Path, tmp_path: Path
) -> None:
    with pytest.raises(
        InputError, match=r"^net: its 1000 outputs are called by imagenet-1k.*'disc', 'noise', 'stripes'"
    ):
        build(entry("pretrained"), tmp_path)
    assert not no_hub.exists()


def test_a_hub_that_cannot_be_reached_is_told_in_one_line(no_hub: Path, tmp_path: Path) -> None:
    assert not no_hub.exists()
    with pytest.raises(InputError, match=r"^net: timm can't build test_resnet") as caught:
        build(entry("pretrained"), tmp_path, SYNSETS)
    assert "\n" not in str(caught.value)


def test_unknown_architectures_are_met_with_known_ones() -> None:
    with pytest.raises(InputError, match=r"timm has no model 'resnet51'.*such as"):
        new_network(entry("train", "timm:resnet51"), 3, 32)


def test_a_size_that_the_architecture_cannot_take_is_refused() -> None:
    with pytest.raises(InputError, match=r"test_vit can't take 24 × 24 px|timm can't build test_vit"):
        new_network(entry("train", "timm:test_vit"), 3, 24)
    assert new_network(entry("train", "timm:test_vit"), 3, 48)(torch.zeros(2, 3, 48, 48)).shape == (2, 3)


def test_a_head_of_another_size_than_stated_is_refused_before_any_image(tmp_path: Path) -> None:
    torch.save(network(5).state_dict(), tmp_path / "five.pt")
    (tmp_path / "names.txt").write_text("disc\nnoise\nstripes\ndots\n")
    with pytest.raises(
        InputError, match=r"net: timm:test_resnet has 5 outputs, but names\.txt are 4 classes"
    ):
        build(entry("five.pt", head="names.txt"), tmp_path)
    (tmp_path / "names.txt").write_text("stripes\nzebras\ndots\nnoise\ndisc\n")
    assert build(entry("five.pt", head="names.txt"), tmp_path).outputs == (4, 3, 0)


def test_preprocessing_can_be_replaced_piece_by_piece(tmp_path: Path) -> None:
    torch.save(network().state_dict(), tmp_path / "net.pt")
    changes = PreprocessingSettings(size_px=(96, 64), crop_pct=0.5, interpolation="nearest", std=(1, 1, 1))
    changed = entry("net.pt", head="images").model_copy(update={"preprocessing": changes})
    before = build(entry("net.pt", head="images"), tmp_path).preprocessing
    after = build(changed, tmp_path).preprocessing
    assert after.description == before.description | {
        "input_size": [3, 96, 64],
        "crop_pct": 0.5,
        "interpolation": "nearest",
        "std": [1, 1, 1],
    }
    assert after.transform(Image.new("RGB", (300, 200))).shape == (3, 96, 64)


def test_a_transformer_is_built_for_the_size_that_it_is_shown(tmp_path: Path) -> None:
    torch.save(network(name="test_vit").state_dict(), tmp_path / "net.pt")
    larger = PreprocessingSettings(size_px=192)
    which = entry("net.pt", "timm:test_vit", head="images").model_copy(update={"preprocessing": larger})
    with pytest.raises(InputError, match="doesn't fit timm:test_vit"):  # its positions are those of 160 px
        build(which, tmp_path)


def test_entry_level_classes_get_the_mean_probability_of_their_members(tmp_path: Path) -> None:
    theirs = network(1000)
    torch.save(theirs.state_dict(), tmp_path / "net.pt")
    ours = build(entry("net.pt"), tmp_path, ("bicycle", "cat", "knife"))
    assert ours.outputs == (0, 1, 2)
    assert ours.n_parameters == sum(p.numel() for p in theirs.parameters())
    images = torch.randn(2, 3, 160, 160)
    with torch.inference_mode():
        p = theirs(images).softmax(dim=1)
        expected = torch.stack([p[:, [444, 671]].mean(1), p[:, 281:287].mean(1), p[:, 499]], dim=1)
        torch.testing.assert_close(ours.module(images).exp(), expected)
