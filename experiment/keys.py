"""PsychoPy's names of keys, and checks that settings use known keys and no key twice.

The names are in a file that `experiment.screen.psychopy_key_names` writes, so that a study file can be
checked on machines without PsychoPy. A press of a key with an unknown name would never arrive.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from functools import cache
from importlib.resources import files

from tricky.core.settings import SettingError

_OTHER_NAMES = {
    "enter": "return",
    "esc": "escape",
    "": "space",
    "spacebar": "space",
    "del": "delete",
    "ins": "insert",
    "pgup": "pageup",
    "pgdn": "pagedown",
    "ctrl": "lctrl",
    "control": "lctrl",
    "shift": "lshift",
    "alt": "lalt",
    "cmd": "lcommand",
    "command": "lcommand",
    "win": "lwindows",
    ",": "comma",
    ".": "period",
    "/": "slash",
    "-": "minus",
    "=": "equal",
    ";": "semicolon",
    "'": "apostrophe",
    "[": "bracketleft",
    "]": "bracketright",
    "\\": "backslash",
    "<": "less",
}
"""Other names of keys, in small letters without spaces → PsychoPy's name."""


def names_of(key: str) -> tuple[str, ...]:
    """Return all names of a key: a digit is also on the number pad."""
    return (key, f"num_{key}") if key.isdecimal() else (key,)


def known_keys(backend: str, system: str | None = None) -> frozenset[str]:
    """Return the names of keys.

    Parameters
    ----------
    backend : {"ptb", "event"}
        PsychoPy's keyboard backend.
    system : {"Windows", "Darwin", "Linux"}, optional
        Operating system of the participant's PC, as `platform.system` names it; by default any.
    """
    tables = _tables()
    if backend == "event":
        return frozenset(tables["event"])
    systems = tables["ptb"]
    if system is None:
        return frozenset().union(*systems.values())
    return frozenset(systems.get(system, systems["Linux"]))  # as PsychoPy itself does


def is_known(key: str, backend: str, system: str | None = None) -> bool:
    """Return whether PsychoPy has a key of this name.

    The window's own events (``event``) name a key that types a letter beyond ASCII, such as ``ö``, by it.
    """
    letter = backend == "event" and len(key) == 1 and not key.isascii() and key.isalpha()
    return key in known_keys(backend, system) or (letter and key == key.lower())


def closest_key(key: str, backend: str) -> str | None:
    """Return the known key that is closest to an unknown name."""
    known = known_keys(backend)
    words = key.lower().replace("_", " ").replace("-", " ").split()
    form = "".join(word for word in words if word not in ("key", "arrow")) or "".join(words)
    form = form.removeprefix("arrow").removesuffix("arrow").replace("numpad", "num").replace("kp", "num")
    for name in (form, _OTHER_NAMES.get(form), _OTHER_NAMES.get(key.strip()), _with_number_pad(form)):
        if name in known:
            return name
    near = get_close_matches(form, sorted(known), n=1, cutoff=0.6)
    return near[0] if near else None


def check_keys(keys: Mapping[str, str | Sequence[str]], backend: str) -> None:
    """Check that PsychoPy knows every key.

    Parameters
    ----------
    keys : mapping of str to str, or to sequence of str
        Setting → its key or keys.
    backend : {"ptb", "event"}

    Raises
    ------
    SettingError
        A key is unknown; the message contains the closest known name.
    """
    for setting, value in keys.items():
        for place, key in enumerate([value] if isinstance(value, str) else value):
            if is_known(key, backend):
                continue
            near = closest_key(key, backend)
            hint = f'did you mean "{near}"?' if near else "names are such as left, a, 1, space, return"
            where = (setting,) if isinstance(value, str) else (setting, place)
            raise SettingError(where, key, f'PsychoPy\'s name of a key (keyboard = "{backend}"); {hint}')


def check_roles(roles: Mapping[str, Sequence[str]]) -> None:
    """Check that no key has two roles.

    Parameters
    ----------
    roles : mapping of str to sequence of str
        Setting → its keys; all roles exist at the same time.

    Raises
    ------
    SettingError
        A key has two.
    """
    taken: dict[str, tuple[str, str]] = {}
    for setting, keys in roles.items():
        for key in keys:
            for name in names_of(key):
                if name in taken:
                    other, its_key = taken[name]
                    also = "" if its_key == key else f', where "{its_key}" is the same key'
                    raise SettingError(
                        setting, key, f"a key without another role; it has one in `{other}`{also}"
                    )
                taken[name] = setting, key


def _with_number_pad(form: str) -> str:
    return f"num_{form.removeprefix('num')}" if form.startswith("num") else ""


@cache
def _tables() -> dict[str, dict[str, list[str]]]:
    return json.loads(files("experiment").joinpath("key_names.json").read_text(encoding="utf-8"))
