"""Information and consent: asked before anything of a participant is kept, and kept with time and text."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from experiment.data.bids import SessionPath
from experiment.data.consents import Consent, keep_consent
from experiment.records import Ask, Option
from experiment.screen.markdown_pages import Document
from experiment.screen.texts import Texts
from experiment.session.interfaces import Observer, Reader
from experiment.settings import ExperimentSettings, PrivacySettings

AGREE, DISAGREE = "agreed", "not agreed"


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


def keep_answer(
    data_folder: Path, place: SessionPath, information: Document, answer: str, privacy: PrivacySettings
) -> Consent:
    """Add a participant's answer to ``consent.tsv``, with time and text."""
    now = datetime.now(UTC).isoformat(timespec="seconds")
    consent = Consent(
        "n/a" if "times" in privacy.leave_out else now,
        f"sub-{place.participant}",
        "n/a" if place.session is None else f"ses-{place.session}",
        answer,
        information.name,
        information.sha256,
    )
    keep_consent(data_folder, consent)
    return consent
