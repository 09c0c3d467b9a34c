from __future__ import annotations

import json

import pytest

from experiment.import_sessions.formats import experiment_of_file, image_of_trial, pictures_in
from tricky.core.errors import InputError

HUMANS = (
    "subj,Session,trial,rt,object_response,category,condition,imagename",
    "subject-01,1,1,0.796405076980591,oven,oven,cr,0001_cl_s01_cr_oven_40_n04111531_14126.png",
    "subject-01,1,2,NaN,na,chair,bw,0002_cl_s01_bw_chair_40_n04429376_21865.png",
    "subject-01,1,3,0.633913040161133,cat,bear,cr,0003_cl_s01_cr_bear_40_n02134084_5274.png",
)


def test_the_image_of_a_trial_is_what_is_the_same_for_all_observers():
    assert image_of_trial("0001_cl_s01_cr_oven_40_n04111531_14126.png") == ("cl/cr/n04111531_14126.png",)
    assert image_of_trial("0917_cl_dnn_cr_oven_40_n04111531_14126.png") == ("cl/cr/n04111531_14126.png",)
    assert image_of_trial("0002_s5n_s04_0_bird_00_bird2-clock3.png") == ("s5n/0/bird2-clock3.png",)
    assert image_of_trial("0003_eid_s11_16-10-10_airplane_10_n02690373_4183.png") == (
        "eid/16-10-10/n02690373_4183.png",
    )
    assert image_of_trial("bird.png") == ("bird.png",)


def test_the_experiment_is_in_the_name_of_the_file():
    assert experiment_of_file("phase-scrambling_subject-02_session_1") == "phase-scrambling"
    assert experiment_of_file("pilot") == ""


def test_a_stimulus_of_jspsych_is_a_path_or_html():
    assert pictures_in("img/a.png") == ("img/a.png",)
    assert pictures_in('<img src="img/a.png"> <img alt="" src="img/b.png"/>') == ("img/a.png", "img/b.png")
    assert pictures_in("<p>+</p>") == ()
    assert pictures_in("+") == ()


def test_trials_of_model_vs_human_are_imported(place):
    file = place.write("colour/colour_subject-01_session_1.csv", *HUMANS)
    done = place.run(file)
    assert (done.format, done.task, done.n_trials, done.n_observers) == ("model-vs-human", "naming", 3, 1)
    rows = place.rows()
    assert rows["participant"].unique().tolist() == ["coloursubject01"]
    assert rows["response"].tolist() == ["oven", "n/a", "cat"]
    assert rows["response_time"].tolist() == ["0.796405", "n/a", "0.633913"]
    assert rows["correct"].tolist() == ["true", "n/a", "false"]
    assert set(rows["onset"]) == set(rows["timing_ok"]) == {"n/a"}
    trials = (place.root / "stimuli" / "imported" / "trials.tsv").read_text()
    assert "colour/cr" in trials
    assert "colour/bw" in trials


def test_images_are_found_among_those_that_models_of_model_vs_human_decided_on(place):
    of_models = "0345_cl_dnn_cr_oven_40_n04111531_14126.png"
    place.label({of_models: 5, "0001_cl_dnn_cr_chair_40_n04429376_21865.png": 0})
    done = place.run(place.write("colour/colour_subject-01_session_1.csv", *HUMANS))
    assert (done.n_images, done.n_labelled) == (3, 1)  # the chair was shown in another condition
    items = (place.root / "stimuli" / "imported" / "items.tsv").read_text()
    assert of_models in items


def test_observers_of_two_experiments_are_different_people(place):
    for experiment in ("colour", "contrast"):
        place.write(f"humans/{experiment}/{experiment}_subject-01_session_1.csv", *HUMANS)
        # Other times: the same would be a copy.
        other = [line.replace("0.7964", f"0.5{len(experiment)}") for line in HUMANS]
        place.write(f"humans/{experiment}/{experiment}_subject-01_session_1.csv", *other)
    assert place.run(place.root.parent / "humans").n_observers == 2
    assert set(place.rows()["participant"]) == {"coloursubject01", "contrastsubject01"}


def test_a_file_whose_experiment_is_unknown_is_not_mixed_with_others(place):
    place.write("humans/colour_subject-01_session_1.csv", *HUMANS)
    place.write("humans/pilot.csv", *[line.replace("subject-01", "subject-02") for line in HUMANS])
    with pytest.raises(InputError, match="this one is not, so its observers could be those of any"):
        place.run(place.root.parent / "humans")


JSPSYCH = (
    "trial_type,trial_index,time_elapsed,internal_node_id,subject,stimulus,response,rt",
    "instructions,0,900,0.0-0.0,7a,,,900",
    'html-keyboard-response,1,1500,0.0-1.0,7a,"<p>+</p>",,',
    'html-keyboard-response,2,2500,0.0-2.0,7a,"<img src=""img/a.png""><img src=""img/b.png"">",f,812',
    'html-keyboard-response,3,4000,0.0-3.0,7a,"<img src=""img/c.png""><img src=""img/a.png"">",null,null',
)


def test_pairs_of_jspsych_are_imported_from_csv_with_keys_as_answers_and_times_in_ms(place):
    place.label({"img/a.png": 0, "img/b.png": 5, "img/c.png": 3})
    file = place.write("jspsych.csv", *JSPSYCH)
    done = place.run(file, task="2afc", columns={"observer": "subject"}, answers={"f": "left", "j": "right"})
    assert done.notes == ("left out: 2 rows without an image, such as instructions",)
    rows = place.rows()
    assert rows["response"].tolist() == ["left", "n/a"]
    assert rows["response_time"].tolist() == ["0.812000", "n/a"]
    assert rows["correct"].tolist() == ["true", "n/a"]  # a is the harder of a and b


def test_json_of_jspsych_gives_the_same_rows_as_csv(place):
    place.label({"img/a.png": 0, "img/b.png": 5, "img/c.png": 3})
    trial = {"trial_type": "html-keyboard-response", "time_elapsed": 1, "subject": "7a"}
    pair = '<img src="img/{}.png"><img src="img/{}.png">'
    trials = [
        {"trial_type": "instructions", "trial_index": 0, "time_elapsed": 900, "subject": "7a", "rt": 900},
        trial | {"trial_index": 1, "stimulus": "<p>+</p>", "response": None, "rt": None},
        trial | {"trial_index": 2, "stimulus": pair.format("a", "b"), "response": "f", "rt": 812},
        trial | {"trial_index": 3, "stimulus": pair.format("c", "a"), "response": None, "rt": None},
    ]
    settings = {"task": "2afc", "columns": {"observer": "subject"}, "answers": {"f": "left"}}
    place.run(place.write("jspsych.csv", *JSPSYCH), **settings)
    before = place.rows().drop(columns="source_row")
    # The same session from another file: nothing is added.
    done = place.run(place.write("jspsych.json", json.dumps(trials)), **settings)
    assert (done.n_new, done.n_same) == (0, 1)
    assert place.rows().drop(columns="source_row").equals(before)


PSYCHOPY = (
    "stimulus,difficulty,trials.thisN,trials.thisIndex,key_resp.keys,key_resp.rt,participant,session,date,"
    "expName,psychopyVersion,",
    ",,,,space,2.1,07,001,2026-01-01,pilot,2026.1,",
    "a.png,x,0,1,1,0.52,07,001,2026-01-01,pilot,2026.1,",
    "b.png,x,1,0,None,,07,001,2026-01-01,pilot,2026.1,",
)


def test_single_images_of_psychopy_are_imported(place):
    place.label({"a.png": 0, "b.png": 5})
    done = place.run(
        place.write("07_pilot.csv", *PSYCHOPY),
        task="single",
        columns={"image": "stimulus"},
        answers={"1": "impossible", "2": "trivial"},
    )
    assert (done.format, done.n_trials) == ("psychopy", 2)
    rows = place.rows()
    assert rows["participant"].unique().tolist() == ["07"]
    assert rows["session"].unique().tolist() == ["1"]
    assert rows["response"].tolist() == ["impossible", "n/a"]
    assert rows["correct"].tolist() == ["true", "n/a"]


def test_a_pickle_of_psychopy_is_refused(place):
    with pytest.raises(InputError, match="a pickle of Python, which can run any program"):
        place.run(place.write("07.psydat", "x"))


def test_files_of_two_formats_are_refused(place):
    one, other = place.write("a.csv", *JSPSYCH), place.write("b.csv", *PSYCHOPY)
    with pytest.raises(InputError, match=r"its columns say psychopy, those of .* jspsych"):
        place.run(one, other, task="single")


QUESTIONS = [
    {"name": "clear", "text": "Is it clear?", "answers": ["1", "2", "3"], "column": "q1"},
    {"name": "odd", "text": "Is it odd?", "answers": ["no", "yes"]},
]


def test_ratings_are_imported_with_a_column_for_each_question(place):
    place.label({"a.png": 0, "b.png": 5})
    lines = ("person,file,q1,odd", "s1,a.png,3,yes", "s1,b.png,1,", "s2,a.png,2,no")
    settings = {
        "task": "rating",
        "columns": {"observer": "person", "image": "file"},
        "questions": QUESTIONS,
    }
    assert place.run(place.write("ratings.csv", *lines), **settings).n_observers == 2
    rows = place.rows()
    assert rows[["clear", "odd"]].values.tolist() == [["3", "yes"], ["1", "n/a"], ["2", "no"]]
    assert "correct" not in rows
    assert set(rows["response_time"]) == {"n/a"}


def test_ratings_are_imported_with_a_row_for_each_answer(place):
    place.label({"a.png": 0, "b.png": 5})
    lines = (
        "person,file,question,answer,ms",
        "s1,a.png,q1,3,900",
        "s1,a.png,odd,yes,400",
        "s1,b.png,odd,,",
        "s1,b.png,q1,1,1000",
        "s2,a.png,q1,2,700",
    )
    columns = {"observer": "person", "image": "file", "question": "question", "response": "answer"}
    place.run(
        place.write("ratings.csv", *lines),
        task="rating",
        columns=columns | {"response_time": "ms"},
        response_time_unit="ms",
        questions=QUESTIONS,
    )
    rows = place.rows()
    assert rows[["clear", "odd"]].values.tolist() == [["3", "yes"], ["1", "n/a"], ["2", "n/a"]]
    assert rows["response_time"].tolist() == ["0.900000", "1.000000", "0.700000"]
