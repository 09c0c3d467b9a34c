"""Tables that other programs saved: read as they were recorded, or named."""

import codecs
import json
import re
import shutil
import subprocess

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from experiment.data.find_sessions import find_sessions
from experiment.data.session_table import read_session_table
from tricky.core.errors import InputError
from tricky.core.files import sha256_of

COMPLETE, UNFINISHED = 6, 4


@pytest.fixture(params=[COMPLETE, UNFINISHED])
def n_rows(request):
    return request.param


@pytest.fixture
def table(machine, n_rows):
    return machine("study").record("07", n_rows=n_rows)


def read(table):
    (file,) = find_sessions(table.parents[2]).sessions
    return read_session_table(file)


def refusal(table):
    with pytest.raises(InputError) as caught:
        read(table)
    said = str(caught.value)
    assert len(said.splitlines()) == 1
    assert table.stem in said
    return said


def german(text):
    """Return a text as a German spreadsheet writes it."""
    text = re.sub(r"(\d)\.(\d+)", r"\1,\2", text)
    return text.replace("\ttrue", "\tWAHR").replace("\tfalse", "\tFALSCH")


def test_a_table_is_what_was_recorded(table, n_rows):
    found = read(table)
    assert (found.text, found.n_rows, found.note) == (table.read_text(), n_rows, None)
    assert found.complete is (n_rows == COMPLETE)
    assert found.cells().cells("trial_id") == [f"t{number}" for number in range(n_rows)]


@pytest.mark.parametrize(
    "change",
    [
        lambda content: content.replace(b"\n", b"\r\n"),
        lambda content: content.replace(b"\n", b"\r"),
        lambda content: codecs.BOM_UTF8 + content,
        lambda content: re.sub(rb"[^\t\n]+", rb'"\g<0>"', content),
        lambda content: content.replace(b"\n", b"\t\t\n"),
        lambda content: content + b"\n\n",
    ],
    ids=["Windows line ends", "old Macintosh", "byte order mark", "quotes", "empty columns", "empty lines"],
)
def test_what_changes_no_cell_is_read_and_noted(table, change):
    before = read(table)
    table.write_bytes(change(table.read_bytes()))
    after = read(table)
    assert (after.text, after.n_rows, after.complete) == (before.text, before.n_rows, before.complete)
    assert after.note is not None
    assert "saved by another program" in after.note


@pytest.mark.parametrize(
    "change",
    [
        german,
        lambda text: text.replace("true", "TRUE").replace("false", "FALSE"),
        lambda text: re.sub(r"(\.\d*?)0+(?=\t)", r"\1", text),
        lambda text: text.replace("n/a", ""),
        lambda text: text.removesuffix("\n"),
    ],
    ids=["German", "capital letters", "fewer decimals", "empty cells", "no last line end"],
)
def test_cells_that_a_spreadsheet_rewrote_are_read_where_the_hash_proves_them(machine, change):
    table = machine("study").record("07")
    before = read(table)
    changed = change(table.read_text())
    assert changed != table.read_text()
    table.write_text(changed)
    after = read(table)
    assert after.text == before.text
    assert after.note == "saved by another program; what it says is as it was recorded"


def test_unicode_text_of_a_spreadsheet_is_read_where_the_hash_proves_it(machine):
    table = machine("study").record("07")
    before = read(table)
    table.write_bytes(german(table.read_text()).replace("\n", "\r\n").encode("utf-16"))
    assert read(table).text == before.text


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (german, "column response_time: '0,"),
        (lambda text: text.replace("true", "TRUE"), "'TRUE', expected true or false"),
        (lambda text: re.sub(r"0\.(\d{6})", r"0\1", text), "expected a number with a decimal point"),
        (lambda text: text.replace("\t0\t0\t", "\t0,0\t0\t"), "'0,0', expected a whole number"),
        (lambda text: re.sub(r"\t\d+\.\d{6}\t", "\t01.02.2026\t", text, count=1), "'01.02.2026', expected"),
    ],
    ids=["German", "capital letters", "point as thousands separator", "counts", "a date"],
)
def test_without_a_hash_cells_that_a_spreadsheet_rewrote_are_named(machine, change, said):
    table = machine("study").record("07", n_rows=UNFINISHED)
    changed = change(table.read_text())
    assert changed != table.read_text()
    table.write_text(changed)
    line = refusal(table)
    assert said in line
    assert "line 2" in line


def test_other_encodings_of_an_unfinished_table_are_named(machine):
    table = machine("study").record("07", n_rows=UNFINISHED)
    text = table.read_text()
    table.write_bytes(text.encode("utf-16"))
    assert "UTF-16" in refusal(table)
    table.write_bytes(text.replace("left", "längs").encode("cp1252"))
    assert "Windows-1252" in refusal(table)
    table.write_text(text.replace("\t", ";"))
    assert "separated by semicolons" in refusal(table)


def spoil(text, line, column, cell):
    rows = [each.split("\t") for each in text.splitlines()]
    rows[line][rows[0].index(column)] = cell
    return "".join("\t".join(row) + "\n" for row in rows)


@pytest.mark.parametrize(
    ("column", "cell"),
    [("response", "right"), ("response_time", "0.100000"), ("correct", "n/a"), ("trial_id", "t9")],
)
def test_a_cell_changed_after_a_session_was_complete_is_refused(machine, column, cell):
    table = machine("study").record("07")
    text = table.read_text()
    line = next(n for n in range(1, 7) if spoil(text, n, column, cell) != text)
    table.write_text(spoil(text, line, column, cell))
    said = refusal(table)
    assert "changed since the session was complete; restore the file from a copy" in said
    assert sha256_of(table) in said


@pytest.mark.parametrize("n_bytes", [1, 20, 200])
def test_a_complete_session_that_was_cut_short_is_refused_and_an_unfinished_one_read(machine, n_bytes):
    table = machine("study").record("07")
    table.write_bytes(table.read_bytes()[:-n_bytes])
    if n_bytes == 1:  # the line end only
        assert read(table).n_rows == COMPLETE
    else:
        assert refusal(table)
    unfinished = machine("other").record("08", n_rows=UNFINISHED)
    unfinished.write_bytes(unfinished.read_bytes()[:-20])
    assert read(unfinished).n_rows == UNFINISHED - 1


def test_a_row_removed_from_a_complete_session_is_counted(machine):
    table = machine("study").record("07")
    table.write_text("".join(table.read_text().splitlines(keepends=True)[:-2]))
    assert "(4 rows of 6)" in refusal(table)


def test_a_change_on_purpose_is_read_once_it_is_declared(machine):
    table = machine("study").record("07")
    table.write_text("".join(table.read_text().splitlines(keepends=True)[:-1]))
    sidecar = table.with_suffix(".json")
    content = json.loads(sidecar.read_text())
    content["TableChanged"] = {"sha256": sha256_of(table), "reason": "the fire alarm went off"}
    sidecar.write_text(json.dumps(content))
    found = read(table)
    assert (found.n_rows, found.complete) == (5, False)
    assert found.note == "changed on purpose (the fire alarm went off)"
    table.write_text("".join(table.read_text().splitlines(keepends=True)[:-1]))
    assert "changed since the session was complete" in refusal(table)


@pytest.mark.parametrize(("content", "said"), [(b"", "empty"), (b"trial_ind", "cut off in its first line")])
def test_an_empty_or_nearly_empty_table_is_refused(machine, content, said):
    table = machine("study").record("07", n_rows=UNFINISHED)
    table.write_bytes(content)
    assert said in refusal(table)


def test_an_empty_table_of_a_complete_session_is_refused(machine):
    table = machine("study").record("07")
    table.write_bytes(b"")
    assert "empty" in refusal(table)


def test_more_rows_than_trials_are_refused(machine):
    table = machine("study").record("07", n_rows=UNFINISHED)
    sidecar = table.with_suffix(".json")
    sidecar.write_text(sidecar.read_text().replace('"n_trials": 6', '"n_trials": 3'))
    assert "4 rows, but the session has 3 trials" in refusal(table)


@pytest.mark.parametrize(
    ("key", "value", "said"),
    [
        ("Participant", "08", "Participant is '08', but the file's name says '07'"),
        ("Session", "2", "Session is '2', but the file's name says None"),
        ("TaskName", "easier", "TaskName is 'easier', but the file's name says 'harder'"),
        ("Consent", {"participant_id": "sub-08", "session": "n/a"}, "Consent.participant_id is 'sub-08'"),
    ],
)
def test_a_sidecar_of_another_session_is_refused(machine, key, value, said):
    table = machine("study").record("07")
    sidecar = table.with_suffix(".json")
    sidecar.write_text(json.dumps(json.loads(sidecar.read_text()) | {key: value}))
    assert said in refusal(table)


def test_a_trial_that_is_there_twice_is_refused(machine):
    table = machine("study").record("07", n_rows=UNFINISHED)
    table.write_text(table.read_text().replace("\tt1\t", "\tt0\t"))
    assert "line 3, column trial_id: 't0'" in refusal(table)


@given(st.data())
@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_complete_session_is_read_as_recorded_or_refused_whatever_happens_to_its_bytes(machine, data):
    table = machine("fuzz").root / "data" / "sub-07" / "beh" / "sub-07_task-harder_beh.tsv"
    if not table.exists():
        machine("fuzz").record("07")
        shutil.copy(table, machine("fuzz").root / "good")
    good = (machine("fuzz").root / "good").read_bytes()
    start = data.draw(st.integers(0, len(good)))
    end = data.draw(st.integers(start, min(start + 40, len(good))))
    table.write_bytes(good[:start] + data.draw(st.binary(max_size=6)) + good[end:])
    found, said = None, ""
    try:
        found = read(table)
    except InputError as error:
        said = str(error)
    assert found is None or found.text.encode() == good
    assert len(said.splitlines()) == (found is None)


def test_the_hash_is_that_of_common_programs(machine):
    table = machine("study").record("07")
    digest = subprocess.run(["sha256sum", table], capture_output=True, text=True, check=True).stdout.split()[
        0
    ]
    assert json.loads(table.with_suffix(".json").read_text())["TableSHA256"] == digest
