"""A participant who does an online session in a real browser: reads what the page shows, and acts on it."""

from __future__ import annotations

import csv
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Literal

from selenium import webdriver
from selenium.common.exceptions import JavascriptException, WebDriverException
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys

Json = dict[str, Any]
Way = Literal["keys", "mouse", "touch"]
LONGEST_S = 60.0
PHONE = "Mozilla/5.0 (Linux; Android 15; Pixel 9) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0 Mobile"

STATE = """
const q = (selector) => document.querySelector(selector);
const state = (kind, more = {}) => ({kind, title: q("h1")?.textContent ?? "", ...more});
if (q("dialog")) return state("dialog");
const asked = q("[data-phase=question]");
if (asked) return state("question", {ask: asked.dataset.ask, trial: Number(asked.dataset.trial ?? -1)});
if (q(".trial, .message")) return state("waiting");
if (q("form")) return state("form");
if (q("#jspsych-fullscreen-btn")) return state("full screen");
if (q(".card")) return state("card");
if (q("[data-does=continue]")) return state("page");
return state(q("main.page") ? "end" : "waiting");
"""
KEYS = {"ArrowLeft": Keys.ARROW_LEFT, "ArrowRight": Keys.ARROW_RIGHT, "Escape": Keys.ESCAPE}


def sensible(trial: Json, ask: Json) -> str:
    """Answer right where that is known, and otherwise with the answers in turn."""
    values = [option["value"] for option in ask["options"]]
    right = str(trial.get("right_answer"))
    return right if right in values else values[trial.get("index", 1) % len(values)]


def rows_of(table: Path) -> list[dict[str, str]]:
    """Return the rows of a table."""
    with table.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file, delimiter="\t"))


class BrowserParticipant:
    """Does a session with keys, mouse or touch.

    Parameters
    ----------
    browser : webdriver.Chrome
    address : str
        The link.
    answer : callable
        As of `online_client.OnlineParticipant`: trial and question of the plan → answer.
    way : {"keys", "mouse", "touch"}
    """

    def __init__(
        self,
        browser: webdriver.Chrome,
        address: str,
        answer: Callable[[Json, Json], str | None],
        way: Way = "keys",
    ) -> None:
        self._browser, self.address, self._answer, self._way = browser, address, answer, way
        self.seen: list[str] = []
        self._set_device()

    @property
    def plan_path(self) -> str:
        """The path of the plan on the server."""
        return "/" + self.address.split("/", 3)[3] + "/plan"

    def open(self, query: str = "") -> None:
        """Open the link."""
        self._browser.get(self.address + query)
        self.plan: Json = self._browser.execute_async_script(
            "fetch(location.pathname + '/plan').then(r => r.json()).then(arguments[arguments.length - 1])"
        )
        asks = [*self.plan["asks"], *self.plan["questions"]]
        if self.plan.get("consent"):
            asks.append(self.plan["consent"]["ask"])
        self._asks = {ask["name"]: ask for ask in asks}

    def go_on(self, until: Callable[[Json], bool] = lambda state: state["kind"] == "end") -> Json:
        """Do what the page asks for, until it shows something; return what it shows."""
        deadline = time.monotonic() + LONGEST_S
        while time.monotonic() < deadline:
            state = self.state()
            title = state["title"]
            if (
                state["kind"] in ("page", "form", "card", "full screen", "end")
                and title not in self.seen[-1:]
            ):
                self.seen.append(title)
            if until(state):
                return state
            try:
                self.act(state)
            except (JavascriptException, WebDriverException):
                time.sleep(0.01)  # the page went on meanwhile
        raise TimeoutError(f"{self.state()}: {self.text()}")

    def state(self) -> Json:
        """Return what the page shows."""
        return self._browser.execute_script(STATE)

    def text(self) -> str:
        """Return the text on the page."""
        return self._browser.find_element(By.TAG_NAME, "body").text

    def act(self, state: Json) -> None:
        """Do what the page asks for."""
        kind = state["kind"]
        if kind == "question":
            self._give_answer(state)
        elif kind == "page":
            if self._way == "keys":
                self.press(" ")
            else:
                self._click("[data-does=continue]")
        elif kind == "form":
            self._click("[type=submit]")
        elif kind == "card":
            self._click(".prompt .cap")
        elif kind == "full screen":
            self._click("#jspsych-fullscreen-btn")
        time.sleep(0.01)

    def press(self, key: str) -> None:
        """Press a key."""
        ActionChains(self._browser, duration=0).send_keys(KEYS.get(key, key)).perform()

    def _give_answer(self, state: Json) -> None:
        ask = self._asks[state["ask"]]
        if ask["name"] == "consent":
            value = ask["options"][0]["value"]
        else:
            trial = self.plan["trials"][state["trial"]] if state["trial"] >= 0 else {}
            value = self._answer(trial, ask)
        if value is None:
            return
        if self._way == "keys":
            option = next(each for each in ask["options"] if each["value"] == value)
            self.press(option["keys"][0]["key"])
        else:
            # Images of a pair are answers themselves.
            image = ask["by_place"] and state["trial"] % 2 == 0
            self._click(f'{".image" if image else ".answer"}[data-value="{value}"]')
        # The page answers within a frame or two.
        deadline = time.monotonic() + 0.5
        while self.state() == state and time.monotonic() < deadline:
            time.sleep(0.005)

    def _click(self, selector: str) -> None:
        if self._way != "touch":
            element = self._browser.find_element(By.CSS_SELECTOR, selector)
            ActionChains(self._browser, duration=0).click(element).perform()
            return
        point = self._browser.execute_script(
            "const element = document.querySelector(arguments[0]);"
            "element.scrollIntoView({block: 'nearest'});"
            "const box = element.getBoundingClientRect();"
            "return {x: box.x + box.width / 2, y: box.y + box.height / 2}",
            selector,
        )
        touch = self._browser.execute_cdp_cmd
        touch("Input.dispatchTouchEvent", {"type": "touchStart", "touchPoints": [point]})
        touch("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})

    def _set_device(self) -> None:
        is_phone = self._way == "touch"
        width, height = (390, 844) if is_phone else (1280, 800)
        set_ = self._browser.execute_cdp_cmd
        metrics = {"width": width, "height": height, "deviceScaleFactor": 2 if is_phone else 1}
        set_("Emulation.setDeviceMetricsOverride", metrics | {"mobile": is_phone})
        set_(
            "Emulation.setTouchEmulationEnabled",
            {"enabled": is_phone, "maxTouchPoints": 5 if is_phone else 1},
        )
        set_("Emulation.setUserAgentOverride", {"userAgent": PHONE if is_phone else ""})
