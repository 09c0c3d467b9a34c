import pandas as pd
import pytest

from analysis.data.sessions import read_sessions
from tricky.core.errors import InputError


def test_rows_come_typed_with_who_what_and_which_set(study):
    study.write_session("07", {"trial-003": False, "trial-004": None}, kind="person")
    table = read_sessions(study.data)
    assert len(table) == len(study.trials)
    assert table["participant"].unique().tolist() == ["07"]
    assert table["kind"].unique().tolist() == ["person"]
    assert table["set_id"].unique().tolist() == [study.set_id]
    assert table["session"].isna().all()
    assert table["complete"].all()
    by_trial = table.set_index("trial_id")
    assert by_trial["correct"].iloc[2:4].tolist() == [True, False]
    assert pd.isna(by_trial["correct"].iloc[4])
    assert by_trial["response_time"].iloc[1] == pytest.approx(0.81)
    assert table["correct"].dtype == "boolean"
    assert table["resumed"].dtype == "boolean"
    assert table["trial_index"].tolist() == list(range(len(study.trials)))
    assert isinstance(table["response_item"].dtype, pd.CategoricalDtype)


def test_people_and_simulated_observers_and_their_sessions_stay_apart(study):
    study.write_session("07", kind="person", session="1")
    study.write_session("07", kind="person", session="2")
    study.write_session("sim01")
    table = read_sessions(study.data)
    keys = table[["participant", "session", "kind"]].drop_duplicates().astype(object).to_numpy().tolist()
    assert keys[:2] == [["07", "1", "person"], ["07", "2", "person"]]
    assert keys[2][0] == "sim01"
    assert keys[2][2] == "simulated"


@pytest.mark.parametrize("torn", ["7\tmain\ttrial-0", "7\tma", "7", "\xff"])
def test_a_torn_last_line_of_a_session_in_progress_is_left_out(study, torn):
    path = study.write_session("07", n_rows=7)
    whole = read_sessions(study.data)
    with path.open("ab") as file:
        file.write(torn.encode("latin-1"))
    pd.testing.assert_frame_equal(read_sessions(study.data), whole)
    assert not whole["complete"].any()


def test_a_session_without_a_row_yet_has_no_row_and_spoils_no_other(study):
    study.write_session("07", n_rows=0)
    study.write_session("08")
    assert read_sessions(study.data)["participant"].unique().tolist() == ["08"]


def test_a_sidecar_that_does_not_name_the_number_of_trials_leaves_completeness_open(study):
    study.write_session("07", sidecar={"StimulusSet": {"name": "main", "set_id": study.set_id}})
    assert read_sessions(study.data)["complete"].isna().all()


def test_a_further_column_is_kept(study):
    study.write_session("07")
    path = study.write_session("08")
    lines = path.read_text().splitlines()
    path.write_text("".join(f"{line}\t{'note' if i == 0 else 'ok'}\n" for i, line in enumerate(lines)))
    notes = read_sessions(study.data).groupby("participant", observed=True)["note"].agg(["count", "size"])
    assert notes.to_numpy().tolist() == [[0, len(study.trials)], [len(study.trials)] * 2]


def test_a_thousand_sessions_are_read_in_the_order_of_their_participants(study):
    for number in range(1000):
        study.kinds[f"{number:04d}"] = "simulated"
    template = study.write_session("0000")
    for number in range(1, 1000):
        name = f"{number:04d}"
        folder = study.data / f"sub-{name}" / "beh"
        folder.mkdir(parents=True)
        for suffix in (".tsv", ".json"):
            copy = folder / f"sub-{name}_task-harder_beh{suffix}"
            copy.write_bytes(template.with_suffix(suffix).read_bytes())
    table = read_sessions(study.data)
    assert len(table) == 1000 * len(study.trials)
    assert table["participant"].astype(str).is_monotonic_increasing


def spoil_cell(path, column, content):
    lines = [line.split("\t") for line in path.read_text().splitlines()]
    lines[3][lines[0].index(column)] = content
    path.write_text("".join("\t".join(line) + "\n" for line in lines))


@pytest.mark.parametrize(
    ("column", "content"),
    [("correct", "yes"), ("response_time", "fast"), ("dropped_frames", "1.5"), ("resumed", "1")],
)
def test_a_cell_of_the_wrong_type_is_named_with_its_file(study, column, content):
    path = study.write_session("07")
    spoil_cell(path, column, content)
    with pytest.raises(InputError) as caught:
        read_sessions(study.data)
    assert f"{path}, line 4, column {column}: {content!r}, expected" in str(caught.value)


def test_a_doubled_row_is_refused(study):
    path = study.write_session("07")
    lines = path.read_text().splitlines(keepends=True)
    path.write_text("".join([*lines[:4], lines[3], *lines[4:]]))
    with pytest.raises(InputError, match="line 5, column trial_index: '2', expected 3, as rows are numbered"):
        read_sessions(study.data)


def test_a_row_with_too_few_cells_is_named_by_its_line(study):
    path = study.write_session("07")
    lines = path.read_text().splitlines(keepends=True)
    lines[5] = "4\tmain\n"
    path.write_text("".join(lines))
    with pytest.raises(InputError, match="line 6: 2 cells, where the header has 19"):
        read_sessions(study.data)


def test_a_missing_column_is_named(study):
    path = study.write_session("07")
    path.write_text(path.read_text().replace("\tonset\t", "\ttime\t"))
    with pytest.raises(InputError, match="line 1: no column onset"):
        read_sessions(study.data)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("", "not readable as JSON"),
        ("{", "not readable as JSON"),
        ("[]", "not a JSON object"),
        ("{}", "`StimulusSet` is missing"),
        ('{"StimulusSet": {}}', "`StimulusSet.set_id` is missing"),
        ('{"StimulusSet": null}', "`StimulusSet` is null"),
        ('{"StimulusSet": {"set_id": "a", "n_trials": "3"}}', "`StimulusSet.n_trials` is"),
        ('{"StimulusSet": {"set_id": "a"}, "Runs": null}', "`Runs` is null"),
        (
            '{"StimulusSet": {"set_id": "a"}, "Runs": [{"started": "soon"}]}',
            "expected a time with its offset",
        ),
        ('{"StimulusSet": {"set_id": "a"}, "Preflight": {"ok": true}}', "`Preflight.forced` is missing"),
        ('{"StimulusSet": {"set_id": "a"}, "Settings": {"experiment": 3}}', "list of `questions`"),
        ('{"StimulusSet": {"set_id": "a"}, "TableSHA256": "12"}', "expected a SHA-256 hash"),
    ],
)
def test_a_damaged_sidecar_is_refused_in_one_line(study, content, said):
    path = study.write_session("07").with_suffix(".json")
    path.write_text(content)
    with pytest.raises(InputError) as caught:
        read_sessions(study.data)
    line = str(caught.value)
    assert line.startswith(f"{path}: ")
    assert said in line
    assert line.endswith("; restore the file from a copy")
    assert len(line.splitlines()) == 1


def test_a_missing_sidecar_is_refused(study):
    study.write_session("07").with_suffix(".json").unlink()
    with pytest.raises(InputError, match=r"beh\.tsv: its sidecar \(\.json\) is missing"):
        read_sessions(study.data)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (None, "participants.tsv: missing"),
        ("participant_id\tkind\n", "sub-07 is not in participants.tsv"),
        ("participant_id\tkind\nsub-07\trobot\n", "column kind: 'robot', expected one of person, simulated"),
        ("participant_id\tage\nsub-07\t30\n", "no column `kind`"),
        ("", "empty; expected a header with participant_id, kind"),
    ],
)
def test_participants_that_do_not_fit_the_sessions_are_refused(study, content, message):
    study.write_session("07")
    path = study.data / "participants.tsv"
    path.unlink() if content is None else path.write_text(content)
    with pytest.raises(InputError, match=message):
        read_sessions(study.data)


def test_a_folder_without_sessions_says_how_to_get_some(tmp_path):
    with pytest.raises(InputError, match="run `tricky run --participant ID` or `tricky simulate` first"):
        read_sessions(tmp_path / "data")


@pytest.mark.parametrize(
    ("ok", "forced", "marked"), [(False, True, True), (True, True, False), (True, False, False)]
)
def test_a_session_started_against_a_failed_check_is_marked_even_if_a_later_run_was_not(
    study, ok, forced, marked
):
    record = {"ok": ok, "forced": forced, "checks": []}
    good = {"ok": True, "forced": False, "checks": []}
    study.write_session("07", sidecar={"Preflight": record})
    study.write_session("08", sidecar={"Preflight": good, "Runs": [{"Preflight": record}, {}]})
    assert read_sessions(study.data)["forced"].eq(marked).all()


def test_a_session_that_was_taken_up_again_is_marked_on_every_row(study):
    path = study.write_session("07")
    lines = path.read_text().splitlines(keepends=True)
    lines[9:] = [line.replace("\tfalse\n", "\ttrue\n") for line in lines[9:]]
    path.write_text("".join(lines))
    study.write_session("08")
    marked = read_sessions(study.data).groupby("participant", observed=True)["interrupted"].mean()
    assert marked.tolist() == [1, 0]
