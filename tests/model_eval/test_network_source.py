from __future__ import annotations

import pytest
import timm

from model_eval.network_source import ModelSource, parse_source
from model_eval.networks.timm import new_network, published_config
from model_eval.recipe_settings import NetworkRecipe
from model_eval.settings import ModelEntry
from tricky.core.errors import InputError


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("timm:resnet18", ModelSource("timm", "resnet18")),
        ("timm:resnet18.a1_in1k", ModelSource("timm", "resnet18", "a1_in1k")),
        ("torchvision:resnet50/IMAGENET1K_V1", ModelSource("torchvision", "resnet50", "IMAGENET1K_V1")),
        (
            "openclip:ViT-B-32-quickgelu/laion400m_e32",
            ModelSource("openclip", "ViT-B-32-quickgelu", "laion400m_e32"),
        ),
        ("python:package.module:function", ModelSource("python", "package.module", "function")),
        ("torchscript:nets/my net.ts", ModelSource("torchscript", "nets/my net.ts")),
        ("export:C:\\nets\\net.pt2", ModelSource("export", "C:\\nets\\net.pt2")),
    ],
)
def test_every_form_is_taken_apart(text: str, parts: ModelSource) -> None:
    assert parse_source(text) == parts


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("resnet18", "one of timm:NAME or timm:NAME.TAG, torchvision:NAME/WEIGHTS, openclip:NAME/TAG"),
        ("keras:resnet", "one of timm:NAME or timm:NAME.TAG"),
        ("timm:", "timm:NAME or timm:NAME.TAG"),
        ("timm:a.b.c", "timm:NAME or timm:NAME.TAG"),
        ("torchvision:resnet50", "torchvision:NAME/WEIGHTS"),
        ("openclip:ViT-B-32", "openclip:NAME/TAG"),
        ("python:module", "python:package.module:function"),
        ("python:.module:f", "python:package.module:function"),
        ("torchscript:", "torchscript:FILE"),
        ("", "one of timm:NAME"),
    ],
)
def test_what_has_no_form_is_refused_with_the_form_that_it_should_have(text: str, expected: str) -> None:
    with pytest.raises(ValueError, match=f"^{expected}"):
        parse_source(text)


def test_all_that_timm_publishes_can_be_named() -> None:
    for name in timm.list_models(pretrained=True):
        architecture, _, tag = name.partition(".")
        assert parse_source(f"timm:{name}") == ModelSource("timm", architecture, tag)


def test_a_recipe_trains_what_a_pool_does_and_nothing_else() -> None:
    assert NetworkRecipe(network="timm:test_resnet.r160_in1k").network == "timm:test_resnet.r160_in1k"
    with pytest.raises(ValueError, match="only timm's architectures are trained here"):
        NetworkRecipe(network="torchvision:resnet50/DEFAULT")


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("timm:test_resnet.nonsense", "timm has no weights 'nonsense' of test_resnet; it has r160_in1k"),
        ("timm:resnet51.a1_in1k", "timm has no model 'resnet51'"),
    ],
)
def test_names_that_timm_does_not_know_are_refused_wherever_they_are_looked_up(
    source: str, said: str
) -> None:
    entry = ModelEntry(name="net", source=source)
    with pytest.raises(InputError, match=f"^net: {said}"):
        published_config(entry)
    with pytest.raises(InputError, match=f"^net: {said}"):
        new_network(entry, 3, 32)
