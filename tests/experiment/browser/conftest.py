from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from browser_participant import BrowserParticipant
from chromium import axe_source, chromium
from online_server import Server, invite, running
from selenium import webdriver

SHORT: dict[str, Any] = {"inter_trial_interval_s": 0.1, "participant_fields": ()}
ANYWHERE = {"phones": True, "full_screen": False, "size": "none"}


@pytest.fixture(scope="session")
def axe() -> str:
    return axe_source()


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[webdriver.Chrome]:
    with chromium(tmp_path_factory.mktemp("profile")) as driver:
        yield driver


class Study:
    """A study on a server, with new links for each test."""

    def __init__(
        self, server: Server, task: str, settings: dict[str, Any], browser: webdriver.Chrome
    ) -> None:
        self.server, self.task, self.settings, self.browser = server, task, settings, browser

    @property
    def data(self) -> Path:
        return self.server.folder / "data"

    def participant(self, *arguments: Any, port: int | None = None) -> BrowserParticipant:
        """Return someone with a new link, who opens it."""
        (token,) = invite(self.server.folder, 1, self.task, **self.settings)
        address = f"http://127.0.0.1:{port or self.server.port}/s/{token}"
        participant = BrowserParticipant(self.browser, address, *arguments)
        participant.open()
        return participant


@pytest.fixture(scope="module")
def study_of(
    tmp_path_factory: pytest.TempPathFactory, browser: webdriver.Chrome
) -> Iterator[Callable[..., Study]]:
    """Return how to start the server of a study; each runs until the end of the module."""
    with ExitStack() as stack:

        def start(task: str = "2afc", require: dict[str, Any] | None = None, **settings: Any) -> Study:
            online = settings.pop("online", {}) | {"require": ANYWHERE | (require or {})}
            settings = SHORT | settings | {"online": online}
            server = stack.enter_context(running(tmp_path_factory.mktemp("study"), task, **settings))
            return Study(server, task, settings, browser)

        yield start
