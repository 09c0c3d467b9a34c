import pytest

from experiment.data.consents import Consent, keep_consent, read_consents
from tricky.core.errors import InputError

LINE = Consent("2026-01-31T10:15:00+00:00", "sub-07", "n/a", "agreed", 'infor"mation".md', "0" * 64)


def test_lines_are_added_and_those_before_stay(tmp_path):
    for _ in range(2):
        keep_consent(tmp_path / "data", LINE)
    text = (tmp_path / "consent.tsv").read_text()
    assert text.splitlines()[0] == "time\tparticipant_id\tsession\tanswer\tfile\tsha256"
    assert len(text.splitlines()) == 3
    assert read_consents(tmp_path / "data").participants() == ["07", "07"]
    assert read_consents(tmp_path / "data").rows[0][4] == 'infor"mation".md'


def test_a_list_that_a_lab_extended_and_a_spreadsheet_saved_is_continued(tmp_path):
    path = tmp_path / "consent.tsv"
    keep_consent(tmp_path / "data", LINE)
    header, line = path.read_text().splitlines()
    path.write_bytes(f"\ufeff{header}\tsigned\r\n{line}\tyes\r\n".encode())
    keep_consent(tmp_path / "data", LINE)
    assert [row[-1] for row in read_consents(tmp_path / "data").rows] == ["yes", "n/a"]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "empty"),
        (b"time\tparticipant_id\n", "no column `session`"),
        (
            "time\tparticipant_id\tsession\tanswer\tfile\tsha256\nt\tsub-01\tn/a\tagreed\tä\tx\n".encode(
                "cp1252"
            ),
            "UTF-8",
        ),
        (b"time\tparticipant_id\tsession\tanswer\tfile\tsha256\nt\tsub-01\n", "line 2: 2 cells"),
    ],
)
def test_a_damaged_list_is_named_and_not_changed(tmp_path, content, said):
    path = tmp_path / "consent.tsv"
    path.write_bytes(content)
    with pytest.raises(InputError, match=said) as caught:
        keep_consent(tmp_path / "data", LINE)
    assert str(path) in str(caught.value)
    assert path.read_bytes() == content
