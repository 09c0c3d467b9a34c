"""The plan of a slot as a browser gets it: pages, trials, questions, keys; no label, no name of an item."""

from __future__ import annotations

import io
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from experiment.online.browser_keys import browser_key, browser_keys
from experiment.online.settings import OnlineSettings
from experiment.pages import Page, PageName, PageText
from experiment.records import Ask, Option, ScheduledTrial
from experiment.screen import colours
from experiment.screen.texts import INSTRUCTIONS, ONLINE, Texts, read_texts
from experiment.session.consent import AGREE, DISAGREE
from experiment.session.prepare import PreparedSession
from stimuli.records import Block
from tricky.core.errors import InputError

SCHEMA = 1
MASK_PX = 512
"""Width and height of the noise that masks images; the browser scales it."""


@dataclass(frozen=True)
class ClientPlan:
    """What the browser of one slot gets.

    The images are numbered in the order in which the session first shows them, from left to right, so that a
    number says nothing that the plan does not say.

    Attributes
    ----------
    session : PreparedSession
        The session, as in the lab.
    online : OnlineSettings
    study : str
        Name of the study.
    preview : bool
        Whether the session is a trial run, which is not part of the data.
    """

    session: PreparedSession
    online: OnlineSettings
    study: str
    preview: bool = False

    @cached_property
    def items(self) -> tuple[str, ...]:
        """The item of each image number."""
        return tuple(dict.fromkeys(item for trial in self.session.trials for item in trial.items))

    @cached_property
    def _numbers(self) -> dict[str, int]:
        """The image number of each item."""
        return {item: number for number, item in enumerate(self.items)}

    def image_file(self, number: int) -> Path | None:
        """Return the file of an image; None if there is no image of this number."""
        if not 0 <= number < len(self.items):
            return None
        return self.session.content.image_files[self.items[number]]

    def content(self, state: Mapping[str, Any]) -> dict[str, Any]:
        """Return the plan as it is sent, together with the state of the session."""
        session, settings = self.session, self.session.setup.settings
        texts, material = session.content.texts, session.material
        n_done = max(0, int(state.get("n_done", 0)) - self._n_practice)
        return {
            "schema": SCHEMA,
            "study": self.study,
            "slot": session.path.participant,
            "language": settings.language if len(settings.language) == 2 else "",
            "preview": self.preview,
            "task": session.task.name,
            "limited": session.task.limited,
            "feedback": session.task.right_answers,
            "asks": [self._ask(ask) for ask in session.task.asks],
            "questions": [self._ask(ask) for ask in material.questions],
            "trials": [self._trial(trial) for trial in session.trials],
            "n_images": len(self.items),
            "mask": settings.presentation.mask_ms > 0,
            "pages": self._pages(n_done),
            "breaks": self._breaks(),
            "texts": self._lines(),
            "examples": self._examples(),
            "consent": self._consent(),
            "debriefing": None
            if material.debriefing is None
            else [_plain(page) for page in material.debriefing.pages(texts.lines["next"], _fits)],
            "fields": [field.model_dump(mode="json") for field in settings.participant_fields],
            "keys": {
                name: browser_key(getattr(settings, f"{name}_key"), texts)
                for name in ("continue", "quit", "pause")
            },
            "answer_with": settings.answer_with,
            "inter_trial_interval_s": settings.inter_trial_interval_s,
            "presentation": settings.presentation.model_dump(mode="json"),
            "practice": {
                "criterion": settings.practice_criterion,
                "repetitions": settings.practice_repetitions,
            },
            "image_height_deg": settings.image_height_deg,
            "viewing_distance_cm": settings.monitor.viewing_distance_cm,
            "scaling": settings.scaling,
            "colours": {
                name.lower(): "#{:02x}{:02x}{:02x}".format(*getattr(colours, name))
                for name in ("BACKGROUND", "INK", "QUIET", "PAPER", "TRACK")
            },
            "require": self.online.require.model_dump(mode="json"),
            "offline_trials": self.online.offline_trials,
            "state": dict(state),
        }

    @cached_property
    def _n_practice(self) -> int:
        return sum(trial.block is Block.PRACTICE for trial in self.session.trials)

    def _trial(self, trial: ScheduledTrial) -> dict[str, Any]:
        """Return a trial; only those of the practice have a right answer, because they have feedback."""
        practice, texts = trial.block is Block.PRACTICE, self.session.content.texts
        feedback = None
        if practice and self.session.task.right_answers:
            answer = trial.right_answer
            feedback = (
                {"either": texts.feedback(None, None)}
                if answer is None
                else {"right": texts.feedback(True, answer), "wrong": texts.feedback(False, answer)}
            )
        return {
            "index": trial.trial_index,
            "block": trial.block.value,
            "images": [self._numbers[item] for item in trial.items],
            "right_answer": trial.right_answer if practice else None,
            "feedback": feedback,
        }

    def _ask(self, ask: Ask) -> dict[str, Any]:
        texts = self.session.content.texts
        return {
            "name": ask.name,
            "text": ask.text,
            "kind": ask.kind.value,
            "by_place": ask.by_place,
            "from_s": ask.from_s,
            "deadline_s": None if ask.deadline_s == float("inf") else ask.deadline_s,
            "options": [
                {"value": each.value, "label": each.label, "keys": browser_keys(each.key, texts)}
                for each in ask.options
            ],
        }

    def _pages(self, n_done: int) -> dict[str, dict[str, Any]]:
        names = [PageName.WELCOME, PageName.EXAMPLES, PageName.PRACTICE, PageName.PRACTICE_AGAIN]
        pages = {name.value: self._page(Page(name, 0, self._n_main)) for name in [*names, PageName.MAIN]}
        pages["welcome_back"] = self._page(Page(PageName.WELCOME_BACK, n_done, self._n_main))
        pages["paused"] = self._page(Page(PageName.PAUSED))
        return pages

    def _breaks(self) -> dict[str, dict[str, Any]]:
        """Return the break pages, by the number of main trials before them."""
        every = self.session.setup.settings.break_every
        after = range(every, self._n_main, every) if every else ()
        return {str(n_done): self._page(Page(PageName.BREAK, n_done, self._n_main)) for n_done in after}

    @cached_property
    def _n_main(self) -> int:
        return len(self.session.trials) - self._n_practice

    def _page(self, page: Page) -> dict[str, Any]:
        """Return a page; ``touch`` is a paragraph for participants without a keyboard."""
        content, task = self.session.content, self.session.task
        shown = _plain(content.texts.page(page, content.settings, task))
        line = "touch_pair" if task.asks[0].by_place else "touch"
        touch = page.name in INSTRUCTIONS
        return {**shown, "touch": online_texts(content.texts)[line] if touch else None}

    def _lines(self) -> dict[str, str]:
        texts = self.session.content.texts
        key = texts.key_name(self.session.setup.settings.continue_key)
        lines = {name: text.replace("{continue_key}", key) for name, text in online_texts(texts).items()}
        return {**lines, "too_late": texts.lines["too_late"], "next": texts.lines["next"]}

    def _examples(self) -> list[dict[str, Any]]:
        session = self.session
        if not session.setup.settings.examples:
            return []
        captions = session.content.texts.captions(session.trials)
        return [{"image": self._numbers[item], "caption": caption} for item, caption in captions.items()]

    def _consent(self) -> dict[str, Any] | None:
        """Return the information text and the question for consent; None if the study has none."""
        information, texts = self.session.material.information, self.session.content.texts
        if information is None:
            return None
        labels, keys = texts.tables["consent"], self.session.setup.settings.answer_keys
        options = (Option(AGREE, labels["agree"], keys[0]), Option(DISAGREE, labels["disagree"], keys[1]))
        return {
            "pages": [_plain(page) for page in information.pages(texts.lines["next"], _fits)],
            "ask": self._ask(Ask("consent", texts.lines["consent_question"], options)),
        }


def mask_png(slot: str, seed: int) -> bytes:
    """Return the noise that masks images in a slot, as a PNG file."""
    from experiment.screen.masks import pink_noise
    from tricky.core.randomness import generator

    file = io.BytesIO()
    pink_noise((MASK_PX, MASK_PX), generator(seed, "online mask", slot)).save(file, "PNG")
    return file.getvalue()


def online_texts(texts: Texts) -> dict[str, str]:
    """Return the texts that only online sessions have.

    Raises
    ------
    InputError
        The lab's own file lacks one.
    """
    needed, there = read_texts("en").tables[ONLINE], texts.tables.get(ONLINE, {})
    if missing := sorted(needed.keys() - there.keys()):
        raise InputError(
            f"[experiment] language: the file of your texts lacks [{ONLINE}] {missing[0]}, which online "
            "sessions show; add it (experiment/screen/texts/en.toml has all of them)"
        )
    return dict(there)


def _plain(page: PageText) -> dict[str, Any]:
    return {"title": page.title, "body": list(page.body), "prompt": page.prompt}


def _fits(_: PageText) -> bool:
    """Accept every page: a browser scrolls."""
    return True
