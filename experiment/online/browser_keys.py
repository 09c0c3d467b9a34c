"""PsychoPy's names of keys as a browser reports them."""

from __future__ import annotations

from typing import Any

from experiment.keys import names_of
from experiment.screen.texts import Texts
from tricky.core.errors import InputError

_NAMED = {
    "left": "ArrowLeft",
    "right": "ArrowRight",
    "up": "ArrowUp",
    "down": "ArrowDown",
    "return": "Enter",
    "escape": "Escape",
    "tab": "Tab",
    "backspace": "Backspace",
    "delete": "Delete",
    "insert": "Insert",
    "home": "Home",
    "end": "End",
    "pageup": "PageUp",
    "pagedown": "PageDown",
    **{f"f{number}": f"F{number}" for number in range(1, 20)},
}
"""Keys whose `KeyboardEvent.key` and `KeyboardEvent.code` are the same word."""

_BY_CODE = {
    "lshift": "ShiftLeft",
    "rshift": "ShiftRight",
    "lctrl": "ControlLeft",
    "rctrl": "ControlRight",
    "lalt": "AltLeft",
    "ralt": "AltRight",
    "loption": "AltLeft",
    "roption": "AltRight",
    **{f"num_{digit}": f"Numpad{digit}" for digit in range(10)},
    "num_add": "NumpadAdd",
    "num_subtract": "NumpadSubtract",
    "num_multiply": "NumpadMultiply",
    "num_divide": "NumpadDivide",
    "num_decimal": "NumpadDecimal",
    "num_enter": "NumpadEnter",
    "num_equal": "NumpadEqual",
}
"""Keys that differ from others of the same name in their place only."""

_BY_CHARACTER = {
    "comma": ",",
    "period": ".",
    "slash": "/",
    "minus": "-",
    "equal": "=",
    "semicolon": ";",
    "apostrophe": "'",
    "bracketleft": "[",
    "bracketright": "]",
    "backslash": "\\",
    "less": "<",
    "pound": "#",
    "quoteleft": "`",
    "grave": "`",
}
"""Keys that type a character, which is in different places on different keyboards."""


def browser_key(name: str, texts: Texts) -> dict[str, str | None]:
    """Return how a browser reports a key.

    A press is of this key if its `KeyboardEvent.code` is ``code``, or its `KeyboardEvent.key` is ``key``, a
    single letter in small; either may be None.

    Parameters
    ----------
    name : str
        PsychoPy's name.
    texts : Texts
        Labels on pictures of keys.

    Raises
    ------
    InputError
        Browsers don't report such a key.
    """
    cap = texts.key_cap(name.removeprefix("num_"))
    if name == "space":
        return {"key": " ", "code": "Space", "cap": cap}
    if name in _NAMED:
        return {"key": _NAMED[name], "code": _NAMED[name], "cap": cap}
    if name in _BY_CODE:
        return {"key": None, "code": _BY_CODE[name], "cap": cap}
    if len(name) == 1:
        return {"key": name, "code": f"Digit{name}" if name.isdecimal() else None, "cap": cap}
    if name in _BY_CHARACTER:
        return {"key": _BY_CHARACTER[name], "code": None, "cap": _BY_CHARACTER[name]}
    raise InputError(
        f"study.toml: browsers do not report the key {name!r} of [experiment]; online sessions need another"
    )


def browser_keys(name: str, texts: Texts) -> list[dict[str, Any]]:
    """Return all keys that count as the named one: a digit is also on the number pad."""
    return [browser_key(each, texts) for each in names_of(name)]
