from __future__ import annotations

import random
import sqlite3
from contextlib import suppress

import pytest

from experiment.online.folder import forget
from experiment.online.store import FILE, Link, Status, Store
from tricky.core.errors import InputError


@pytest.fixture
def filled(tmp_path):
    """A store with two sessions."""
    with Store(tmp_path) as store:
        store.add_links(["a" * 22, "b" * 22]).result()
        for number, link in enumerate(store.links(), start=1):
            link.participant, link.status = f"web{number:04d}", Status.OPEN
            events = [store.add_event(link.participant, seq, f'{{"seq": {seq}}}', 1.0) for seq in range(40)]
            store.change(store.update(link), *events).result()
    return tmp_path


def content(folder):
    with Store(folder, create=False) as store:
        return [
            (link, [each.text for each in store.events(link.participant or "")]) for link in store.links()
        ]


def test_links_are_numbered_in_the_order_in_which_they_are_made(filled):
    links = [link for link, _ in content(filled)]
    assert [link.number for link in links] == [1, 2]
    assert links[0] == Link("a" * 22, 1, "web0001", Status.OPEN)


def test_an_event_counts_once(filled):
    with Store(filled) as store:
        twice = store.change(store.add_event("web0001", 3, "{}", 1.0))
        assert isinstance(twice.exception(), sqlite3.IntegrityError)
        # What is saved together with it fails, and nothing else.
        store.change(store.add_event("web0001", 40, "{}", 1.0)).result()
        assert len(store.events("web0001")) == 41


def test_two_processes_may_make_links(filled):
    with Store(filled) as one, Store(filled) as other:
        for store in (one, other, one):
            store.add_links([f"{len(one.links()):022d}"]).result()
        assert [link.number for link in other.links()] == [1, 2, 3, 4, 5]


def test_a_missing_event_is_named(filled):
    with sqlite3.connect(filled / FILE) as database:
        database.execute("DELETE FROM events WHERE participant = 'web0001' AND seq = 7")
    with pytest.raises(InputError, match="events of web0001 are missing or changed"):
        content(filled)


def test_a_store_of_another_version_is_refused(filled):
    with sqlite3.connect(filled / FILE) as database:
        database.execute("PRAGMA user_version = 99")
    with pytest.raises(InputError, match="another version of tricky"):
        content(filled)


def test_what_is_no_store_is_refused_in_one_line(filled):
    (filled / FILE).write_bytes(b"participant_id\tkind\n" * 100)
    with pytest.raises(InputError, match="damaged, or not written by `tricky online`") as raised:
        content(filled)
    assert len(str(raised.value).splitlines()) == 1
    with pytest.raises(InputError):
        forget(filled, "web0001")


def test_events_of_a_damaged_store_are_refused_or_read_as_they_were(filled):
    before, whole = content(filled), (filled / FILE).read_bytes()
    rng = random.Random(3)
    for _ in range(60):
        damaged = bytearray(whole)
        start = rng.randrange(len(damaged))
        damaged[start : start + rng.randrange(1, 200)] = rng.randbytes(rng.randrange(1, 200))
        for suffix in ("-wal", "-shm"):
            (filled / (FILE + suffix)).unlink(missing_ok=True)
        (filled / FILE).write_bytes(bytes(damaged))
        with suppress(InputError):
            written = {link.participant: events for link, events in before}
            for link, events in content(filled):
                assert events in ([], written.get(link.participant))
