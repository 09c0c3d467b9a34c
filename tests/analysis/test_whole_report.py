import json

import pytest
from selenium import webdriver
from selenium.webdriver.chrome.service import Service

from analysis.report import write_report
from analysis.settings import AnalyseSettings
from model_eval.artefacts import sha256_of

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


@pytest.fixture
def browser(tmp_path):
    options = webdriver.ChromeOptions()
    options.binary_location = "/usr/bin/chromium"
    for flag in (*FLAGS, f"--user-data-dir={tmp_path / 'profile'}"):
        options.add_argument(flag)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    driver = webdriver.Chrome(options=options, service=Service("/usr/bin/chromedriver"))
    driver.execute_cdp_cmd("Network.enable", {})
    yield driver
    driver.quit()


def report(study, source):
    settings = AnalyseSettings()
    return write_report(study.root, settings, title="Small study", experiment_set="main", source=source)


def requested_urls(browser):
    for entry in browser.get_log("performance"):
        message = json.loads(entry["message"])["message"]
        if message["method"] == "Network.requestWillBeSent":
            yield message["params"]["request"]["url"]


def test_the_page_opens_alone_complete_and_as_wide_as_the_screen(study, drawn_images, browser):
    study.write_observers(12)
    results = report(study, drawn_images)
    browser.get_log("performance")
    for width in (1440, 390):
        metrics = {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": width < 500}
        browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)
        browser.get(results.report.as_uri())
        browser.execute_script("document.querySelectorAll('details').forEach(each => { each.open = true })")
        wide, screen = browser.execute_script(
            "return [document.documentElement.scrollWidth, document.documentElement.clientWidth]"
        )
        assert wide <= screen <= width
        shown = browser.execute_script(
            "return [...document.images].map(i => [i.complete && i.naturalWidth > 0, i.alt.length > 0])"
        )
        assert len(shown) > 20
        assert all(loaded and described for loaded, described in shown)

    outside = {url for url in requested_urls(browser) if not url.startswith("data:")}
    assert outside == {results.report.as_uri()}
    assert browser.get_log("browser") == []
    headings = browser.execute_script(
        "return [...document.querySelectorAll('h1, h2')].map(h => h.textContent)"
    )
    assert headings[:2] == ["Small study", "Summary"]
    targets = "return [...document.querySelectorAll('nav a')].every(a => document.querySelector(a.hash))"
    assert browser.execute_script(targets)


def test_the_same_study_gives_the_same_bytes_and_a_changed_one_others(study, drawn_images):
    study.write_observers(4)

    def hashes():
        report(study, drawn_images)
        return {path.name: sha256_of(path) for path in (study.root / "report").rglob("*.*")}

    first = hashes()
    assert hashes() == first
    study.write_session("sim01", {"trial-005": False, "trial-006": False})
    assert hashes()["report.html"] != first["report.html"]
