"""Ask for consent before anything about a participant is saved, and save the answer with time and text."""

from __future__ import annotations

from datetime import UTC, datetime

from experiment.data.bids import SessionPath
from experiment.data.consents import Consent, keep_consent
from experiment.records import Ask, Option
from experiment.screen.content import Devices, SessionContent
from experiment.screen.markdown_pages import Document
from experiment.settings import PrivacySettings

AGREE, DISAGREE = "agreed", "not agreed"


def ask_consent(devices: Devices, document: Document, content: SessionContent) -> str:
    """Show the information page by page, then ask for consent; return the answer."""
    display, observer, texts = devices.display, devices.observer, content.texts
    for page in document.pages(texts.lines["next"], display.fits):
        display.read(page)
        observer.turn_page()
    labels, keys = texts.tables["consent"], content.settings.answer_keys
    options = (Option(AGREE, labels["agree"], keys[0]), Option(DISAGREE, labels["disagree"], keys[1]))
    ask = Ask("consent", texts.lines["consent_question"], options)
    display.question(ask)
    return observer.choose(None, ask).answer or DISAGREE


def save_answer(path: SessionPath, information: Document, answer: str, privacy: PrivacySettings) -> Consent:
    """Add a participant's answer to ``consent.tsv``, with the time and the text that was shown."""
    now = datetime.now(UTC).isoformat(timespec="seconds")
    consent = Consent(
        "n/a" if "times" in privacy.leave_out else now,
        f"sub-{path.participant}",
        "n/a" if path.session is None else f"ses-{path.session}",
        answer,
        information.name,
        information.sha256,
    )
    keep_consent(path.data_folder, consent)
    return consent
