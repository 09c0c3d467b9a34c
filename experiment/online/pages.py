"""The pages of the server itself, and the headers of all its answers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape

HEADERS = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; "
    "img-src 'self' blob:; connect-src 'self'; font-src 'self'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
    # A page that is isolated from others may use the browser's exact clock.
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Embedder-Policy": "require-corp",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), fullscreen=(self)",
    "X-Robots-Tag": "noindex, nofollow",
}
"""No inline code, no other host, no cookies, no frames."""


def shell(study: str, language: str, texts: Mapping[str, str]) -> str:
    """Return the page that loads the client; addresses are relative, so that a proxy may add a path."""
    return _page(
        study,
        language,
        f'<main id="app"></main>\n<noscript>{escape(texts["no_script"])}</noscript>\n'
        '<script src="../static/client.js" defer></script>',
        static="../static",
    )


def notice(study: str, language: str, title: str, body: str) -> str:
    """Return a page that only says something."""
    return _page(study, language, f"<main><h1>{escape(title)}</h1><p>{escape(body)}</p></main>")


def status_page(study: str, rows: Sequence[tuple[str, str]]) -> str:
    """Return the page with the state of the study."""
    lines = "\n".join(
        f'<tr><th scope="row">{escape(name)}</th><td>{escape(value)}</td></tr>' for name, value in rows
    )
    return _page(study, "en", f"<main><h1>{escape(study)}</h1><table>{lines}</table></main>")


def _page(title: str, language: str, body: str, static: str | None = None) -> str:
    link = ""
    if static is not None:
        icon = f'<link rel="icon" href="{static}/icon.svg" type="image/svg+xml">'
        link = f'<link rel="stylesheet" href="{static}/client.css">\n{icon}\n'
    return (
        f'<!doctype html>\n<html lang="{escape(language)}">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{escape(title)}</title>\n{link}</head>\n<body>\n{body}\n</body>\n</html>\n"
    )
