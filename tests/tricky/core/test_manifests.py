import json
from pathlib import Path
from typing import Annotated, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import Field, ValidationError

from tricky.core.errors import InputError
from tricky.core.manifests import (
    Count,
    FileName,
    Record,
    Sha256,
    StageManifest,
    parse_record,
    read_manifest,
    unique,
    write_manifest,
)

HASH = "0" * 64


class Model(Record):
    name: FileName
    accuracy: float


class Example(StageManifest[Record]):
    sha256: Sha256
    n: Count
    models: Annotated[tuple[Model, ...], unique("name")]
    files: dict[FileName, Sha256] = Field(default_factory=dict)


def content(**changes: Any) -> dict[str, Any]:
    return {
        "schema_version": 1,
        "made_from": {"decisions/pool.json": HASH},
        "settings": {"label": {"tolerance": 1}},
        "versions": {"numpy": "2.0"},
        "sha256": HASH,
        "n": 3,
        "models": [{"name": "alpha", "accuracy": 0.5}],
    } | changes


def read(tmp_path: Path, text: str) -> Example:
    path = tmp_path / "example.json"
    path.write_text(text, encoding="utf-8")
    return read_manifest(path, Example, "tricky label")


def message(tmp_path: Path, text: str) -> str:
    with pytest.raises(InputError) as caught:
        read(tmp_path, text)
    said = str(caught.value)
    assert len(said.splitlines()) == 1
    assert said.startswith(f"{tmp_path / 'example.json'}: ")
    assert said.endswith("; run `tricky label` again")
    return said.removeprefix(f"{tmp_path / 'example.json'}: ").removesuffix("; run `tricky label` again")


def test_a_manifest_is_what_was_written(tmp_path):
    write_manifest(tmp_path / "example.json", Example, content())
    found = read_manifest(tmp_path / "example.json", Example, "tricky label")
    assert (found.n, found.models[0].accuracy, found.seed) == (3, 0.5, None)
    written = json.loads((tmp_path / "example.json").read_text())
    assert written == content() | {"content_sha256": written["content_sha256"]}
    assert next(iter(written)) == "schema_version"


@pytest.mark.parametrize("change", [{"n": 4}, {"more": 1}, {"settings": {}}, {"content_sha256": HASH}])
def test_a_value_that_was_changed_after_writing_is_noticed(tmp_path, change):
    write_manifest(tmp_path / "example.json", Example, content())
    written = json.loads((tmp_path / "example.json").read_text())
    said = message(tmp_path, json.dumps(written | change))
    assert said == "a value has changed since the file was written"


def test_a_hash_may_be_missing_but_not_null(tmp_path):
    assert read(tmp_path, json.dumps(content())).n == 3
    said = message(tmp_path, json.dumps(content(content_sha256=None)))
    assert said == "`content_sha256` is null, expected a valid string"


def test_keys_that_a_later_version_adds_are_kept(tmp_path):
    found = read(tmp_path, json.dumps(content(more={"a": [1]})))
    assert found.model_extra == {"more": {"a": [1]}}


def test_what_could_not_be_read_again_is_not_written(tmp_path):
    with pytest.raises(ValidationError):
        write_manifest(tmp_path / "example.json", Example, content(n="3"))
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"n": "3"}, '`n` is "3", expected a valid integer'),
        ({"n": 3.5}, "`n` is 3.5, expected a valid integer"),
        ({"n": -1}, "`n` is -1, expected greater than or equal to 0"),
        ({"n": None}, "`n` is null, expected a valid integer"),
        ({"settings": None}, "`settings` is null, expected an object"),
        ({"models": {}}, "`models` is {}, expected a valid array"),
        ({"models": [None]}, "`models[0]` is null, expected an object"),
        ({"models": [{"name": "a"}]}, "`models[0].accuracy` is missing"),
        ({"sha256": HASH[1:]}, "expected a SHA-256 hash (64 hexadecimal digits)"),
        ({"models": 2 * content()["models"]}, '`models`: expected each name once; "alpha" is there twice'),
        ({"made_from": {"/etc/passwd": HASH}}, "expected a relative path with /"),
        ({"files": {"../x": HASH}}, "expected the name of a file in the same folder"),
        ({"files": {"a..\\x": HASH}}, "expected the name of a file in the same folder"),
        ({"models": [{"name": "../a", "accuracy": 1.0}]}, "expected the name of a file in the same folder"),
        ({"versions": {"a\nb": 1}}, '`versions["a\\nb"]` is 1, expected a valid string'),
        ({"n": "x" * 999}, f'`n` is "{"x" * 58}…, expected a valid integer'),
    ],
)
def test_a_wrong_value_is_named_with_its_key(tmp_path, changes, said):
    assert said in message(tmp_path, json.dumps(content(**changes)))


@pytest.mark.parametrize("key", ["made_from", "settings", "versions", "sha256", "n", "models"])
def test_a_missing_key_is_named(tmp_path, key):
    assert message(tmp_path, json.dumps({k: v for k, v in content().items() if k != key})) == (
        f"`{key}` is missing"
    )


@pytest.mark.parametrize("version", [None, "1", 0, 2, True, 1.5])
def test_another_schema_version_is_refused(tmp_path, version):
    assert "schema_version is" in message(tmp_path, json.dumps(content(schema_version=version)))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "not readable as JSON (Expecting value: line 1 column 1 (char 0))"),
        ("null", "not a JSON object"),
        ("[1]", "not a JSON object"),
        (json.dumps(content())[:-5], "not readable as JSON"),
        (json.dumps(content(n=0)).replace('"n": 0', '"n": NaN'), "not readable as JSON (NaN is no number)"),
        (json.dumps(content(n=0)).replace('"n": 0', '"more": 1e999'), "(1e999 is too large a number)"),
        (json.dumps(content()).replace('"n"', '"sha256"'), "(the key 'sha256' is there twice)"),
        ("[" * 100_000, "not readable as JSON"),
        ('{"schema_version": 1, "n": ' + 5000 * "9" + "}", "not readable as JSON"),
        (json.dumps(content(more="\ud800")), "not readable as JSON (unexpected end of hex escape"),
    ],
)
def test_what_is_no_manifest_is_refused(tmp_path, text, said):
    assert said in message(tmp_path, text)


def test_a_missing_manifest_names_the_command_that_writes_it(tmp_path):
    with pytest.raises(InputError, match=r"example\.json: not there yet; run `tricky label` first"):
        read_manifest(tmp_path / "example.json", Example, "tricky label")


def test_a_byte_order_mark_and_windows_line_ends_change_nothing(tmp_path):
    text = "\ufeff" + json.dumps(content(), indent=2).replace("\n", "\r\n")
    assert read(tmp_path, text) == read(tmp_path, json.dumps(content()))


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=6,
)


def refusal(text: str) -> str | None:
    try:
        parse_record(text, Example, "here", "mend it")
    except InputError as error:
        return str(error)
    return None


@given(st.dictionaries(st.sampled_from(list(content())) | st.text(), values, max_size=8))
def test_whatever_an_object_holds_it_is_read_or_refused_in_one_line(changes):
    said = refusal(json.dumps(content(**changes)))
    assert said is None or (len(said.splitlines()) == 1 and said.startswith("here: "))
