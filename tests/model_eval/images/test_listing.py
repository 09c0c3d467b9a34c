from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest
from PIL import Image

from model_eval.images import uncounted_files
from model_eval.images.listing import N_SUFFIXES, list_class_folders


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Two classes of two images, and a folder elsewhere with one more."""
    for name in ("set/ant/0.png", "set/ant/1.png", "set/bee/0.png", "set/bee/1.png", "other/far.png"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        Image.new("RGB", (4, 4), len(name)).save(tmp_path / name)
    return tmp_path / "set"


IMAGES = {"ant/0.png": "ant", "ant/1.png": "ant", "bee/0.png": "bee", "bee/1.png": "bee"}


def kinds(folder: Path, *, follow_links: bool = False) -> dict[str, tuple[str, ...]]:
    """Return what doesn't count, when all else is `IMAGES`."""
    found = list_class_folders(folder, follow_links=follow_links)
    assert found.class_of == IMAGES
    assert found.unreachable == {}
    assert all(each.n == len(each.first) for each in found.not_counted.values())
    return {kind: each.first for kind, each in found.not_counted.items()}


@pytest.mark.parametrize("target", ["..", ".", "../..", "ant", "../set"])
@pytest.mark.parametrize("follow_links", [False, True])
def test_a_link_to_a_folder_above_or_to_a_listed_one_adds_nothing(
    target: str, follow_links: bool, folder: Path
) -> None:
    link = folder / "ant" / "all"
    link.symlink_to(folder / target, target_is_directory=True)
    assert kinds(folder, follow_links=follow_links) == {uncounted_files.LINK_BACK: ("ant/all",)}


def test_links_that_leave_the_folder_count_only_where_the_study_says_so(folder: Path) -> None:
    (folder / "ant" / "far.png").symlink_to(folder / "../other/far.png")
    (folder / "cat").symlink_to(folder / "../other", target_is_directory=True)
    (folder.parent / "other" / "back").symlink_to(folder, target_is_directory=True)
    (folder.parent / "other" / "round").symlink_to(folder / "../other", target_is_directory=True)
    assert kinds(folder) == {uncounted_files.LINK_OUT: ("ant/far.png", "cat")}
    found = list_class_folders(folder, follow_links=True)
    assert found.class_of == IMAGES | {"ant/far.png": "ant", "cat/far.png": "cat"}
    assert found.not_counted == {uncounted_files.LINK_BACK: (2, ("cat/back", "cat/round"))}


def test_a_link_to_a_listed_image_does_not_count_it_twice(folder: Path) -> None:
    (folder / "bee" / "2.png").symlink_to("../ant/0.png")
    assert kinds(folder) == {uncounted_files.LINK_BACK: ("bee/2.png",)}


def test_an_image_that_is_kept_in_a_hidden_folder_counts_where_its_link_lies(folder: Path) -> None:
    """As git-annex and DataLad keep files."""
    store = folder / ".git" / "annex"
    store.mkdir(parents=True)
    (folder / "bee" / "1.png").rename(store / "SHA256-1.png")
    (folder / "bee" / "1.png").symlink_to("../.git/annex/SHA256-1.png")
    assert kinds(folder) == {uncounted_files.SYSTEM_FOLDER: (".git/annex/SHA256-1.png",)}


def test_a_link_that_leads_nowhere_is_a_problem_if_it_is_called_like_an_image(folder: Path) -> None:
    (folder / "ant" / "gone.png").symlink_to("nowhere.png")
    (folder / "ant" / "gone").symlink_to("nowhere")
    (folder / "ant" / "self.png").symlink_to("self.png")
    found = list_class_folders(folder, follow_links=False)
    assert found.not_counted == {uncounted_files.LINK_BROKEN: (1, ("ant/gone",))}
    assert found.unreachable == {
        "ant/gone.png": "No such file or directory",
        "ant/self.png": os.strerror(errno.ELOOP),
    }


def test_files_of_a_nas_and_of_file_managers_do_not_count(folder: Path) -> None:
    thumbnails = folder / "ant" / "@eaDir" / "0.png"
    thumbnails.mkdir(parents=True)
    for size in ("S", "M", "XL"):
        Image.new("RGB", (4, 4)).save(thumbnails / f"SYNOPHOTO_THUMB_{size}.jpg", format="JPEG")
    (folder / "#recycle").mkdir()
    Image.new("RGB", (4, 4)).save(folder / "#recycle" / "old.png")
    for name in ("._0.png", ".DS_Store", "Thumbs.db", "desktop.ini"):
        (folder / "bee" / name).write_bytes(b"\0\5\26\7")
    (folder / "__MACOSX" / "bee").mkdir(parents=True)
    Image.new("RGB", (4, 4)).save(folder / "__MACOSX" / "bee" / "0.png")
    assert kinds(folder) == {
        uncounted_files.NAS_FOLDER: (
            "#recycle/old.png",
            *(f"ant/@eaDir/0.png/SYNOPHOTO_THUMB_{size}.jpg" for size in ("M", "S", "XL")),
        ),
        uncounted_files.HIDDEN: ("bee/.DS_Store", "bee/._0.png", "bee/Thumbs.db", "bee/desktop.ini"),
        uncounted_files.SYSTEM_FOLDER: ("__MACOSX/bee/0.png",),
    }


def test_images_are_recognised_by_content_whatever_their_suffix(folder: Path) -> None:
    for place, (name, kind) in enumerate(
        {"a": "PNG", "b.dat": "WEBP", "c.avif": "AVIF", "d.x": "GIF"}.items()
    ):
        Image.new("RGB", (16, 16), place).save(folder / "bee" / name, format=kind)
    found = list_class_folders(folder, follow_links=False)
    assert found.class_of == IMAGES | {f"bee/{name}": "bee" for name in ("a", "b.dat", "c.avif", "d.x")}
    assert found.not_counted == {}


def test_a_class_whose_files_have_all_another_format_is_named(folder: Path) -> None:
    for index in range(3):
        (folder / "moth").mkdir(exist_ok=True)
        (folder / "moth" / f"{index}.heic").write_bytes(b"\0\0\0\x18ftypheic\0\0\0\0mif1heic" + bytes(99))
    assert kinds(folder) == {
        uncounted_files.EMPTY_CLASS: ("moth/",),
        ".heic files": tuple(f"moth/{index}.heic" for index in range(3)),
    }


def test_a_camera_s_raw_files_are_not_taken_for_the_tiff_of_their_thumbnail(folder: Path) -> None:
    Image.new("RGB", (16, 16)).save(folder / "bee" / "2.NEF", format="TIFF")
    assert kinds(folder) == {uncounted_files.CAMERA_RAW: ("bee/2.NEF",)}


def test_a_pipe_is_named_and_never_opened(folder: Path) -> None:
    os.mkfifo(folder / "bee" / "pipe")
    os.mkfifo(folder / "bee" / "pipe.png")
    assert kinds(folder) == {uncounted_files.NO_FILE: ("bee/pipe", "bee/pipe.png")}


def test_many_files_are_counted_and_the_first_are_named(folder: Path) -> None:
    for index in range(30):
        (folder / "bee" / f"notes-{index:02d}.txt").write_text("-")
        (folder / "bee" / f"part.{index:02d}").write_text("-")
    found = list_class_folders(folder, follow_links=False).not_counted
    assert found[".txt files"] == (30, tuple(f"bee/notes-{index:02d}.txt" for index in range(10)))
    assert sum(each.n for each in found.values()) == 60
    assert len(found) == N_SUFFIXES + 1
    lines = uncounted_files.describe_not_counted(found)
    assert sum(line.endswith("bee/notes-09.txt and 20 more") for line in lines) == 1


def test_a_name_that_is_not_utf8_is_spelled_out(folder: Path) -> None:
    (folder / "bee" / os.fsdecode(b"\xff.\xfe")).write_text("-")
    assert kinds(folder) == {".\\xfe files": ("bee/\\xff.\\xfe",)}
