from __future__ import annotations

import warnings
from pathlib import Path

import pytest
import torch
from PIL import Image
from sklearn.datasets import load_sample_image
from torchvision import transforms

from model_eval.networks.build import Classifier, build_classifier
from model_eval.networks.sample_images import Sample
from model_eval.settings import ModelEntry
from tricky.core.errors import InputError

CLASSES = ("disc", "noise", "stripes")
SAMPLE = Sample(("china", "flower"), lambda name: Image.fromarray(load_sample_image(f"{name}.jpg")))
STATED = {"size_px": 64, "crop_pct": 0.875, "interpolation": "bilinear", "mean": [0.5] * 3, "std": [0.25] * 3}
CODE = """
import torch
from torch import nn

def small(width=4, dropout=0.5):
    torch.manual_seed(2)
    return nn.Sequential(nn.Conv2d(3, width, 3), nn.BatchNorm2d(width), nn.ReLU(), nn.Dropout(dropout),
                         nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(width, 3))

def list_of_layers():
    return [nn.Linear(2, 2)]

def with_two_answers():
    class Two(nn.Module):
        def forward(self, x):
            return x, x
    return Two()

class Standardised(nn.Module):
    def __init__(self):
        super().__init__()
        torch.manual_seed(2)
        self.last = nn.Linear(3 * 16, 3)
    def forward(self, x):
        x = (x - x.mean((1, 2, 3), keepdim=True)) / x.std((1, 2, 3), keepdim=True)
        return self.last(nn.functional.adaptive_avg_pool2d(x, 4).flatten(1))

def standardised():
    return Standardised()

class Centred(nn.Module):
    def forward(self, x):
        return (x - x.mean(0)).mean((2, 3))

def centred():
    return Centred()

def mean_of_batch():
    class Mean(nn.Module):
        def forward(self, x):
            return x.mean((2, 3)).mean(0, keepdim=True)
    return Mean()

def broken():
    raise OSError("no such host")
"""


@pytest.fixture
def study(tmp_path: Path) -> Path:
    (tmp_path / f"{module(tmp_path)}.py").write_text(CODE)
    return tmp_path


def module(study: Path) -> str:
    """Return a name of its own for each test's module: Python imports a name once."""
    return "nets_" + "".join(letter for letter in study.name if letter.isalnum())


def build(study: Path, source: str, **more: object) -> Classifier:
    content = {"name": "net", "source": source, "head": "images", "preprocessing": STATED} | more
    entry = ModelEntry.model_validate(content).as_trusted()
    return build_classifier(entry, CLASSES, SAMPLE, root=study, training=study)


def network() -> torch.nn.Module:
    namespace: dict[str, object] = {}
    exec(CODE, namespace)
    made = namespace["small"]()  # type: ignore[operator]
    assert isinstance(made, torch.nn.Module)
    return made


def test_a_function_in_the_study_s_folder_gives_a_network(study: Path) -> None:
    ours = build(study, f"python:{module(study)}:small")
    assert not any(each.training for each in ours.module.modules())
    image = Image.fromarray(load_sample_image("china.jpg"))
    reference = transforms.Compose(
        [
            transforms.Resize(73, transforms.InterpolationMode.BILINEAR),  # 64 / .875, rounded down
            transforms.CenterCrop(64),
            transforms.ToTensor(),
            transforms.Normalize([0.5] * 3, [0.25] * 3),
        ]
    )
    torch.testing.assert_close(ours.preprocessing.transform(image), reference(image))
    wider = build(study, f"python:{module(study)}:small", arguments={"width": 6})
    assert wider.n_parameters > ours.n_parameters
    assert wider.weights_sha256 != ours.weights_sha256


def test_a_checkpoint_is_loaded_into_what_the_function_gives(study: Path) -> None:
    theirs = network()
    torch.save(theirs.state_dict(), study / "net.pt")
    ours = build(study, f"python:{module(study)}:small", weights="net.pt")
    assert torch.equal(ours.module.get_parameter("6.weight"), theirs.get_parameter("6.weight"))


def files(study: Path, module: torch.nn.Module) -> dict[str, str]:
    """Save a network in both forms, and return the sources that name the files."""
    example = torch.zeros(2, 3, 64, 64)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.jit.save(torch.jit.script(module), str(study / "net.ts"))
    batch = torch.export.Dim("batch")
    torch.export.save(
        torch.export.export(module, (example,), dynamic_shapes=({0: batch},)), str(study / "net.pt2")
    )
    return {"torchscript": "torchscript:net.ts", "export": "export:net.pt2"}


def test_files_of_torchscript_and_export_give_the_same_answers(study: Path) -> None:
    theirs = network().eval()
    inputs = torch.randn(5, 3, 64, 64)
    for source in files(study, theirs).values():
        ours = build(study, source)
        assert ours.outputs == (0, 1, 2)
        assert not any(each.training for each in ours.module.modules())
        with torch.inference_mode():
            torch.testing.assert_close(ours.module(inputs), theirs(inputs))


def test_a_graph_that_was_saved_in_training_mode_is_refused(study: Path) -> None:
    source = files(study, network().train())["export"]
    with pytest.raises(InputError, match="to image china depends on the other images in the batch"):
        build(study, source)


def test_a_graph_for_one_image_alone_is_refused(study: Path) -> None:
    exported = torch.export.export(network().eval(), (torch.zeros(1, 3, 64, 64),))
    torch.export.save(exported, str(study / "one.pt2"))
    with pytest.raises(InputError, match="save it for batches of any size"):
        build(study, "export:one.pt2")


def test_a_network_that_standardises_each_image_is_tried_on_real_ones(study: Path) -> None:
    ours = build(study, f"python:{module(study)}:standardised")
    inputs = torch.stack([ours.preprocessing.transform(image) for image in SAMPLE.images])
    standard = (inputs - inputs.mean((1, 2, 3), keepdim=True)) / inputs.std((1, 2, 3), keepdim=True)
    with torch.inference_mode():
        torch.testing.assert_close(ours.module(inputs), ours.module(standard))
        assert ours.module(inputs).isfinite().all()


def test_the_image_to_which_there_is_no_finite_answer_is_named(study: Path) -> None:
    source = f"python:{module(study)}:standardised"
    content = {"name": "net", "source": source, "head": "images", "preprocessing": STATED}
    entry = ModelEntry.model_validate(content).as_trusted()
    photo, grey = SAMPLE.images[0], Image.new("RGB", (64, 64), (127, 127, 127))
    sample = Sample(("china", "grey"), {"china": photo, "grey": grey}.__getitem__)
    with pytest.raises(InputError, match=r"net: the answer of .* to image grey isn't finite"):
        build_classifier(entry, CLASSES, sample, root=study, training=study)


def test_what_an_entry_must_state_is_asked_for(study: Path) -> None:
    source = f"python:{module(study)}:small"
    with pytest.raises(InputError, match=r"nothing tells what the outputs of .* are; state `head`"):
        build(study, source, head="")
    with pytest.raises(InputError, match=r"state size_px, crop_pct, mean, std in `preprocessing`"):
        build(study, source, preprocessing={"interpolation": "bilinear"})
    with pytest.raises(
        InputError, match=r"has 3 outputs, but imagenet-1k are 1000 classes|are not among them"
    ):
        build(study, source, head="imagenet-1k")


@pytest.mark.parametrize(
    ("function", "said"),
    [
        ("list_of_layers", "returns a list, not an nn.Module"),
        ("with_two_answers", "answers 2 images with a tuple; expected a tensor of images × classes"),
        ("broken", r"gives no network \(OSError: no such host\)"),
        ("none", "gives no network \\(AttributeError"),
        ("centred", "to image china depends on the other images in the batch"),
        ("mean_of_batch", r"answers 2 images with a tensor of shape \(1, 3\)"),
    ],
)
def test_a_function_that_gives_no_classifier_is_refused(function: str, said: str, study: Path) -> None:
    with pytest.raises(InputError, match=said):
        build(study, f"python:{module(study)}:{function}")


def test_files_that_hold_no_network_are_refused(study: Path) -> None:
    (study / "text.pt").write_text("no network")
    for library in ("torchscript", "export"):
        with pytest.raises(InputError, match=rf"text\.pt holds no {library}"):
            build(study, f"{library}:text.pt")
        with pytest.raises(InputError, match=r"none\.pt is not there"):
            build(study, f"{library}:none.pt")
