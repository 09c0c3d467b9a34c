from __future__ import annotations

import json

import pytest
from online_client import APPARATUS

from experiment.online.events import (
    MAX_EVENT_BYTES,
    MAX_EVENTS,
    MAX_REQUEST_BYTES,
    Refused,
    RunEvent,
    canonical,
    parse_event,
    parse_request,
)

FORGED = {
    "no JSON": "{",
    "a list": "[]",
    "no type": '{"seq": 0}',
    "another type": '{"seq": 0, "type": "admin"}',
    "an unknown key": '{"seq": 0, "type": "finished", "score": 1}',
    "a negative number": '{"seq": -1, "type": "finished"}',
    "a number as text": '{"seq": "0", "type": "finished"}',
    "a truth as number": '{"seq": true, "type": "finished"}',
    "a fraction": '{"seq": 0.5, "type": "finished"}',
    "no answer": '{"seq": 0, "type": "consent", "answer": "yes"}',
    "infinity": '{"seq": 0, "type": "question", "name": "a", "value": "b", "time_s": Infinity}',
    "a negative time": '{"seq": 0, "type": "question", "name": "a", "value": "b", "time_s": -0.1}',
    "a control character": r'{"seq": 0, "type": "question", "name": "a\u0000", "value": "b", "time_s": 1.0}',
    "a long text": json.dumps({"seq": 0, "type": "question", "name": "a" * 201, "value": "b", "time_s": 1}),
    "no apparatus": '{"seq": 0, "type": "run", "apparatus": {}}',
}


@pytest.mark.parametrize("text", FORGED.values(), ids=FORGED)
def test_what_is_not_an_event_is_refused_in_one_line(text):
    with pytest.raises(Refused) as raised:
        parse_event(text)
    assert len(str(raised.value).splitlines()) == 1


def test_an_event_is_read_as_it_was_written():
    event = parse_event(json.dumps({"seq": 2, "type": "run", "apparatus": APPARATUS}))
    assert isinstance(event, RunEvent)
    assert event.apparatus.model_dump(mode="json") == APPARATUS | {"clock_resolution_s": None}


def test_equal_content_is_the_same_text_in_any_order():
    assert canonical({"b": 1.50, "a": "ä"}) == canonical(json.loads('{"a": "\\u00e4", "b": 1.5}'))


BODIES = {
    "no JSON": b"seq=0",
    "no UTF-8": b'{"events": ["\xff"]}',
    "no list": b'{"events": {}}',
    "another key": b'{"events": [{}], "slot": "web0002"}',
    "nothing": b'{"events": []}',
    "too many": json.dumps({"events": [0] * (MAX_EVENTS + 1)}).encode(),
    "too long": b" " * (MAX_REQUEST_BYTES + 1),
    "one too long": json.dumps({"events": ["a" * MAX_EVENT_BYTES]}).encode(),
    "too deep": b'{"events": ' + b"[" * 20_000 + b"]" * 20_000 + b"}",
    "too many digits": b'{"events": [' + b"1" * 5000 + b"]}",
    "half a character": rb'{"events": ["\ud800"]}',
    "no number": b'{"events": [NaN]}',
}


@pytest.mark.parametrize("body", BODIES.values(), ids=BODIES)
def test_a_body_that_no_client_sends_is_refused(body):
    with pytest.raises(Refused):
        parse_request(body)
