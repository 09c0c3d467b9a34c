"""Headless Chromium for tests, and axe-core."""

from __future__ import annotations

import hashlib
import io
import json
import sys
import tarfile
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from selenium import webdriver
from selenium.webdriver.chrome.service import Service

FLAGS = (
    *(
        "--headless=new",
        "--no-sandbox",
        "--disable-gpu",
        "--no-first-run",
        "--disable-sync",
        "--disable-quic",
    ),
    *("--disable-background-networking", "--disable-component-update", "--disable-dev-shm-usage"),
)

AXE_VERSION = "4.14.1"
AXE_SHA256 = "29348999450cdf2849a8e70b7912fc2da85a849da39c0d0d5394f51d4a9ed95c"


@contextmanager
def chromium(profile: Path) -> Iterator[webdriver.Chrome]:
    """Run a browser with a profile of its own."""
    options = webdriver.ChromeOptions()
    options.binary_location = "/usr/bin/chromium"
    for flag in (*FLAGS, f"--user-data-dir={profile}"):
        options.add_argument(flag)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    driver = webdriver.Chrome(options=options, service=Service("/usr/bin/chromedriver"))
    driver.execute_cdp_cmd("Network.enable", {})
    try:
        yield driver
    finally:
        driver.quit()


def resize(browser: webdriver.Chrome, width: int, height: int = 900) -> None:
    """Give the page a size; below 500 pixels it is on a phone."""
    metrics = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 500}
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)


def requested_urls(browser: webdriver.Chrome) -> Iterator[str]:
    """Yield the addresses that pages asked for since the last call."""
    for entry in browser.get_log("performance"):
        message = json.loads(entry["message"])["message"]
        if message["method"] == "Network.requestWillBeSent":
            yield message["params"]["request"]["url"]


def axe_source() -> str:
    """Return the source of axe-core, fetched once from the npm registry and compared with its hash."""
    path = Path(sys.prefix) / f"axe-core-{AXE_VERSION}.min.js"
    if not path.exists():
        url = f"https://registry.npmjs.org/axe-core/-/axe-core-{AXE_VERSION}.tgz"
        with urllib.request.urlopen(url, timeout=120) as answer:
            package = io.BytesIO(answer.read())
        with tarfile.open(fileobj=package) as archive:
            file = archive.extractfile("package/axe.min.js")
            assert file is not None
            path.write_bytes(file.read())
    content = path.read_bytes()
    assert hashlib.sha256(content).hexdigest() == AXE_SHA256
    return content.decode()


def axe_violations(browser: webdriver.Chrome, axe: str) -> list[list[Any]]:
    """Return what axe-core finds on the page: impact, rule, first element."""
    browser.execute_script(axe)
    return browser.execute_async_script(
        "const done = arguments[arguments.length - 1];"
        "axe.run(document).then(r => done(r.violations.map(v => [v.impact, v.id, v.nodes[0].html])))"
    )
