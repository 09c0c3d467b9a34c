from __future__ import annotations

from pathlib import Path

import pytest
from timm.data.imagenet_info import ImageNetInfo

from model_eval.images.imagenet_classes import wordnet_ids
from model_eval.networks.output_classes import (
    VOCABULARIES,
    head_of_size,
    named_head,
    read_out,
    stated_head,
    vocabulary,
)
from tricky.core.errors import InputError

IMAGENET = vocabulary("imagenet-1k")


def outputs(*classes: str) -> list[int]:
    return [each[0] for each in read_out("net", IMAGENET, classes).outputs]


def test_wordnet_ids_find_the_outputs_that_the_challenge_gave_them() -> None:
    # ILSVRC2012, sorted by WordNet id: tench is the first class, tabby the 282nd, toilet tissue the last.
    assert outputs("n01440764", "n02123045", "n15075141") == [0, 281, 999]
    assert outputs(*wordnet_ids()) == list(range(1000))


def test_names_find_the_same_outputs_whatever_their_case_and_underscores() -> None:
    assert outputs("tench", "Tabby_cat", "toilet tissue") == [0, 281, 999]
    assert outputs("Tinca_tinca", "n02123045") == [0, 281]


def test_a_name_that_two_outputs_share_is_refused() -> None:
    with pytest.raises(
        InputError, match=r"more than one of its 1000 outputs .*\('crane'\); call classes by Word"
    ):
        outputs("crane", "tench")


def test_two_classes_that_are_one_output_are_refused() -> None:
    with pytest.raises(InputError, match="the classes 'n01440764' and 'tench' of the images are one output"):
        outputs("n01440764", "tench")


def test_what_cannot_be_matched_is_refused_with_both_names() -> None:
    with pytest.raises(
        InputError,
        match=r"^net: its 1000 outputs are called by imagenet-1k, but 2 of the images' 3 classes .*'a b'",
    ):
        outputs("a b", "c d", "n01440764")


def test_part_of_a_head_is_asked_and_that_is_recorded() -> None:
    readout = read_out("net", IMAGENET, ("n01440764", "n02123045"))
    assert readout.description == {
        "head": "imagenet-1k",
        "n_outputs": 1000,
        "policy": "restricted to the classes of the images",
    }
    assert read_out("net", IMAGENET, wordnet_ids()).description["policy"] == "all outputs"


@pytest.mark.parametrize("name", list(VOCABULARIES))
def test_larger_heads_are_asked_about_imagenet_s_classes_by_synset(name: str) -> None:
    head, ids = vocabulary(name), ImageNetInfo(name).label_names()
    assert head.n_outputs == VOCABULARIES[name]
    assert head_of_size(head.n_outputs) == head
    both = tuple(each for each in wordnet_ids() if each in set(ids))
    assert len(both) > 990
    found = read_out("net", head, both).outputs
    assert [ids[each[0]] for each in found] == list(both)


def test_entry_level_classes_are_asked_by_all_their_members() -> None:
    readout = read_out("net", IMAGENET, ("bicycle", "cat", "knife"))
    assert readout.outputs == ((444, 671), (281, 282, 283, 284, 285, 286), (499,))
    assert "mean probability" in readout.description["policy"]
    with pytest.raises(InputError, match="'horse'"):
        read_out("net", IMAGENET, ("cat", "horse"))


def test_a_head_is_stated_by_vocabulary_by_the_images_or_in_a_file(tmp_path: Path) -> None:
    assert stated_head("net", "imagenet-1k", ("a", "b"), tmp_path) == IMAGENET
    assert read_out("net", stated_head("net", "images", ("a", "b"), tmp_path), ("a", "b")).outputs == (
        (0,),
        (1,),
    )
    (tmp_path / "names.txt").write_text("dog\ncat\n\nBig_Horse\n")
    head = stated_head("net", "names.txt", ("a", "b"), tmp_path)
    assert read_out("net", head, ("big horse", "cat")).outputs == ((2,), (1,))
    (tmp_path / "names.csv").write_bytes(b'\xef\xbb\xbfclass_name\r\n"tench, Tinca tinca"\r\n007\r\nNA\r\n')
    head = stated_head("net", "names.csv", ("a", "b"), tmp_path)
    assert head.aliases == (frozenset({"tench, tinca tinca"}), frozenset({"007"}), frozenset({"na"}))
    (tmp_path / "names.txt").write_bytes("Löwe\nHund\n".encode("cp1252"))
    with pytest.raises(InputError, match=r"names\.txt, line 1: not UTF-8"):
        stated_head("net", "names.txt", ("a", "b"), tmp_path)
    with pytest.raises(InputError, match=r"net: no head 'imagenet'; set `head` to imagenet-1k,"):
        stated_head("net", "imagenet", ("a", "b"), tmp_path)


def test_order_plays_no_part() -> None:
    # torchvision sorts folders as text, timm naturally, and a subset has numbers of its own.
    head = named_head("digits", ("0", "1", "2", "10"))
    assert read_out("net", head, ("0", "1", "10", "2")).outputs == ((0,), (1,), (3,), (2,))
