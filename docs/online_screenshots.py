"""Make the pictures of docs/online.md: a session on real digits in Chromium, on a computer and on a phone.

Run from the repository's root: ``python docs/online_screenshots.py``;
with ``phone`` or ``computer`` behind it, only those.
"""

from __future__ import annotations

import io
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import uvicorn
from digit_sets import INFORMATION, build
from PIL import Image
from selenium import webdriver
from selenium.webdriver.chrome.service import Service

from experiment.data.bids import Dataset
from experiment.online.app import OnlineApp
from experiment.online.server import bound_socket
from experiment.online.settings import OnlineSettings
from experiment.online.study import Offer, OnlineStudy
from experiment.records import Setting
from experiment.session.prepare import SessionSetup
from experiment.settings import ExperimentSettings

ROOT = Path(__file__).parents[1]
FOLDER = ROOT / "docs" / "images"
DATASET = Dataset("Pictures", ("Ada Lovelace", "Hermann Helmholtz"), "n/a", "CC0-1.0")
ONLINE: dict[str, Any] = {
    "require": {"phones": True, "full_screen": False, "size": "card"},
    "completion": {"complete": "C1A2B3C4", "address": "https://app.prolific.com/submissions/complete"},
}
COMPUTER, PHONE = (1280, 800), (390, 844)
GAP_PX = 24
"""Between the screens of a phone on one picture."""


@contextmanager
def serving(folder: Path, language: str) -> Iterator[tuple[OnlineStudy, str]]:
    """Serve a small study of pairs; yield it with the address that its links begin with."""
    made = build(folder, "2afc")
    (folder / "information.md").write_text(INFORMATION, encoding="utf-8")
    settings = ExperimentSettings(
        language=language,
        information=folder / "information.md",
        confidence_levels=4,
        break_every=4,
        inter_trial_interval_s=0.2,
    )
    setup = SessionSetup(made.folder, folder / "data", settings, DATASET, folder, Setting.ONLINE)
    offer = Offer(setup, OnlineSettings.model_validate(ONLINE), "Harder for a network", 1)
    with OnlineStudy(offer) as study, bound_socket("127.0.0.1", 0) as listening:
        app = OnlineApp(study, ROOT / "experiment" / "browser" / "bundle", "key")
        server = uvicorn.Server(uvicorn.Config(app.app, log_level="error"))
        running = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
        running.start()
        try:
            yield study, f"http://127.0.0.1:{listening.getsockname()[1]}"
        finally:
            server.should_exit = True
            running.join()


LOOK_OR_ACT = """
if (document.querySelector(arguments[0])) return true;
document.querySelector("[data-phase=question] .answer")
  ?.dispatchEvent(new PointerEvent("pointerdown", {bubbles: true}));
document.querySelector("[data-does=continue], [type=submit], .prompt > .cap")?.click();
return false;
"""
"""Say whether an element is on the page; if not, answer or go on."""


class Participant:
    """Goes through a session, and takes pictures."""

    def __init__(self, folder: Path, address: str, size_px: tuple[int, int]) -> None:
        options = webdriver.ChromeOptions()
        options.binary_location = "/usr/bin/chromium"
        for flag in ("--headless=new", "--no-sandbox", "--disable-gpu", "--hide-scrollbars"):
            options.add_argument(flag)
        options.add_argument(f"--user-data-dir={folder}")
        if size_px == PHONE:
            metrics = {"width": size_px[0], "height": size_px[1], "pixelRatio": 2, "touch": True}
            agent = "Mozilla/5.0 (Linux; Android 15) AppleWebKit/537.36 Chrome/140.0 Mobile Safari/537.36"
            emulated = {"deviceMetrics": metrics, "userAgent": agent}
            options.add_experimental_option("mobileEmulation", emulated)
        self._driver = webdriver.Chrome(options=options, service=Service("/usr/bin/chromedriver"))
        if size_px != PHONE:
            metrics = {"width": size_px[0], "height": size_px[1], "deviceScaleFactor": 1, "mobile": False}
            self._driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)
        self._driver.get(address)

    def close(self) -> None:
        """Close the browser."""
        self._driver.quit()

    def picture(self) -> Image.Image:
        """Return what the page shows."""
        time.sleep(0.3)
        return Image.open(io.BytesIO(self._driver.get_screenshot_as_png())).convert("RGB")

    def until(self, selector: str) -> None:
        """Go on until the page shows an element; answer what is asked on the way."""
        while not self._driver.execute_script(LOOK_OR_ACT, selector):
            time.sleep(0.05)


SCREENS = {
    "consent": ".asked",
    "card": ".card",
    "welcome": "[data-does=stop]",
    "trial": ".trial[data-trial='5'][data-phase=question][data-ask=response]",
    "closing": "output",
}
"""The screens in the order in which a session has them, each with an element that only it has."""


def save(picture: Image.Image, name: str) -> None:
    """Save a picture with few colours."""
    path = FOLDER / f"{name}.png"
    picture.quantize(64, dither=Image.Dither.NONE).save(path, optimize=True)
    print(path.relative_to(ROOT), path.stat().st_size // 1024, "KiB")


def side_by_side(pictures: list[Image.Image]) -> Image.Image:
    """Return one picture with the screens of a phone."""
    width = sum(each.width for each in pictures) + GAP_PX * (len(pictures) - 1)
    made = Image.new("RGB", (width, pictures[0].height), (255, 255, 255))
    x = 0
    for each in pictures:
        made.paste(each, (x, 0))
        x += each.width + GAP_PX
    return made


def main(wanted: set[str]) -> None:
    """Make all pictures, or those on the devices that are named: ``computer``, ``phone``."""
    for device, language, size_px in (("computer", "en", COMPUTER), ("phone", "de", PHONE)):
        if wanted and device not in wanted:
            continue
        with tempfile.TemporaryDirectory() as scratch, serving(Path(scratch), language) as (study, address):
            (link,) = study.invite(1)
            participant = Participant(Path(scratch) / "profile", f"{address}/s/{link.token}", size_px)
            pictures = {}
            try:
                for name, selector in SCREENS.items():
                    participant.until(selector)
                    pictures[name] = participant.picture()
            finally:
                participant.close()
        if device == "phone":
            shown = [pictures[name] for name in ("consent", "welcome", "trial", "closing")]
            save(side_by_side([each.reduce(2) for each in shown]), "online-phone")
        else:
            for name in ("consent", "card", "trial", "closing"):
                save(pictures[name], f"online-{name}")


if __name__ == "__main__":
    main(set(sys.argv[1:]))
