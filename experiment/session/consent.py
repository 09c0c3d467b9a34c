"""Information and consent: asked before anything of a participant is kept, and kept with time and text."""

from __future__ import annotations

import csv
import io
from dataclasses import astuple, dataclass, fields
from pathlib import Path

from experiment.records import Ask, Option
from experiment.screen.markdown_pages import Document
from experiment.screen.texts import Texts
from experiment.session.interfaces import Observer, Reader
from experiment.settings import ExperimentSettings
from tricky.core.files import write_text

AGREE, DISAGREE = "agreed", "not agreed"


@dataclass(frozen=True)
class Consent:
    """One line of ``consent.tsv``.

    Attributes
    ----------
    time : str
        When the question was answered (UTC); ``n/a`` where ``[experiment.privacy]`` leaves times out.
    participant_id, session : str
        Who was asked, and before which session; ``n/a`` where there is one only.
    answer : str
        ``agreed`` or ``not agreed``.
    file, sha256 : str
        The text that was read, and its hash.
    """

    time: str
    participant_id: str
    session: str
    answer: str
    file: str
    sha256: str


def ask_consent(
    reader: Reader, observer: Observer, document: Document, settings: ExperimentSettings, texts: Texts
) -> str:
    """Show the information page by page, then ask; return the answer."""
    for page in document.pages(texts.lines["next"], reader.fits):
        reader.read(page)
        observer.goes_on()
    labels = texts.tables["consent"]
    options = (
        Option(AGREE, labels["agree"], settings.answer_keys[0]),
        Option(DISAGREE, labels["disagree"], settings.answer_keys[1]),
    )
    ask = Ask("consent", texts.lines["consent_question"], options)
    reader.question(ask)
    return observer.choose(None, ask).answer or DISAGREE


def consent_file(data_folder: Path) -> Path:
    """Return where consents are kept: beside the data set, which knows nothing of who did not agree."""
    return data_folder.parent / "consent.tsv"


def keep_consent(data_folder: Path, consent: Consent) -> None:
    """Add a line to ``consent.tsv``, those before it unchanged."""
    path = consent_file(data_folder)
    text = io.StringIO()
    writer = csv.writer(text, delimiter="\t", lineterminator="\n", quoting=csv.QUOTE_MINIMAL)
    if path.exists():
        text.write(path.read_text(encoding="utf-8"))
    else:
        writer.writerow(field.name for field in fields(Consent))
    writer.writerow(astuple(consent))
    write_text(path, text.getvalue())
