from __future__ import annotations

import os

from model_eval.images.uncounted_files import (
    N_FIRST,
    count,
    describe_not_counted,
    printable,
    record_not_counted,
)

NAMES = {".txt files": [f"{index:02d}.txt" for index in range(12)][::-1], "pipes and devices": [], "a": ["x"]}


def test_kinds_are_counted_with_their_first_names_and_empty_kinds_left_out() -> None:
    found = count(NAMES)
    assert list(found) == [".txt files", "a"]
    assert found[".txt files"] == (12, tuple(f"{index:02d}.txt" for index in range(N_FIRST)))
    assert record_not_counted(found)["a"] == {"n": 1, "first": ["x"]}


def test_a_line_names_the_first_files_and_counts_the_others() -> None:
    lines = describe_not_counted(count(NAMES))
    assert lines[0].startswith("not counted: 12 .txt files: 00.txt, 01.txt")
    assert lines[0].endswith(f"{N_FIRST - 1:02d}.txt and {12 - N_FIRST} more")
    assert lines[1] == "not counted: 1 a: x"


def test_bytes_that_are_not_utf8_are_shown_as_escapes() -> None:
    assert printable(os.fsdecode(b"\xffa\xc3\xa9")) == "\\xffaé"
