from __future__ import annotations

import ast
import errno
import json
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

import experiment
from experiment.data import session_files
from experiment.data.bids import register
from experiment.data.journal import locked
from experiment.data.merge import merge_data
from experiment.data.psych_ds import export_psych_ds
from experiment.data.withdraw import withdraw
from experiment.interfaces import Stopped
from experiment.records import Kind
from experiment.screen.content import Devices, ScreenMeasurements
from experiment.screen.timing import Refresh
from experiment.session.participant import Participant, sessions_of
from experiment.session.plan import schedule
from experiment.session.preflight import Check
from experiment.session.prepare import SessionSetup
from experiment.session.run import run_session
from experiment.settings import ExperimentSettings
from experiment.tasks import task_of
from stimuli.settings import QuestionSettings
from tricky.core.errors import InputError
from tricky.core.files import sha256_of


def measured(refresh_hz: float) -> ScreenMeasurements:
    refresh = Refresh(1 / refresh_hz, True, 1 / refresh_hz)
    return ScreenMeasurements(13, refresh, (1920, 1080), (1920, 1080), key_arrived=True)


class FakeScreen:
    """A screen without a window: a tape instead of display and observer."""

    def __init__(self, tape) -> None:
        self.tape = tape
        self.apparatus = {"keyboard": "tape", "platform": "a PC"}
        self.measured = ScreenMeasurements(
            13, Refresh(1 / 60, True, 1 / 60), (1920, 1080), (1920, 1080), True
        )
        self.opened: list[int] = []
        self.check = lambda: None

    @contextmanager
    def open_devices(self, content, first, _notify) -> Iterator[Devices]:
        self.opened.append(first)
        self.characters = content.characters
        self.check()
        yield Devices(self.tape, self.tape, self.apparatus, self.measured)


@pytest.fixture
def devices(tape):
    return FakeScreen(tape)


@pytest.fixture
def data(tmp_path):
    return tmp_path / "data"


@pytest.fixture
def sit(small_set, data, dataset, devices):
    def call(participant="07", *, made=small_set, session=None, **settings):
        keywords = {key: settings.pop(key) for key in ("checks", "force", "notify") if key in settings}
        who = Participant(participant, session, settings.pop("fields", {}))
        setup = SessionSetup(made.folder, data, ExperimentSettings(**settings), dataset)
        return run_session(setup, who, devices, **keywords)

    return call


def sidecar(path: Path) -> dict:
    return json.loads(path.with_suffix(".json").read_text())


def resumed(path: Path) -> list[str]:
    return [line.rsplit("\t", 1)[1] for line in path.read_text().splitlines()[1:]]


def broken_off(path: Path) -> list[str]:
    return [line.rsplit("\t", 2)[1] for line in path.read_text().splitlines()[1:]]


def test_a_trial_that_several_runs_ended_at_was_broken_off_as_often(sit, tape):
    for stop_at in (0, 5, 5, 5, 7):
        tape.stop_at = stop_at
        sit()
    tape.stop_at = None
    assert broken_off(sit().path) == ["1", "0", "0", "0", "0", "3", "0", "1"] + ["0"] * 5


def test_a_session_without_interruptions_follows_the_schedule(sit, data, small_set):
    summary = sit()
    assert summary.path == data / "sub-07" / "beh" / "sub-07_task-harder_beh.tsv"
    assert (summary.complete, summary.n_trials, summary.n_scheduled, summary.resumed_at) == (
        True,
        13,
        13,
        None,
    )
    rows = [line.split("\t") for line in summary.path.read_text().splitlines()[1:]]
    assert [row[2:5] for row in rows] == [[t.trial_id, *t.items] for t in schedule(small_set, "07")]
    assert set(resumed(summary.path)) == {"false"}


def test_a_stopped_session_continues_with_the_next_trial(sit, tape):
    tape.stop_at = 5
    stopped = sit()
    assert (stopped.complete, stopped.n_trials, stopped.resumed_at) == (False, 5, None)
    before = stopped.path.read_bytes()
    tape.stop_at = None
    ended = sit()
    assert (ended.complete, ended.n_trials, ended.resumed_at) == (True, 13, 5)
    assert ended.path.read_bytes().startswith(before)
    assert resumed(ended.path) == ["false"] * 5 + ["true"] * 8
    assert broken_off(ended.path) == ["0"] * 5 + ["1"] + ["0"] * 7
    assert [run["first_trial"] for run in sidecar(ended.path)["Runs"]] == [0, 5]


def test_the_data_set_is_valid_bids_at_every_moment(sit, devices, tape, data, bids_issues):
    devices.check = lambda: moments.append(bids_issues(data))
    moments: list[list[str]] = []
    for stop_at in (0, 2, 7, None):
        tape.stop_at = stop_at
        sit()
        moments.append(bids_issues(data))
    sit("08", session=1)
    moments.append(bids_issues(data))
    assert moments == [[]] * 10


def test_the_validator_that_the_tests_rely_on_finds_faults(sit, data, bids_issues):
    path = sit().path
    path.write_text(path.read_text().replace("\tleft\t", "\t\t"))
    (data / "sub-99" / "beh").mkdir(parents=True)
    (data / "sub-99" / "beh" / "sub-99_task-harder_beh.tsv").write_text(path.read_text())
    issues = bids_issues(data)
    assert any("PARTICIPANT_ID_MISMATCH" in issue for issue in issues)
    assert any("SIDECAR_KEY_RECOMMENDED" in issue for issue in issues)


def test_onsets_restore_the_start_of_the_session(sit, tape):
    tape.stop_at = 5
    path = sit().path
    content = sidecar(path)
    content["Runs"][0]["started"] = (datetime.now(UTC) - timedelta(seconds=500)).isoformat()
    path.with_suffix(".json").write_text(json.dumps(content))
    tape.stop_at = None
    sit()
    before, after = tape.started_s
    assert before == 0
    assert after == pytest.approx(500, abs=60)


def test_onsets_never_run_backwards_even_if_the_clock_of_the_machine_does(sit, tape):
    tape.stop_at = 5
    path = sit().path
    content = sidecar(path)
    content["Runs"][0]["started"] = (datetime.now(UTC) + timedelta(days=1)).isoformat()
    path.with_suffix(".json").write_text(json.dumps(content))
    tape.stop_at = None
    sit()
    assert tape.started_s[1] == pytest.approx(tape.onsets_s[4] + tape.RESPONSE_TIME_S)


def test_a_finished_session_is_refused_and_not_changed(sit):
    path = sit().path
    before = path.read_bytes(), path.with_suffix(".json").read_bytes()
    with pytest.raises(InputError, match=r"finished this session \(13 trials\).*--session 2"):
        sit()
    assert (path.read_bytes(), path.with_suffix(".json").read_bytes()) == before


def test_a_second_session_has_an_order_of_its_own(sit, small_set):
    sit()
    second = sit(session=2).path
    rows = [line.split("\t")[2] for line in second.read_text().splitlines()[1:]]
    assert rows == [trial.trial_id for trial in schedule(small_set, "07", 2)]
    assert rows != [trial.trial_id for trial in schedule(small_set, "07")]


def test_what_changes_between_runs_is_kept_with_the_run(sit, devices, tape):
    tape.stop_at = 5
    sit(image_height_deg=5)
    tape.stop_at = None
    devices.apparatus = {"keyboard": "another", "platform": "a PC"}
    content = sidecar(sit(image_height_deg=6).path)
    assert content["Settings"]["experiment"]["image_height_deg"] == 6
    assert content["Apparatus"]["keyboard"] == "another"
    first, second = content["Runs"]
    assert first["Settings"]["experiment"]["image_height_deg"] == 5
    assert first["Apparatus"]["keyboard"] == "tape"
    assert set(second) == {"started", "first_trial"}


def test_a_session_begun_with_another_set_is_refused(sit, tape, make_set):
    tape.stop_at = 5
    path = sit().path
    before = path.read_bytes()
    with pytest.raises(InputError, match="begun with stimulus set"):
        sit(made=make_set(3, 11))
    assert path.read_bytes() == before


def test_a_damaged_set_is_refused_before_anything_is_written(sit, devices, data, make_set):
    made = make_set(1, 2)
    (made.folder / "images" / "i0003.png").write_bytes(b"")
    with pytest.raises(InputError, match=r"i0003\.png: changed"):
        sit(made=made)
    assert not data.exists()
    assert devices.opened == []


def test_an_id_that_bids_forbids_is_refused_before_anything_is_written(sit, data):
    with pytest.raises(InputError, match="letters and digits only"):
        sit("sub_07")
    assert not data.exists()


def test_the_id_of_a_simulated_observer_is_refused(sit, devices, data):
    register(data, ["sim01"], Kind.SIMULATED)
    with pytest.raises(InputError, match="sub-sim01 is there as simulated"):
        sit("sim01")
    assert devices.opened == []


def test_a_session_that_runs_elsewhere_is_refused_before_the_window_opens(sit, devices, data):
    with (
        locked(data, "sub-07_task-harder", "busy"),
        pytest.raises(InputError, match="running in another process"),
    ):
        sit()
    assert devices.opened == []


def test_table_and_description_appear_together(sit, data, monkeypatch):
    def power_loss(path: Path, _: bytes) -> None:
        assert path.name.endswith("_beh.tsv")
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(session_files, "write_bytes", power_loss)
        with pytest.raises(KeyboardInterrupt):
            sit()
    assert not list((data / "sub-07").glob("[!.]*"))
    assert sit().complete
    assert [path.name for path in (data / "sub-07").iterdir()] == ["beh"]


def test_another_task_of_a_participant_is_in_the_same_folder(sit):
    first = sit().path
    second = sit(task_name="again").path
    assert first.parent == second.parent
    assert sorted(path.name for path in first.parent.iterdir()) == sorted(
        [first.name, first.with_suffix(".json").name, second.name, second.with_suffix(".json").name]
    )


def test_a_table_whose_description_was_deleted_keeps_its_rows(sit, tape):
    tape.stop_at = 5
    path = sit().path
    path.with_suffix(".json").unlink()
    tape.stop_at = None
    assert (sit().complete, n_rows(path)) == (True, 13)


def n_rows(path: Path) -> int:
    return len(path.read_text().splitlines()) - 1


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EROFS, errno.EACCES])
def test_a_data_set_that_cannot_be_written_to_is_an_error_of_one_line(sit, devices, monkeypatch, code):
    def refuse(*_: object, **__: object) -> None:
        raise OSError(code, os.strerror(code), "data/participants.tsv")

    monkeypatch.setattr(session_files, "register", refuse)
    with pytest.raises(InputError, match=rf"participants\.tsv: not written \({os.strerror(code)}\)"):
        sit()
    assert devices.opened == []


FAILED = Check("refresh rate", False, "50 Hz, 60 Hz in study.toml", "set the screen to it")
SLOW = measured(50)


def test_a_check_that_failed_before_the_window_refuses_and_writes_nothing(sit, devices, data):
    with pytest.raises(InputError, match=r"refresh rate: 50 Hz.*set the screen to it.*--force"):
        sit(checks=[FAILED])
    assert devices.opened == []
    assert not data.exists()


def test_a_check_that_failed_at_the_window_refuses_before_the_first_trial(sit, devices, tape):
    devices.measured = SLOW
    with pytest.raises(InputError, match="--force"):
        sit()
    assert tape.events == []


def test_forced_sessions_say_so_in_their_data(sit, devices, tape):
    tape.stop_at = 5
    before = sidecar(sit().path)["Preflight"]
    assert (before["ok"], before["forced"]) == (True, False)
    assert [each["name"] for each in before["checks"]] == ["images", "refresh rate", "resolution", "keyboard"]
    assert before["checks"][-1] == {
        "name": "keyboard",
        "ok": True,
        "found": "a key press arrived through ptb",
    }
    devices.measured, tape.stop_at = SLOW, None
    content = sidecar(sit(force=True).path)
    assert (content["Preflight"]["ok"], content["Preflight"]["forced"]) == (False, True)
    checks = {each["name"]: each for each in content["Preflight"]["checks"]}
    assert checks["refresh rate"] == {
        "name": "refresh rate",
        "ok": False,
        "found": "50.00 Hz, 60 Hz in study.toml",
    }
    assert content["Runs"][0]["Preflight"] == before


def test_the_terminal_says_which_trial_is_next(sit, tape):
    said: list[str] = []
    tape.stop_at = 5
    sit(notify=said.append)
    assert said == []
    sit(notify=said.append)
    assert said == ["sub-07: the session continues with trial 6 of 13"]


def test_a_finished_session_names_the_next_free_one(sit, tape):
    sit()
    sit(session=2)
    tape.stop_at = 3
    sit(session=3)
    with pytest.raises(InputError, match="--session 3"):  # unfinished
        sit(session=2)
    tape.stop_at = None
    sit(session=3)
    with pytest.raises(InputError, match="--session 4"):
        sit()


def test_what_is_asked_about_participants_is_described_and_valid(sit, data, bids_issues):
    sit(fields={"age": "31", "sex": "female"})
    sit("08")
    assert (data / "participants.tsv").read_text() == (
        "participant_id\tkind\tage\tsex\thandedness\n"
        "sub-07\tperson\t31\tfemale\tn/a\nsub-08\tperson\tn/a\tn/a\tn/a\n"
    )
    described = json.loads((data / "participants.json").read_text())
    assert described["age"] == {"Description": "Age in years", "Units": "years"}
    assert set(described["sex"]["Levels"]) == {"female", "male", "other"}
    assert bids_issues(data) == []


def test_a_second_session_keeps_the_known_fields_of_the_participant(sit, data):
    sit(fields={"age": "31"})
    sit(session=2, fields={"handedness": "left"})
    assert "sub-07\tperson\t31\tn/a\tleft\n" in (data / "participants.tsv").read_text()


def test_what_a_study_leaves_out_is_in_no_file(sit, tape, data):
    tape.stop_at = 5
    private = {"leave_out": ["times", "machine"]}
    sit(privacy=private)
    tape.stop_at = None
    content = sidecar(sit(privacy=private).path)
    assert [run["started"] for run in content["Runs"]] == [None, None]
    assert content["Apparatus"] == {"keyboard": "tape"}
    assert not any("a PC" in path.read_text() for path in data.rglob("*.*") if path.is_file())


def test_files_for_the_owner_only_are_for_the_owner_only(sit, data):
    umask = os.umask(0o022)
    sit(privacy={"owner_only": True})
    assert {path.stat().st_mode & 0o077 for path in (data, *data.rglob("*"))} == {0}
    assert os.umask(umask) == 0o022


def test_an_exception_in_mid_session_leaves_the_trials_before_it(sit, tape):
    def fail(trial, ask):
        if trial.trial_index == 6:
            raise RuntimeError("the graphics driver died")
        return choose(trial, ask)

    choose, tape.choose = tape.choose, fail
    with pytest.raises(RuntimeError):
        sit()
    tape.choose = choose
    summary = sit()
    assert (summary.complete, summary.resumed_at) == (True, 6)


def test_a_window_that_does_not_open_leaves_no_run_behind(sit, devices):
    def refuse():
        raise InputError("no keyboard")

    devices.check = refuse
    with pytest.raises(InputError):
        sit()
    devices.check = lambda: None
    assert len(sidecar(sit().path)["Runs"]) == 1


@pytest.mark.parametrize("task", ["single", "rating"])
def test_sessions_of_single_images_continue_after_a_stop_and_are_valid_bids(
    sit, tape, data, single_set, rating_set, bids_issues, task
):
    made = {"single": single_set, "rating": rating_set}[task]
    tape.stop_at = 3
    tape.too_late_at = {2}
    sit(made=made, confidence_levels=3)
    tape.stop_at = None
    ended = sit(made=made, confidence_levels=3)
    assert (ended.complete, ended.resumed_at) == (True, 3)
    rows = [line.split("\t") for line in ended.path.read_text().splitlines()]
    assert [row[2:4] for row in rows[1:]] == [[t.trial_id, *t.items] for t in schedule(made, "07")]
    assert {row[rows[0].index("confidence")] for row in rows[1:]} <= {"3", "n/a"}
    described = sidecar(ended.path)
    assert set(rows[0]) <= set(described)
    first = "response" if task == "single" else "clear"
    assert set(described["AnswerKeys"][first].values()) == set(described[first]["Levels"])
    assert bids_issues(data) == []


@pytest.fixture
def sit_informed(devices, small_set, tmp_path, data, dataset):
    (tmp_path / "information.md").write_text("# Study\n\nIt is short.\n\nAnd ünusual.\n\nYou may stop.\n")
    (tmp_path / "debriefing.md").write_text("# What it was about\n\nNetworks.\n")

    def call(participant="07", **more):
        settings = ExperimentSettings(
            information=Path("information.md"),
            debriefing=Path("debriefing.md"),
            questions=(QuestionSettings(name="strategy", text="Any strategy?", answers=("no", "yes")),),
            **more,
        )
        setup = SessionSetup(small_set.folder, data, settings, dataset, tmp_path)
        return run_session(setup, Participant(participant), devices)

    return call


def consents(data: Path) -> list[dict[str, str]]:
    header, *lines = (data.parent / "consent.tsv").read_text().splitlines()
    return [dict(zip(header.split("\t"), line.split("\t"), strict=True)) for line in lines]


def test_information_is_read_page_by_page_and_consent_kept_with_time_and_text(
    sit_informed, devices, tape, data, tmp_path, bids_issues
):
    path = sit_informed().path
    assert tape.events[:5] == [
        *(("read", "Study"), ("turn_page", None), ("read", "Study"), ("turn_page", None)),
        ("question", "consent"),
    ]
    (kept,) = consents(data)
    assert kept["answer"] == "agreed"
    assert kept["sha256"] == sha256_of(tmp_path / "information.md")
    assert abs(datetime.now(UTC) - datetime.fromisoformat(kept["time"])) < timedelta(minutes=2)
    assert sidecar(path)["Consent"] == kept
    assert "ü" in devices.characters
    assert bids_issues(data) == []


ISO_TIME = re.compile(r"\d{4}-\d\d-\d\d|\d\d:\d\d")


def dated_files(root: Path, apart: Path) -> set[str]:
    """Return the names of files that hold an ISO date or time, or are named by one; not those in `apart`."""
    files = [path for path in root.rglob("*") if path.is_file() and not path.is_relative_to(apart)]
    return {
        path.name
        for path in files
        if ISO_TIME.search(path.name) or ISO_TIME.search(path.read_bytes().decode("latin-1"))
    }


@pytest.mark.parametrize(
    ("left_out", "dated"),
    [(["times"], set()), ([], {"consent.tsv", "sub-07_task-harder_beh.json"})],
)
def test_a_study_that_leaves_times_out_has_no_date_and_no_time_in_any_file(
    sit_informed, tape, tmp_path, data, dataset, small_set, left_out, dated
):
    private = {"leave_out": left_out}
    tape.replies["consent"] = "not agreed"
    sit_informed("08", privacy=private)
    del tape.replies["consent"]
    tape.stop_at = 5
    sit_informed(privacy=private)
    found = dated_files(tmp_path, small_set.folder)
    tape.stop_at = None
    sit_informed(privacy=private)
    export_psych_ds(data, tmp_path / "psych-ds", dataset)
    merge_data(tmp_path / "merged" / "data", [data], dataset)
    found |= dated_files(tmp_path, small_set.folder)
    assert found == dated
    withdraw(tmp_path / "merged" / "data", "07")
    assert (tmp_path / "merged" / "withdrawn.tsv").exists()
    assert dated_files(tmp_path, small_set.folder) == dated
    assert [row["time"] == "n/a" for row in consents(data)] == 2 * [bool(left_out)]


def asks_for_the_time(path: Path) -> bool:
    """Return whether a module reads the clock of the day; `perf_counter` and the like are none."""
    nodes = [node for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Call)]
    calls = {ast.unparse(node.func) for node in nodes}
    clocks = ("datetime.now", "datetime.utcnow", "datetime.today", "date.today", "time.time", "time.strftime")
    return any(call.endswith(clocks) for call in calls)


def test_only_a_run_and_a_consent_which_can_leave_times_out_read_the_clock_and_a_calibration():
    root = Path(experiment.__file__).parents[1]
    packages = ("experiment", "stimuli", "analysis", "model_eval", "tricky")
    modules = [path for package in packages for path in (root / package).rglob("*.py")]
    assert {path.name for path in modules if asks_for_the_time(path)} == {
        "record.py",
        "consent.py",
        "psychopy_calibration.py",
    }


def test_only_the_answer_of_a_participant_who_does_not_agree_is_saved(sit_informed, tape, data, bids_issues):
    sit_informed("08")
    before = {path: path.read_bytes() for path in data.rglob("*") if path.is_file()}
    tape.replies["consent"] = "not agreed"
    tape.events.clear()
    summary = sit_informed("07")
    assert (summary.agreed, summary.complete, summary.n_trials) == (False, False, 0)
    assert tape.events[-1] == ("question", "consent")  # no image was shown
    after = {path: path.read_bytes() for path in data.rglob("*") if path.is_file()}
    assert after == before
    assert [(row["participant_id"], row["answer"]) for row in consents(data)] == [
        ("sub-08", "agreed"),
        ("sub-07", "not agreed"),
    ]
    assert bids_issues(data) == []


def test_a_check_that_failed_at_the_window_refuses_before_consent_and_writes_nothing(
    sit_informed, devices, tape, data
):
    devices.measured = SLOW
    with pytest.raises(InputError, match="--force"):
        sit_informed()
    assert tape.events == []
    assert not data.exists()
    assert not (data.parent / "consent.tsv").exists()


def test_a_participant_who_stops_before_the_consent_leaves_nothing(sit_informed, tape, data):
    def stop(_trial, _ask):
        raise Stopped

    tape.choose = stop
    with pytest.raises(InputError, match="stopped before the participant agreed to take part"):
        sit_informed()
    assert not data.exists()
    assert not (data.parent / "consent.tsv").exists()


def test_a_session_has_one_window_from_the_consent_to_the_last_page(sit_informed, devices, tape):
    sit_informed()
    assert devices.opened == [0]
    assert tape.events[-2:] == [("page", "closing"), ("turn_page", None)]


def test_the_page_of_examples_is_left_out_where_all_pairs_of_the_practice_are_equally_hard(
    sit, tape, make_set
):
    sit(made=make_set(2, 0, 2))
    assert [name for what, name in tape.events if what == "page"] == ["welcome", "practice", "closing"]


def test_consent_is_asked_once_per_session_and_kept_with_it(sit_informed, tape, data):
    tape.stop_at = 4
    kept = sidecar(sit_informed().path)["Consent"]
    tape.stop_at = None
    assert sidecar(sit_informed().path)["Consent"] == kept
    assert len(consents(data)) == 1


def test_questions_and_debriefing_follow_the_last_trial(sit_informed, tape):
    tape.replies["strategy"] = "yes"
    path = sit_informed().path
    assert [event for event in tape.events if event[0] in ("question", "read", "page")][-3:] == [
        ("question", "strategy"),
        ("read", "What it was about"),
        ("page", "closing"),
    ]
    assert sidecar(path)["Questionnaire"] == {
        "strategy": {"answer": "yes", "response_time": tape.RESPONSE_TIME_S}
    }


def test_examples_are_shown_before_practice_where_they_teach_something(sit, tape, rating_set):
    sit()
    pages = [name for what, name in tape.events if what == "page"]
    assert pages[:3] == ["welcome", "examples", "practice"]
    tape.events.clear()
    sit("08", made=rating_set)
    assert "examples" not in [name for what, name in tape.events if what == "page"]


def wrong_at_first(tape, n_wrong: int) -> None:
    """Let the tape answer the practice so many times wrongly, then correctly."""
    choose, left = tape.choose, [n_wrong]

    def answer(trial, ask):
        if trial is not None and trial.right_answer is not None:
            other = "left" if trial.right_answer == "right" else "right"
            tape.choices[trial.trial_index] = trial.right_answer if left[0] <= 0 else other
            left[0] -= 1
        return choose(trial, ask)

    tape.choose = answer


def test_practice_is_repeated_until_its_criterion_and_the_table_contains_each_trial_once(
    sit, tape, small_set, data, bids_issues
):
    trials = schedule(small_set, "07")
    wrong_at_first(tape, 4)  # the first round, and one of the second
    path = sit(practice_criterion=1.0).path
    assert sidecar(path)["Practice"]["share_right"] == [0.0, 2 / 3, 1.0]
    assert sidecar(path)["Practice"]["met"] is True
    assert len(path.read_text().splitlines()) == 1 + len(trials)
    assert [name for what, name in tape.events if what == "page"].count("practice_again") == 2
    assert [what for what, _ in tape.events].count("feedback") == 9
    assert bids_issues(data) == []


def test_after_a_stop_in_a_repetition_that_repetition_starts_again(sit, tape, devices):
    wrong_at_first(tape, 3)
    choose, seen = tape.choose, []

    def stops_at_the_fifth(trial, ask):
        seen.append(trial)
        if len(seen) == 5:
            raise Stopped
        return choose(trial, ask)

    tape.choose = stops_at_the_fifth
    stopped = sit(practice_criterion=0.9)
    assert (stopped.complete, stopped.n_trials) == (False, 3)
    ended = sit(practice_criterion=0.9)
    assert ended.complete
    assert devices.opened == [0, 0]  # images of the practice are prepared again
    assert [trial.trial_index for trial in seen] == [0, 1, 2, 0, 1, 0, 1, 2, *range(3, 13)]
    practice = sidecar(ended.path)["Practice"]
    assert ([len(each) for each in practice["repetitions"]], practice["share_right"]) == ([1, 3], [0.0, 1.0])


def test_a_criterion_for_ratings_is_refused(sit, rating_set, data):
    with pytest.raises(InputError, match='task "rating" are neither right nor wrong'):
        sit(made=rating_set, practice_criterion=0.8)
    assert not data.exists()


def test_a_session_that_stopped_among_its_last_questions_asks_what_is_left_and_is_then_finished(sit, tape):
    questions = tuple(
        QuestionSettings(name=name, text=name, answers=("no", "yes")) for name in ("one", "two", "three")
    )
    choose, stop_at = tape.choose, ["two"]

    def answer(trial, ask):
        if ask.name in stop_at:
            raise Stopped
        return choose(trial, ask)

    tape.choose = answer
    stopped = sit(questions=questions)
    assert (stopped.complete, stopped.n_trials) == (False, 13)
    assert list(sidecar(stopped.path)["Questionnaire"]) == ["one"]
    place = stopped.path.parents[2]
    assert sessions_of(place, "07", "harder") == {None: False}
    before = stopped.path.read_bytes()
    stop_at.clear()
    tape.events.clear()
    said: list[str] = []
    ended = sit(questions=questions, notify=said.append)
    assert ended.complete
    assert said == ["sub-07: all 13 trials are done; the session continues with what follows them"]
    assert [name for what, name in tape.events if what == "question"] == ["two", "three"]
    assert list(sidecar(ended.path)["Questionnaire"]) == ["one", "two", "three"]
    assert ended.path.read_bytes() == before
    with pytest.raises(InputError, match="finished this session"):
        sit(questions=questions)


def test_a_complete_session_has_the_hash_of_its_table_and_an_unfinished_one_none(sit, tape):
    tape.stop_at = 5
    assert "TableSHA256" not in sidecar(sit().path)
    tape.stop_at = None
    path = sit().path
    assert sidecar(path)["TableSHA256"] == sha256_of(path)
    assert (sidecar(path)["Participant"], "Session" in sidecar(path)) == ("07", False)
    assert sidecar(sit(session=2).path)["Session"] == "2"


def test_a_session_that_was_killed_at_its_very_end_gets_its_hash_later(sit):
    path = sit().path
    content = sidecar(path)
    del content["TableSHA256"]
    path.with_suffix(".json").write_text(json.dumps(content))
    with pytest.raises(InputError, match="finished this session"):
        sit()
    assert sidecar(path)["TableSHA256"] == sha256_of(path)


def test_keys_that_a_lab_added_to_a_sidecar_stay(sit, tape):
    tape.stop_at = 5
    path = sit().path
    content = sidecar(path) | {"Lamp": "on", "settings": "ours"}
    path.with_suffix(".json").write_text(json.dumps(content))
    tape.stop_at = None
    assert sit().complete
    assert (sidecar(path)["Lamp"], sidecar(path)["settings"]) == ("on", "ours")


def test_a_renamed_participant_continues_with_the_order_and_keys_of_the_old_id(
    sit, tape, data, dataset, tmp_path, single_set
):
    tape.stop_at = 5
    sit("07", made=single_set)
    (tmp_path / "booth").mkdir()
    data.rename(tmp_path / "booth" / "data")
    merge_data(data, [tmp_path / "booth"], dataset, renames={"07": "32"})
    tape.stop_at = None
    for session, n_resumed in ((None, 5), (2, None)):
        ended = sit("32", made=single_set, session=session)
        assert (ended.complete, ended.resumed_at) == (True, n_resumed)
        rows = [line.split("\t") for line in ended.path.read_text().splitlines()[1:]]
        assert [row[2] for row in rows] == [each.trial_id for each in schedule(single_set, "07", session)]
        assert sidecar(ended.path)["RecordedAs"] == "07"
        task = task_of(single_set, ExperimentSettings(), "07")
        keys = {option.key: option.value for option in task.asks[0].options}
        assert sidecar(ended.path)["AnswerKeys"]["response"] == keys
    assert task_of(single_set, ExperimentSettings(), "32").asks[0].options != task.asks[0].options


@pytest.mark.parametrize("participant", ["7", "007"])
def test_an_id_that_differs_in_leading_zeros_only_is_refused_before_any_question(
    sit_informed, tape, data, participant
):
    sit_informed("07")
    before = {path: path.read_bytes() for path in data.parent.rglob("*.tsv")}
    tape.events.clear()
    with pytest.raises(InputError, match="differs from sub-07 in leading zeros or capital letters only"):
        sit_informed(participant)
    assert tape.events == []
    assert {path: path.read_bytes() for path in data.parent.rglob("*.tsv")} == before


def test_a_withdrawn_participant_cannot_take_part_again(sit_informed, tape, data):
    sit_informed("07")
    withdraw(data, "07")
    tape.events.clear()
    with pytest.raises(InputError, match="sub-07 was withdrawn"):
        sit_informed("07")
    assert tape.events == []
    assert consents(data) == []


def test_a_session_whose_table_a_spreadsheet_saved_is_not_continued(sit, tape):
    tape.stop_at = 5
    path = sit().path
    path.write_bytes(path.read_bytes().replace(b"\n", b"\r\n"))
    before = path.read_bytes()
    tape.stop_at = None
    with pytest.raises(InputError, match="saved by another program, with other line ends or quotation marks"):
        sit()
    assert path.read_bytes() == before


def test_a_damaged_file_of_another_participant_does_not_prevent_a_session(sit, data):
    sit("08").path.write_bytes(b"")
    (data / "sub-08" / "beh" / "sub-08_task-harder_beh (1).json").write_text("{")
    assert sit("07").complete
