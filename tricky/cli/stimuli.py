"""``tricky stimuli build``, ``refresh``, ``check``, ``show``, ``orders``."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tricky.cli.app import open_study, stimuli_app
from tricky.cli.output import Styled, Table, progress, say

if TYPE_CHECKING:
    from stimuli.check import Checked
    from stimuli.order_check import Order
    from stimuli.records import StimulusSet

Name = Annotated[str, typer.Argument(help="Name of the set: \\[stimuli.NAME] in study.toml.")]
Replace = Annotated[bool, typer.Option("--replace", help="Replace a different set of the same name.")]


@stimuli_app.command("build")
def stimuli_build(
    context: typer.Context,
    name: Name = "main",
    replace: Replace = False,
    reference: Annotated[
        bool, typer.Option("--reference", help="Refer to the original image files instead of copying them.")
    ] = False,
) -> None:
    """Draw, match and export the images that observers will see."""
    study = open_study(context)
    with progress() as moved:
        built = study.build_stimuli(name, reference=reference, replace=replace, progress=moved)
    show_set(built)


@stimuli_app.command("refresh")
def stimuli_refresh(
    context: typer.Context,
    name: Annotated[str, typer.Argument(help="The set that observers have seen.")] = "main",
    decisions: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="Decisions of the new pool; by default the study's own labels."),
    ] = None,
    successor: Annotated[
        str | None,
        typer.Option("--as", metavar="NAME", help="The new set's name; by default NAME-2, NAME-3 …"),
    ] = None,
    full: Annotated[
        bool, typer.Option("--full", help="Draw all images again, and show the difference.")
    ] = False,
    replace: Replace = False,
) -> None:
    """Build the successor of a set under the labels of a new pool, with as few changes as possible."""
    study = open_study(context)
    with progress() as moved:
        built = study.refresh_stimuli(
            name,
            decisions=decisions,
            successor=successor,
            full=full,
            replace=replace,
            progress=moved,
        )
    show_set(built)
    show_changes(built)
    say(f"Every change: {built.folder / 'changes.tsv'}")


@stimuli_app.command("check")
def stimuli_check(context: typer.Context, name: Name = "main") -> None:
    """Check a set against all rules that it was built by."""
    checked = open_study(context).check_stimuli(name)
    show_checked(checked)
    if any(each.problems for each in checked):
        raise typer.Exit(1)


@stimuli_app.command("show")
def stimuli_show(context: typer.Context, name: Name = "main") -> None:
    """Write contact sheets: every trial, every image, histogram and balance."""
    sheet = open_study(context).show_stimuli(name)
    say(f"Contact sheets: {sheet.page}, {sheet.trials.name}, {sheet.by_count.name}")


@stimuli_app.command("orders")
def stimuli_orders(
    context: typer.Context,
    name: Name = "main",
    observers: Annotated[int, typer.Option(min=1, help="Number of observers, 01, 02 …")] = 20,
) -> None:
    """Check for each observer that sides and orders are balanced."""
    stimulus_set, found = open_study(context).stimuli_orders(name, observers)
    show_orders(stimulus_set, found)
    if any(order.problems for order in found):
        raise typer.Exit(1)


def show_set(built: StimulusSet) -> None:
    """Print the size of a set, how well its groups are matched, and warnings."""
    from tricky.core.matching import describe_matches

    say(f"{len(built.trials)} trials, {len(built.items)} images in {built.folder} (id {built.set_id})")
    matched = {name: each.model_dump() for name, each in built.manifest.matched.items()}
    for line in describe_matches(matched):
        say(line)
    classifier = built.manifest.feature_classifier
    if classifier:
        chance = f" ± {classifier.chance_sd:.3f}" if classifier.chance_sd else ""
        say(f"Low-level features predict the group with AUC {classifier.auc:.3f} (chance .5{chance})")
    for warning in built.manifest.warnings:
        say(Styled(warning, "yellow"))


def show_changes(built: StimulusSet) -> None:
    """Print what changed since the parent."""
    changes, parent = built.manifest.refresh, built.manifest.parent
    assert changes is not None
    assert parent is not None
    groups = built.settings.groups
    table = Table("images", *groups)
    for change, counts in (("kept", changes.kept), ("dropped", changes.dropped), ("added", changes.added)):
        table.row(change, *(str(counts.get(group, 0)) for group in groups))
    shares = []
    for group in groups:
        kept, dropped = changes.kept.get(group, 0), changes.dropped.get(group, 0)
        shares.append(f"{kept / (kept + dropped):.1%}" if kept + dropped else "–")
    table.row("share kept", *shares)
    say(f"Since {parent.name} (id {parent.set_id}): {changes.trials_kept} trials kept")
    table.show()
    for reason, n in changes.reasons.items():
        say(f"dropped: {n} {reason}")
    say(f"{changes.kept_with_other_share_correct} of the kept images have another share of correct models")
    before = {(row.covariate, *row.groups): row.after for row in parent.balance}
    balance = Table("balance", "groups", "before", "after")
    for row in built.manifest.balance:
        values = (before.get((row.covariate, *row.groups)), row.after)
        shown = ["–" if value is None else f"{value:+.3f}" for value in values]
        balance.row(f"{row.covariate} ({row.statistic})", " − ".join(row.groups), *shown)
    balance.show()


def show_checked(checked: Sequence[Checked]) -> None:
    """Print a line for each rule, and the items that break it."""
    for each in checked:
        mark = Styled("broken", "bold red") if each.problems else Styled("kept  ", "green")
        say(mark, f"  {each.rule}")
        for problem in each.problems:
            say(f"        {problem}")


def show_orders(stimulus_set: StimulusSet, found: Sequence[Order]) -> None:
    """Print the counts of every observer's sessions, and totals."""
    from stimuli.order_check import times_seen

    several = stimulus_set.n_sessions > 1
    _orders_table(found, several).show()
    for session in range(1, stimulus_set.n_sessions + 1) if several else ():
        least, most = times_seen(stimulus_set, found, session)
        say(f"session {session}: every list is shown to {least} to {most} observers")
    broken = [(order, problem) for order in found for problem in order.problems]
    for order, problem in broken:
        say(Styled(f"{order.participant}, session {order.session}: {problem}", "bold red"))
    if not broken:
        say(Styled(f"{len(found)} sessions: all orders and places are balanced", "green"))


def _orders_table(found: Sequence[Order], several: bool) -> Table:
    from stimuli.records import Block

    repeated = any(order.closest_repeat is not None for order in found)
    table = Table(
        "observer",
        *(["session", "list"] if several else []),
        *("practice", "harder left", "main", "harder left", "longest run"),
        *(["closest repeat"] if repeated else []),
    )
    for order in found:
        cells = [order.participant, *([str(order.session), str(order.shown_list)] if several else [])]
        for block, n in ((Block.PRACTICE, order.n_practice), (Block.MAIN, order.n_main)):
            left, sided = order.left[block]
            cells += [str(n), f"{left} of {sided}" if sided else "–"]
        cells.append(str(order.longest_run))
        if repeated:
            cells.append("–" if order.closest_repeat is None else str(order.closest_repeat))
        table.row(*cells)
    return table
