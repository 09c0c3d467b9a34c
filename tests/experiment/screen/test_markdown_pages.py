from __future__ import annotations

import pytest

from experiment.screen.markdown_pages import read_document
from tricky.core.errors import InputError

TEXT = """# About this study

We study **how people** see what *networks* see.
It takes `20` minutes, [says the lab](https://example.org).

- You may stop at any time.
- Nothing happens
  if you do.

## Data

Yours stay here.
"""


@pytest.fixture
def document(tmp_path):
    path = tmp_path / "information.md"
    path.write_text(TEXT, encoding="utf-8")
    return read_document(path, "information.md")


def test_markdown_becomes_headings_with_paragraphs_of_plain_text(document):
    assert document.sections == (
        (
            "About this study",
            (
                "We study how people see what networks see. It takes 20 minutes, says the lab.",
                "• You may stop at any time.",
                "• Nothing happens if you do.",
            ),
        ),
        ("Data", ("Yours stay here.",)),
    )


def test_a_page_ends_where_a_paragraph_has_no_room_and_no_word_is_lost(document):
    pages = document.pages("to go on", lambda page: len(page.body) <= 2)
    assert [(page.title, len(page.body)) for page in pages] == [
        ("About this study", 2),
        ("About this study", 1),
        ("Data", 1),
    ]
    assert [p for page in pages for p in page.body] == [p for _, body in document.sections for p in body]
    assert {page.prompt for page in pages} == {"to go on"}


def test_a_paragraph_that_fits_no_screen_is_named(document):
    with pytest.raises(InputError, match=r"information\.md: the paragraph 'We study how"):
        document.pages("", lambda page: sum(map(len, page.body)) < 50)


@pytest.mark.parametrize("content", [None, "", "# Only a heading\n"])
def test_a_text_that_is_missing_or_empty_is_refused(tmp_path, content):
    path = tmp_path / "information.md"
    if content is not None:
        path.write_text(content)
    with pytest.raises(InputError, match=r"information\.md: (no such file|contains no text)"):
        read_document(path, "information.md")


def test_numbered_lists_line_breaks_and_text_that_only_looks_like_markdown_are_kept(tmp_path):
    path = tmp_path / "debriefing.md"
    path.write_text(
        "Institute of Vision  \nRoom 3\n\n2. first\n3. second\n   - nested\n\n"
        "5 * 3 * 2 = 30, snake_case_name, \\*not emphasis\\*\n\n![a picture](x.png) <b>bold</b> &amp; more\n",
        encoding="utf-8",
    )
    ((_, paragraphs),) = read_document(path, "debriefing.md").sections
    assert paragraphs == (
        "Institute of Vision",
        "Room 3",
        "2. first",
        "3. second",
        "• nested",
        "5 * 3 * 2 = 30, snake_case_name, *not emphasis*",
        "a picture <b>bold</b> & more",
    )


def test_a_text_in_another_encoding_is_refused(tmp_path):
    path = tmp_path / "information.md"
    path.write_bytes("Prüfung".encode("cp1252"))
    with pytest.raises(InputError, match=r"information\.md, line 1: not UTF-8"):
        read_document(path, "information.md")
