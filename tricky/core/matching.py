"""Match the entries of a lab's lists with the names in the data; none that matches nothing is ignored."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import PurePosixPath
from typing import Any

from tricky.core.errors import InputError
from tricky.core.names import plain

_SEARCHED_AT_MOST = 5_000
"""Names that are searched for similar spellings; more would take long."""


@dataclass(frozen=True)
class Matches:
    """What a list matched.

    Attributes
    ----------
    where : str
        The list, for people: a file or a setting.
    found : dict of str to str
        Entry → the name that the data have for it.
    unmatched : tuple of str
        Entries that match nothing, in order.
    """

    where: str
    found: dict[str, str]
    unmatched: tuple[str, ...]

    @property
    def names(self) -> frozenset[str]:
        """The names that were matched, as the data have them."""
        return frozenset(self.found.values())

    def counts(self) -> dict[str, Any]:
        """Return the numbers of entries and matches, for a manifest."""
        return {
            "list": self.where,
            "n_entries": len(self.found) + len(self.unmatched),
            "n_matched": len(self.found),
        }


def match_entries(
    entries: Sequence[str],
    known: Collection[str],
    *,
    where: str,
    what: str,
    lines: Sequence[int] | None = None,
    partial: bool = False,
) -> Matches:
    """Match the entries of a list with known names, in Unicode's composed form.

    Parameters
    ----------
    entries : sequence of str
        What the list says.
    known : collection of str
        The names that the data have.
    where : str
        The list, for people: a file, or a setting such as ``[stimuli.main.eligible] deny_classes``.
    what : str
        What the names are of, in the singular: ``image``, ``class`` …
    lines : sequence of int, optional
        The line of each entry in its file.
    partial : bool
        Whether the list may be larger than the data; then only a list without any match is an error.

    Raises
    ------
    InputError
        An entry (of a partial list: every entry) matches nothing; the likely reason is named.
    """
    by_form = {plain(name): name for name in known}
    if len(by_form) < len(known):
        first = next(name for name in known if by_form[plain(name)] != name)
        raise InputError(
            f"{where}: two names of the data differ only in Unicode form ({first!r}); rename one"
        )
    found: dict[str, str] = {}
    unmatched: dict[str, int] = {}
    for place, entry in enumerate(entries):
        if (name := by_form.get(plain(entry))) is not None:
            found[entry] = name
        else:
            unmatched.setdefault(entry, place)
    matches = Matches(where, found, tuple(unmatched))
    if unmatched and not (partial and found):
        first, place = next(iter(unmatched.items()))
        line = "" if lines is None else f", line {lines[place]}"
        n_entries = len(found) + len(unmatched)
        count = f"{len(unmatched)} of {n_entries} entries match no {what}" if n_entries > 1 else f"no {what}"
        names = f"; the first is {first!r}" if n_entries > 1 else f" is called {first!r}"
        raise InputError(f"{where}{line}: {count}{names}{_likely_reason(first, by_form)}")
    return matches


def _likely_reason(entry: str, known: dict[str, str]) -> str:
    """Return why an entry may match nothing, as the end of a sentence."""
    form = plain(entry).strip()
    slashed = form.replace("\\", "/").removeprefix("./")
    if slashed in known and slashed != form:
        return f"; write {known[slashed]!r}" + (" (/ for \\)" if "\\" in form else "")
    if form in known:
        return f"; remove the space around {known[form]!r}"
    by_small = {name.casefold(): name for name in known}
    if near := by_small.get(slashed.casefold()):
        return f"; write {near!r}: capital and small letters differ"
    without_suffix = {
        str(PurePosixPath(name).with_suffix("")).casefold(): name for name in known if name.strip("./")
    }
    path = PurePosixPath(slashed)
    if path.name and (near := without_suffix.get(str(path.with_suffix("")).casefold())):
        return f"; write {near!r}: the suffix differs"
    by_file = {PurePosixPath(name).name.casefold(): name for name in known}
    if path.name and (near := by_file.get(path.name.casefold())):
        return f"; did you mean {near!r}?"
    near = get_close_matches(form, list(known)[:_SEARCHED_AT_MOST], n=1, cutoff=0.6)
    if near:
        return f"; did you mean {known[near[0]]!r}?"
    example = next(iter(known.values()), None)
    return "; there are none" if example is None else f"; names are written like {example!r}"
