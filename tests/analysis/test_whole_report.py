import hashlib
import io
import json
import sys
import tarfile
import urllib.request
from pathlib import Path

import pytest
from selenium import webdriver
from selenium.webdriver.chrome.service import Service

from analysis.report.write import write_report
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

AXE_VERSION = "4.14.1"
AXE_SHA256 = "29348999450cdf2849a8e70b7912fc2da85a849da39c0d0d5394f51d4a9ed95c"


@pytest.fixture(scope="session")
def axe():
    """Return the source of axe-core, fetched once from the npm registry and held against its hash."""
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


def test_axe_finds_nothing_serious_and_the_list_of_pairs_can_be_sorted_and_filtered(
    study, drawn_images, browser, axe
):
    study.write_observers(12)
    browser.get(report(study, drawn_images).report.as_uri())
    browser.execute_script("document.querySelectorAll('details').forEach(each => { each.open = true })")
    browser.execute_script(axe)
    found = browser.execute_async_script(
        "const done = arguments[arguments.length - 1];"
        "axe.run(document).then(r => done(r.violations.map(v => [v.impact, v.id, v.nodes[0].html])))"
    )
    assert [each for each in found if each[0] in ("serious", "critical")] == []

    def choose(name, value):
        script = (
            "const box = document.getElementById(arguments[0]); box.value = arguments[1];"
            "box.dispatchEvent(new Event('change', {bubbles: true}));"
            "return [...document.querySelectorAll('#listed li')].filter(li => !li.hidden)"
            ".map(li => Number(li.dataset.accuracy))"
        )
        return browser.execute_script(script, name, value)

    everything = choose("sort", "accuracy")
    assert len(everything) == 20
    assert everything == sorted(everything)
    assert choose("sort", "-accuracy") == sorted(everything, reverse=True)
    few = choose("at-most", "0.75")
    assert few == sorted((each for each in everything if each <= 0.75), reverse=True)
    assert 0 < len(few) < 20
    assert browser.execute_script("return document.getElementById('n-found').textContent") == str(len(few))


def test_the_same_study_gives_the_same_bytes_and_a_changed_one_others(study, drawn_images):
    study.write_observers(4)

    def hashes():
        report(study, drawn_images)
        return {path.name: sha256_of(path) for path in (study.root / "report").rglob("*.*")}

    first = hashes()
    assert hashes() == first
    study.write_session("sim01", {"trial-005": False, "trial-006": False})
    assert hashes()["report.html"] != first["report.html"]
