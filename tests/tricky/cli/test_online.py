"""Online sessions from the command line: links, server, state, withdrawal."""

from __future__ import annotations

import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from online_server import ask, free_port, take_part
from small_sets import write_set

from tricky.study import create_study


@pytest.fixture
def study(tmp_path: Path) -> Path:
    root = create_study(tmp_path / "study").root
    write_set(root / "stimuli" / "main", 2, 4)
    return root


def serve(study: Path, port: int) -> subprocess.Popen[str]:
    """Start the server of a study, and return when it listens."""
    command = [sys.executable, "-m", "tricky", "online", "serve", "--port", str(port)]
    process = subprocess.Popen(command, cwd=study, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert process.stdout is not None
    assert process.stdout.readline().startswith(f"Listening on 127.0.0.1:{port}")
    return process


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM])
def test_a_study_is_run_online_from_invitation_to_withdrawal(study, succeed, tricky, how):
    (first,) = succeed("online", "invite", "1", cwd=study).split()
    assert re.fullmatch(r"http://127\.0\.0\.1:8000/s/[A-Za-z0-9_-]{22}", first)
    port = free_port()
    server = serve(study, port)
    try:
        assert server.stdout is not None
        page = re.findall(r"/status/\S+", server.stdout.readline())[0]
        # Links that are made while the server runs work at once; everything else that reads works, too.
        (second,) = succeed("online", "invite", "1", cwd=study).split()
        take_part(port, second.rsplit("/", 1)[1])
        assert "median duration" in ask(port, "GET", page).body.decode()
        assert re.search(r"complete\s+1", succeed("online", "status", cwd=study))
        succeed("status", cwd=study)
        refused = tricky("online", "serve", "--port", "0", cwd=study)
        assert (refused.returncode, refused.stderr.count("\n")) == (2, 1)
        assert "is running; stop it first" in refused.stderr
        assert "is running" in tricky("withdraw", "web0001", "--yes", cwd=study).stderr
        assert (
            "can't listen there"
            in tricky("online", "serve", "--preview", "--port", str(port), cwd=study).stderr
        )
    finally:
        server.send_signal(how)
        said, errors = server.communicate(timeout=30)
    assert (server.returncode, errors) == (0, "")
    assert "The server is stopped" in said
    assert (study / "data/sub-web0001").is_dir()
    succeed("withdraw", "web0001", "--yes", cwd=study)
    assert not (study / "data/sub-web0001").exists()
    assert b"response" not in (study / "online/sessions.sqlite").read_bytes()


def test_links_and_ids_are_for_the_account_of_the_server_only(study, succeed):
    succeed("online", "invite", "2", cwd=study)
    for path in (study / "online").iterdir():
        assert path.stat().st_mode & 0o077 == 0, path


def test_a_study_without_online_sessions_has_none(study, succeed):
    assert re.search(r"links\s+0", succeed("online", "status", cwd=study))
    assert not (study / "online").exists()


def test_keys_that_browsers_do_not_report_are_named_before_anyone_is_invited(study, tricky):
    settings = study / "study.toml"
    settings.write_text(settings.read_text().replace('pause_key = "p"', 'pause_key = "scrolllock"'))
    refused = tricky("online", "invite", "1", cwd=study)
    assert refused.returncode == 2
    assert "browsers do not report the key 'scrolllock'" in refused.stderr
