from __future__ import annotations

import pytest

from tricky.core.copies import original_of


@pytest.mark.parametrize(
    "name",
    [
        "Copy of a.b.png",
        "Copy (2) of a.b.png",
        "Kopie von a.b.png",
        "a.b - Copy.png",
        "a.b - Copy (2).png",
        "a.b - Kopie.png",
        "a.b copy.png",
        "a.b copy 3.png",
        "a.b (1).png",
        "a.b(1).png",
        "a.b.sync-conflict-20240131-101500-ABCDEFG.png",
        "a.b (Jane's conflicted copy 2024-01-31).png",
        "a.b_conflict-20240131-101500.png",
    ],
)
def test_the_original_of_a_copy_is_found_in_its_name(name: str) -> None:
    assert original_of(name) == "a.b.png"


@pytest.mark.parametrize(
    "name", ["a.png", "photocopy.png", "copy.png", "(1).png", ".png", "a (b).png", "a1.png"]
)
def test_other_names_are_no_copies(name: str) -> None:
    assert original_of(name) is None


def test_a_name_without_a_suffix_may_be_a_copy_too() -> None:
    assert original_of("Copy of README") == "README"
