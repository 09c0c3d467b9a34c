from __future__ import annotations

from pathlib import Path

import pytest

from model_eval.images.folder_walk import FolderWalk
from model_eval.images.uncounted_files import HIDDEN, LINK_BACK, LINK_OUT, NAS_FOLDER


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in ("set/ant/deep/0.png", "set/bee/1.txt", "set/bee/.hidden", "set/@eaDir/t.png", "other/2.png"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(b"-")
    (tmp_path / "set" / "bee" / "round").symlink_to("..", target_is_directory=True)
    (tmp_path / "set" / "far").symlink_to(tmp_path / "other", target_is_directory=True)
    return tmp_path / "set"


def test_files_are_listed_sorted_and_hidden_and_system_files_by_kind(folder: Path) -> None:
    found = FolderWalk(folder, follow_links=False)
    assert found.files == ["ant/deep/0.png", "bee/1.txt"]
    assert {"ant", "bee"} <= found.folders
    assert found.unreachable == {}
    assert dict(found.kinds) == {
        HIDDEN: ["bee/.hidden"],
        NAS_FOLDER: ["@eaDir/t.png"],
        LINK_BACK: ["bee/round"],
        LINK_OUT: ["far"],
    }


def test_links_that_leave_the_folder_are_followed_on_request(folder: Path) -> None:
    found = FolderWalk(folder, follow_links=True)
    assert found.files == ["ant/deep/0.png", "bee/1.txt", "far/2.png"]
    assert found.kinds[LINK_BACK] == ["bee/round"]
    assert found.kinds[LINK_OUT] == []
