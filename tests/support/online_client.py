"""A participant in an online session, who knows only the plan, as the browser's client does."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

Json = dict[str, Any]
Answer = Callable[[Json, Json], str | None]
"""Takes a trial and a question of the plan; returns the answer."""

APPARATUS: Json = {
    "browser": "Firefox",
    "browser_version": "140.0",
    "platform": "Linux x86_64",
    "screen_px": [1920, 1080],
    "window_px": [1920, 1080],
    "pixel_ratio": 1.25,
    "refresh_hz": 60.0,
    "size_from": "card",
    "pixels_per_cm": 38.0,
    "viewing_distance_cm": 60.0,
    "image_height_px": 320.0,
    "image_height_deg": 8.0,
    "image_scaling": "interpolated",
    "touch": False,
    "keyboard": True,
    "full_screen": True,
    "earlier_sessions": 0,
}
TIMING: Json = {"dropped_frames": 0, "late_flips": 0, "worst_frame_s": 0.017, "ok": True}
FOCUS: Json = {"lost": 0, "lost_s": 0.0, "left_full_screen": 0}


def rightmost(_trial: Json, ask: Json) -> str:
    """Choose the last answer of each question."""
    return ask["options"][-1]["value"]


def right_in_practice(trial: Json, ask: Json) -> str:
    """Choose the right answer where the plan says it, else the last one."""
    return trial["right_answer"] or rightmost(trial, ask)


class OnlineParticipant:
    """Answers a plan: `events` yields what a browser sends, until the session is finished.

    Parameters
    ----------
    plan : dict
        As the server sends it, with the state from which the session continues.
    answer : callable
    response_time_s : float
        Of all answers.
    """

    def __init__(self, plan: Json, answer: Answer = rightmost, response_time_s: float = 0.5) -> None:
        self._plan, self._answer, self._response_time_s = plan, answer, response_time_s
        self._seq = plan["state"]["next_seq"]
        self._now_s = plan["state"]["elapsed_s"]
        self._practice = [trial for trial in plan["trials"] if trial["block"] == "practice"]

    def events(self) -> Iterator[Json]:
        """Yield the events from now on."""
        plan, state = self._plan, self._plan["state"]
        if state["ended"]:
            return
        if plan["consent"] and not state["agreed"]:
            yield self._event("consent", answer="agreed")
        if plan["fields"] and not state["fields_done"]:
            yield self._event("fields", values={})
        yield self._event("run", apparatus=APPARATUS)
        for trial, number in self._trials():
            yield self._response(trial, number)
        for ask in plan["questions"]:
            if ask["name"] not in state["answered"]:
                value = self._answer({}, ask)
                yield self._event("question", name=ask["name"], value=value, time_s=self._response_time_s)
        yield self._event("finished")

    def _trials(self) -> Iterator[tuple[Json, int]]:
        """Yield the trials in order, each with its round."""
        state = self._plan["state"]
        rounds = [list(answers) for answers in state["practice_rounds"]]
        if state["next"] is None:
            return
        first, number = state["next"]["trial"], state["next"]["round"]
        n_practice = len(self._practice)
        if number == 0 and first < n_practice:
            for trial in self._practice[first:]:
                yield trial, 0
                rounds[0].append(self._is_right(trial))
        if number > 0 or first < n_practice:
            if number == 0:
                number = 1
            while self._again(rounds):
                rounds.append([])
                for trial in self._practice:
                    yield trial, number
                    rounds[-1].append(self._is_right(trial))
                number += 1
            first = n_practice
        for trial in self._plan["trials"][first:]:
            yield trial, 0

    def _again(self, rounds: list[list[bool]]) -> bool:
        rule = self._plan["practice"]
        complete = [each for each in rounds if len(each) == len(self._practice)]
        if rule["criterion"] is None or not self._practice or not complete:
            return False
        counted = [
            right
            for right, trial in zip(complete[-1], self._practice, strict=True)
            if trial["right_answer"] is not None
        ]
        share = sum(counted) / len(counted) if counted else 1.0
        return share < rule["criterion"] and len(complete) <= rule["repetitions"]

    def _is_right(self, trial: Json) -> bool:
        return self._answer(trial, self._plan["asks"][0]) == trial["right_answer"]

    def _response(self, trial: Json, number: int) -> Json:
        self._now_s += 1.0
        onset_s, answers, missed = self._now_s, [], False
        for ask in self._plan["asks"]:
            value = None if missed else self._answer(trial, ask)
            missed = value is None
            time_s = None if missed else self._response_time_s
            answers.append({"value": value, "time_s": time_s})
            self._now_s += time_s or 0.0
        return self._event(
            "response",
            trial=trial["index"],
            round=number,
            answers=answers,
            onset_s=onset_s,
            timing=TIMING,
            focus=FOCUS,
        )

    def _event(self, kind: str, **content: Any) -> Json:
        self._seq += 1
        return {"seq": self._seq - 1, "type": kind, **content}
