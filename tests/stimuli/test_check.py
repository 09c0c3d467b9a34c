"""Every rule of a set, broken one at a time."""

import json
import shutil

import pandas as pd
import pytest
from PIL import Image, PngImagePlugin

from stimuli.check import check_set, require_sound
from stimuli.manifest import SetManifest
from stimuli.write_set import set_id_of
from tricky.core.errors import InputError
from tricky.core.files import sha256_of
from tricky.core.manifests import write_manifest


def broken(folder):
    return {each.rule: each.problems for each in check_set(folder) if each.problems}


def edit(folder, file, change):
    """Change a table and make its hashes fit, as someone would who knew how."""
    table = pd.read_csv(folder / file, sep="\t", dtype=str, keep_default_na=False)
    change(table)
    (folder / file).chmod(0o644)
    table.to_csv(folder / file, sep="\t", index=False, lineterminator="\n")
    manifest = json.loads((folder / "stimulus_set.json").read_text())
    manifest["tables"][file] = sha256_of(folder / file)
    manifest["set_id"] = set_id_of(manifest["tables"])
    write_manifest(folder / "stimulus_set.json", SetManifest, manifest)


@pytest.fixture
def folder(build, difficulty_rows):
    asked = {
        "repeat_trials": 1,
        "repeat_distance": 2,
        "eligible": {"max_per_class": 8, "min_hash_distance": 10, "min_stability": 0.5, "min_side_px": 5},
        "match": {"covariates": ["covariate"], "exact": ["class_name"]},
    }
    return build(difficulty_rows(30), asked).folder


def test_a_fresh_set_breaks_no_rule(folder):
    assert broken(folder) == {}
    require_sound(folder)


def test_a_changed_and_a_missing_image_are_named(folder):
    first, second = sorted((folder / "images").iterdir())[:2]
    first.unlink()
    second.chmod(0o644)
    second.write_bytes(b"no image")
    found = broken(folder)
    assert found["files are those that were written"] == (
        f"images/{first.name} is missing",
        f"images/{second.name} has changed",
    )
    assert f"images/{second.name} can't be opened" in found["images open and contain no metadata"][0]
    with pytest.raises(InputError, match=r"is missing .and 2 more; see `tricky stimuli check`"):
        require_sound(folder)


def test_metadata_is_found(folder):
    path = next((folder / "images").iterdir())
    info = PngImagePlugin.PngInfo()
    info.add_text("difficulty", "impossible")
    image = Image.open(path)
    image.load()
    path.chmod(0o644)
    image.save(path, pnginfo=info)
    assert "contains metadata (difficulty)" in broken(folder)["images open and contain no metadata"][0]


def cell(table, column: str, value: str, row: int | slice = 0):
    table.loc[row, column] = value


NUMBERS = "numbers of trials as in the settings, evenly over sessions"
MATCHED = "partners match, and the balance is as recorded"


@pytest.mark.parametrize(
    ("rule", "file", "change"),
    [
        ("names are unique and follow from content", "items.tsv", lambda t: cell(t, "image_id", "9999")),
        ("no image twice", "items.tsv", lambda t: cell(t, "image_sha256", t.loc[1, "image_sha256"])),
        ("no image twice", "trials.tsv", lambda t: cell(t, "item_a", t.loc[5, "item_b"])),
        (
            "practice images are not in the main block",
            "trials.tsv",
            lambda t: cell(t, "item_a", t.loc[5, "item_a"]),
        ),
        (
            "numbers of trials as in the settings, evenly over sessions",
            "trials.tsv",
            lambda t: cell(t, "block", "main"),
        ),
        (
            "numbers of trials as in the settings, evenly over sessions",
            "trials.tsv",
            lambda t: cell(t, "session", "2", 4),
        ),
        ("every trial and block has its groups", "items.tsv", lambda t: cell(t, "difficulty", "in-between")),
        ("every image is eligible", "items.tsv", lambda t: cell(t, "stability", "0.4")),
        ("every image is eligible", "items.tsv", lambda t: cell(t, "width_px", "4")),
        (
            "every image is eligible",
            "items.tsv",
            lambda t: cell(t, "class_name", "a", slice(0, 12)),
        ),
        ("no near-duplicates", "items.tsv", lambda t: cell(t, "phash", t.loc[1, "phash"])),
        (
            MATCHED,
            "items.tsv",
            lambda t: cell(t, "class_name", "zebra"),
        ),
        (
            MATCHED,
            "items.tsv",
            lambda t: cell(t, "covariate", "1000", slice(None)),
        ),
    ],
)
def test_a_broken_rule_is_found(folder, rule, file, change):
    edit(folder, file, change)
    assert rule in broken(folder)


def test_a_set_moved_to_another_machine_is_sound(folder, tmp_path):
    shutil.copytree(folder, tmp_path / "elsewhere")
    assert broken(tmp_path / "elsewhere") == {}


def test_a_table_whose_hash_does_not_fit_is_refused(folder):
    (folder / "trials.tsv").chmod(0o644)
    with (folder / "trials.tsv").open("a") as file:
        file.write("\n")
    with pytest.raises(InputError, match=r"trials\.tsv: changed since stimulus_set\.json was written"):
        check_set(folder)
