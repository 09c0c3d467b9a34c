"""Match the entries of a lab's lists with the names in the data; none that matches nothing is ignored."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import PurePosixPath

from tricky.core.errors import InputError
from tricky.core.names import plain

_LISTED_AT_MOST = 12
"""Names that an error message lists."""

_SEARCHED_AT_MOST = 5_000
"""Names that are searched for similar spellings; more would take long."""


@dataclass(frozen=True)
class Matches:
    """What a list matched.

    Attributes
    ----------
    found : dict of str to str
        Entry → the name that the data have for it.
    unmatched : tuple of str
        Entries that match nothing, in order.
    """

    found: dict[str, str]
    unmatched: tuple[str, ...]

    @property
    def names(self) -> frozenset[str]:
        """The names that were matched, as the data have them."""
        return frozenset(self.found.values())

    def counts(self) -> dict[str, int]:
        """Return the numbers of different entries and of those that match, for a manifest."""
        return {"n_entries": len(self.found) + len(self.unmatched), "n_matched": len(self.found)}


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
    matches = Matches(found, tuple(unmatched))
    if unmatched and not (partial and found):
        first, place = next(iter(unmatched.items()))
        line = "" if lines is None else f", line {lines[place]}"
        n_entries = len(found) + len(unmatched)
        count = f"{len(unmatched)} of {n_entries} entries match no {what}" if n_entries > 1 else f"no {what}"
        names = f"; the first is {_shown(first)}" if n_entries > 1 else f" is called {_shown(first)}"
        raise InputError(f"{where}{line}: {count}{names}{_likely_reason(first, by_form)}")
    return matches


def _shown(name: str) -> str:
    """Return a name in quotation marks, on one line, with its backslashes as they are typed."""
    return repr(name).replace("\\\\", "\\")


def _likely_reason(entry: str, known: dict[str, str]) -> str:
    """Return why an entry may match nothing, as the end of a sentence."""
    form = plain(entry).strip()
    slashed = form.replace("\\", "/").removeprefix("./")
    if slashed in known and slashed != form:
        return f"; write {_shown(known[slashed])}" + (" (/ for \\)" if "\\" in form else "")
    if form in known:
        return f"; remove the space around {_shown(known[form])}"
    by_small = {name.casefold(): name for name in known}
    if near := by_small.get(slashed.casefold()):
        return f"; write {_shown(near)}: capital and small letters differ"
    without_suffix = {
        str(PurePosixPath(name).with_suffix("")).casefold(): name for name in known if name.strip("./")
    }
    path = PurePosixPath(slashed)
    if path.name and (near := without_suffix.get(str(path.with_suffix("")).casefold())):
        return f"; write {_shown(near)}: the suffix differs"
    for start in range(1, len(path.parts)):
        if near := by_small.get("/".join(path.parts[start:]).casefold()):
            return f"; did you mean {_shown(near)}?"
    same_file = [name for name in known if PurePosixPath(name).name.casefold() == path.name.casefold()]
    if path.name and len(same_file) == 1:
        return f"; did you mean {_shown(known[same_file[0]])}?"
    near = get_close_matches(form, (same_file or list(known))[:_SEARCHED_AT_MOST], n=1, cutoff=0.6)
    if near:
        return f"; did you mean {_shown(known[near[0]])}?"
    if len(known) <= _LISTED_AT_MOST:
        return f"; there are {', '.join(map(_shown, known.values())) or 'none'}"
    return f"; names are written like {_shown(next(iter(known.values())))}"


def describe_matches(matched: Mapping[str, Mapping[str, int]]) -> list[str]:
    """Return a line for each list: how many of its entries match.

    Parameters
    ----------
    matched : mapping of str to mapping
        Name of the list → `Matches.counts`.
    """
    return [
        f"{name}: {counts['n_matched']:,} of {counts['n_entries']:,} entries match"
        for name, counts in matched.items()
    ]
