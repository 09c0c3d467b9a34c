from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch

from analysis.statistics.rsa import compare_networks, dissimilarities, representational_consistency
from model_eval.epoch_decisions import ConditionModel, EpochDecisions
from model_eval.images.folder import ImageFolder
from model_eval.networks.activations import PENULTIMATE, activations, activations_of_each
from model_eval.networks.build import Classifier, build_classifier
from model_eval.networks.sample_images import draw_sample
from model_eval.settings import ImageSettings
from tricky.core.errors import InputError

CPU = torch.device("cpu")


@pytest.fixture
def decisions(drawn) -> EpochDecisions:
    images = drawn.catalogue()
    models = tuple(
        ConditionModel(name, condition, 1, f"timm:test_{name}", (), (0.3,))
        for name, condition in (("resnet", "base"), ("mambaout", "architecture"))
    )
    answers = np.zeros((1, len(images)), np.int32)
    return EpochDecisions({"base": {}, "architecture": {}}, models, pd.DataFrame(images), (answers,) * 2)


@pytest.fixture(scope="module")
def classifiers(trained_folder: Path, two_entries, drawn_folder: Path) -> list[Classifier]:
    classes = ("disc", "noise", "stripes")
    source = ImageFolder(ImageSettings(source="folder", path=drawn_folder), drawn_folder)
    sample = draw_sample(source, source.catalogue())
    return [
        build_classifier(entry, classes, sample, root=trained_folder, training=trained_folder)
        for entry in two_entries
    ]


def test_the_penultimate_layer_is_what_the_last_one_reads(classifiers, drawn):
    ids = ["disc/00.png", "noise/01.png", "stripes/02.png"]
    for classifier in classifiers:
        features = activations(classifier, PENULTIMATE, drawn, ids, CPU, batch_size=2)
        inputs = torch.stack([classifier.preprocessing.transform(drawn.read(each)) for each in ids])
        with torch.inference_mode():
            last = [m for m in classifier.module.modules() if isinstance(m, torch.nn.Linear)][-1]
            logits = last(torch.from_numpy(features))
            torch.testing.assert_close(logits, classifier.module(inputs), rtol=1e-4, atol=1e-5)


def test_a_named_layer_is_what_a_hook_on_it_sees(classifiers, drawn):
    classifier, ids = classifiers[0], ["disc/00.png", "noise/01.png"]
    seen = []
    hook = classifier.module.get_submodule("layer2.0.conv1").register_forward_hook(
        lambda _module, _inputs, output: seen.append(output.flatten(1).numpy())
    )
    inputs = torch.stack([classifier.preprocessing.transform(drawn.read(each)) for each in ids])
    with torch.inference_mode():
        classifier.module(inputs)
    hook.remove()
    found = activations(classifier, "layer2.0.conv1", drawn, ids, CPU)
    np.testing.assert_allclose(found, seen[0], rtol=1e-5, atol=1e-6)


def test_an_unknown_layer_is_refused_with_names_near_it(classifiers, drawn):
    with pytest.raises(
        InputError, match=r"resnet: timm:test_resnet has no layer 'layer2.0.conf1'; give"
    ) as caught:
        activations(classifiers[0], "layer2.0.conf1", drawn, ["disc/00.png"], CPU)
    assert "layer2.0.conv1" in str(caught.value)
    assert "\n" not in str(caught.value)


def test_networks_are_compared_on_images_of_every_class(decisions, classifiers, drawn, trained_folder):
    found = compare_networks(activations_of_each(decisions, PENULTIMATE, drawn, trained_folder, "cpu"))
    ids = decisions.images.sort_values("label", kind="stable")["image_id"].tolist()
    reference = representational_consistency(
        [dissimilarities(activations(each, PENULTIMATE, drawn, ids, CPU)) for each in classifiers]
    )
    np.testing.assert_allclose(found, reference, atol=1e-4)
    assert 0 < found[0, 1] < 1


def test_only_other_architectures_may_lack_the_layer(decisions, drawn, trained_folder):
    found = compare_networks(activations_of_each(decisions, "layer2.0.conv1", drawn, trained_folder, "cpu"))
    np.testing.assert_array_equal(found, [[1, np.nan], [np.nan, np.nan]])
    with pytest.raises(InputError, match="no layer 'layer9'"):
        compare_networks(activations_of_each(decisions, "layer9", drawn, trained_folder, "cpu"))
