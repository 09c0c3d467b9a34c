"""Control characters in the cells of tab-separated tables, which must not break a line."""

from __future__ import annotations

import re

# In tab-separated tables that tricky writes, one line is one row, as BIDS wants it: control characters, which
# free text may contain, are written as Unicode's pictures of them (␉ for a tab, ␊ for a line feed), and a
# picture that the text itself contains follows ␦.
_PICTURES = {chr(code): chr(0x2400 + code) for code in range(32)} | {"\x7f": "\u2421"}
_CONTROLS = {picture: control for control, picture in _PICTURES.items()}
_ESCAPE = "\u2426"
_PICTURE_OF = re.compile(f"[{''.join(map(re.escape, [*_PICTURES, *_CONTROLS, _ESCAPE]))}]")
_CONTROL_OF = re.compile(f"{_ESCAPE}(.)|([{''.join(_CONTROLS)}])", re.DOTALL)


def escaped(cell: str) -> str:
    """Return a cell for a tab-separated table: one line, whatever the text contains."""
    return _PICTURE_OF.sub(lambda found: _PICTURES.get(found[0]) or _ESCAPE + found[0], cell)


def unescaped(cell: str) -> str:
    """Return a cell of a table that tricky wrote with its control characters themselves."""
    return _CONTROL_OF.sub(lambda found: found[1] or _CONTROLS[found[2]], cell)
