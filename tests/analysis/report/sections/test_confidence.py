import pytest
from made_up import write_set_manifest
from reports import report

pytestmark = pytest.mark.usefixtures("blank_figures")


def test_repeats_and_confidence_are_reported_where_they_were_asked(study):
    study.write_set(n_main=22)
    path = study.root / "stimuli" / "main" / "trials.tsv"
    first, *rows = path.read_text().splitlines()
    lines = [f"{first}\tsession\tcatch\trepeats"]
    main = [trial["trial_id"] for trial in study.trials if trial["block"] == "main"]
    again = dict(zip(main[-2:], main[:2], strict=True))
    for row in rows:
        practice = "\tpractice\t" in row
        lines.append(f"{row}\t{int(not practice)}\tfalse\t{again.get(row.split(chr(9))[0], 'n/a')}")
    path.write_text("\n".join(lines) + "\n")
    study.set_id = write_set_manifest(path.parent, {"trials": 20, "practice_trials": 2})
    for participant, wrong in (("01", [main[0], main[3]]), ("02", [main[1], main[-1], main[4]])):
        table = study.write_session(participant, dict.fromkeys(wrong, False), kind="person")
        head, *answers = table.read_text().splitlines()
        column = head.split("\t").index("trial_id")
        sure = [("1" if each.split("\t")[column] in wrong[:2] else "3") for each in answers]
        cells = [f"{each}\t{step}\t0.5" for each, step in zip(answers, sure, strict=True)]
        table.write_text("\n".join([f"{head}\tconfidence\tconfidence_time", *cells]) + "\n")
    observers = report(study.root).content["observers"]
    details = {row["observer"]: row for row in observers["details"]}
    # 01 was wrong at first and right again on one of two repeated pairs, 02 twice wrong on one of them.
    assert details["01"]["n_repeats"] == 2
    assert details["01"]["repeat_agreement"] == 0.5
    assert details["02"]["repeat_agreement"] == 1
    assert details["01"]["type_2_area"] == 1
    assert [row["confidence"] for row in observers["calibration"]] == [1, 3]
    # Of the answers with confidence 1, three count (a repeat is none), all wrong; of the others one is wrong.
    assert observers["calibration"][0]["accuracy"] == 0
    assert (study.root / "report" / "tables" / "calibration.csv").exists()
