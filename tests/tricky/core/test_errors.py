"""An error is one line, whatever it quotes."""

import errno
import pickle

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tricky.core.errors import InputError, UnwritableError


@given(st.text())
def test_a_message_is_one_line_that_any_output_can_encode(text):
    message = str(InputError(f"{text}: wrong"))
    assert len(message.splitlines()) == 1
    message.encode("utf-8")


@pytest.mark.parametrize(("text", "shown"), [("a\x0cb", r"a\x0cb"), ("a\nb", r"a\nb"), ("\u2028", r"\u2028")])
def test_characters_that_break_a_line_are_written_out(text, shown):
    assert str(InputError(text)) == shown


def test_other_characters_stay_as_they_are():
    assert str(InputError("né 図 🐝: wrong")) == "né 図 🐝: wrong"


def test_a_file_that_cannot_be_written_is_told_from_one_process_to_another() -> None:
    cause = OSError(errno.ENOSPC, "No space left on device", "weights.safetensors")
    error = pickle.loads(pickle.dumps(UnwritableError("weights.safetensors: full", cause)))
    assert isinstance(error, UnwritableError)
    assert (str(error), error.errno, error.filename) == (
        "weights.safetensors: full",
        errno.ENOSPC,
        "weights.safetensors",
    )
