import pytest
from chromium import axe_source, axe_violations, chromium, requested_urls, resize
from reports import RATING, SINGLE, report

from tricky.core.files import sha256_of


@pytest.fixture(scope="session")
def axe():
    return axe_source()


@pytest.fixture
def browser(tmp_path):
    with chromium(tmp_path / "profile") as driver:
        yield driver


@pytest.fixture(params=["2afc", "single", "rating"])
def write_page(request, study, drawn_images, rehearse, digits):
    """Write the report of a study of each task, and return what it found."""
    if request.param == "2afc":
        study.write_observers(12)
        return lambda: report(study.root, drawn_images)
    root = rehearse(12, **{"single": SINGLE, "rating": RATING}[request.param])
    return lambda: report(root, digits)


def test_the_page_opens_alone_complete_and_as_wide_as_the_screen(write_page, browser):
    results = write_page()
    browser.get_log("performance")
    for width in (1440, 390):
        resize(browser, width)
        browser.get(results.page.as_uri())
        browser.execute_script("document.querySelectorAll('details').forEach(each => { each.open = true })")
        wide, screen = browser.execute_script(
            "return [document.documentElement.scrollWidth, document.documentElement.clientWidth]"
        )
        assert wide <= screen <= width
        shown = browser.execute_script(
            "return [...document.images].map(i => [i.complete, i.naturalWidth, i.alt, i.src.slice(0, 40)])"
        )
        assert len(shown) > 20
        assert [each for each in shown if not (each[0] and each[1] and each[2])] == []

    outside = {url for url in requested_urls(browser) if not url.startswith("data:")}
    assert outside == {results.page.as_uri()}
    assert browser.get_log("browser") == []
    headings = browser.execute_script(
        "return [...document.querySelectorAll('h1, h2')].map(h => h.textContent)"
    )
    assert headings[:2] == ["Small study", "Summary"]
    targets = "return [...document.querySelectorAll('nav a')].every(a => document.querySelector(a.hash))"
    assert browser.execute_script(targets)


def test_axe_finds_nothing_serious(write_page, browser, axe):
    browser.get(write_page().page.as_uri())
    browser.execute_script("document.querySelectorAll('details').forEach(each => { each.open = true })")
    found = axe_violations(browser, axe)
    assert [each for each in found if each[0] in ("serious", "critical")] == []


def choose(browser, name, value, told):
    """Choose in one of the filters, and return what the entries that are left tell of themselves."""
    script = (
        "const box = document.getElementById(arguments[0]); box.value = arguments[1];"
        "box.dispatchEvent(new Event('change', {bubbles: true}));"
        "return [...document.querySelectorAll('#listed li')].filter(li => !li.hidden)"
        ".map(li => li.dataset[arguments[2]])"
    )
    found = browser.execute_script(script, name, value, told)
    n_found = browser.execute_script("return document.getElementById('n-found').textContent")
    assert n_found == str(len(found))
    return found


def test_the_list_of_pairs_can_be_sorted_and_filtered(study, drawn_images, browser):
    study.write_observers(12)
    browser.get(report(study.root, drawn_images).page.as_uri())
    everything = [float(each) for each in choose(browser, "sort", "accuracy", "accuracy")]
    assert len(everything) == 20
    assert everything == sorted(everything)
    falling = [float(each) for each in choose(browser, "sort", "-accuracy", "accuracy")]
    assert falling == sorted(everything, reverse=True)
    few = [float(each) for each in choose(browser, "at-most", "0.75", "accuracy")]
    assert few == [each for each in falling if each <= 0.75]
    assert 0 < len(few) < 20


def test_the_list_of_rated_images_can_be_sorted_and_filtered(rehearse, digits, browser):
    content = report(root := rehearse(**RATING), digits).content
    browser.get((root / "report" / "report.html").as_uri())
    means = sorted(row["means"]["odd"] for row in content["trials"]["listed"])
    assert [float(each) for each in choose(browser, "sort", "q2", "q2")] == pytest.approx(means)
    groups = choose(browser, "difficulty-of", "impossible", "difficulty")
    assert groups == ["impossible"] * 12
    low = [float(each) for each in choose(browser, "at-most", "2", "q1")]
    assert max(low) <= 2
    assert 0 < len(low) < 12


def hashes_of(results):
    folder = results.page.parent
    return {path.relative_to(folder).as_posix(): sha256_of(path) for path in folder.rglob("*.*")}


def test_the_same_study_gives_the_same_bytes(write_page):
    assert hashes_of(write_page()) == hashes_of(write_page())


def test_a_changed_study_gives_other_bytes(study, drawn_images):
    study.write_observers(4)
    first = hashes_of(report(study.root, drawn_images))
    study.write_session("sim01", {"trial-005": False, "trial-006": False})
    assert hashes_of(report(study.root, drawn_images))["report.html"] != first["report.html"]


def test_a_report_holds_its_own_figures_and_tables_and_none_of_another_task(rehearse, digits):
    root = rehearse(**RATING)
    stale = root / "report" / "figures" / "consistency_means.svg"
    stale.parent.mkdir(parents=True)
    stale.write_text("of an earlier report")
    figures = ("ratings", "composition", "graded", "observer_details", "histogram")
    tables = (
        "questions",
        "missing",
        "ratings",
        "composition",
        "graded",
        "observer_details",
        "trials",
        "exclusions",
        "histogram",
    )
    assert set(hashes_of(report(root, digits))) == {
        "report.html",
        "results.json",
        *(f"figures/{name}.{suffix}" for name in figures for suffix in ("svg", "png")),
        *(f"tables/{name}.csv" for name in tables),
    }
