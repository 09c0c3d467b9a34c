"""What the command line shows of stimulus sets."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from stimuli.check import Checked
from stimuli.order_check import Order, times_seen
from stimuli.records import Block, StimulusSet
from tricky.console import console, plain_table


def print_set(built: StimulusSet[Any]) -> None:
    """Print what a set holds, and what a reviewer would ask about it."""
    console.print(
        f"{len(built.trials)} trials, {len(built.items)} images in {built.folder} (id {built.set_id})",
        soft_wrap=True,
    )
    giveaway = built.manifest.giveaway
    if giveaway:
        chance = f" ± {giveaway.chance_sd:.3f}" if giveaway.chance_sd else ""
        console.print(
            f"Low-level features give the groups away with AUC {giveaway.auc:.3f} (chance .5{chance})"
        )
    for warning in built.manifest.warnings:
        console.print(f"[yellow]{warning}[/]", soft_wrap=True)


def print_changes(built: StimulusSet[Any]) -> None:
    """Print what changed since the parent."""
    told, parent = built.manifest.refresh, built.manifest.parent
    assert told is not None
    assert parent is not None
    groups = built.settings.groups
    table = plain_table("images", *groups)
    for change, counts in (("kept", told.kept), ("dropped", told.dropped), ("added", told.added)):
        table.add_row(change, *(str(counts.get(group, 0)) for group in groups))
    shares = []
    for group in groups:
        kept, dropped = told.kept.get(group, 0), told.dropped.get(group, 0)
        shares.append(f"{kept / (kept + dropped):.1%}" if kept + dropped else "–")
    table.add_row("share kept", *shares)
    console.print(f"Since {parent.name} (id {parent.set_id}): {told.trials_kept} trials kept")
    console.print(table)
    for reason, n in told.reasons.items():
        console.print(f"dropped: {n} {reason}")
    console.print(f"{told.kept_with_other_share_correct} of those kept have another share of correct models")
    before = {(row.covariate, *row.groups): row.after for row in parent.balance}
    balance = plain_table("balance", "groups", "before", "after")
    for row in built.manifest.balance:
        values = (before.get((row.covariate, *row.groups)), row.after)
        told_values = ["–" if value is None else f"{value:+.3f}" for value in values]
        balance.add_row(f"{row.covariate} ({row.statistic})", " − ".join(row.groups), *told_values)
    console.print(balance)
    console.print(f"Every change: {built.folder / 'changes.tsv'}", soft_wrap=True)


def print_checked(checked: Sequence[Checked]) -> None:
    """Print a line a promise, and what breaks it."""
    for each in checked:
        mark = "[bold red]broken[/]" if each.problems else "[green]kept[/]  "
        console.print(f"{mark}  {each.promise}")
        for problem in each.problems:
            console.print(f"        {problem}", soft_wrap=True, markup=False)


def print_orders(stimulus_set: StimulusSet[Any], found: Sequence[Order]) -> None:
    """Print what can be counted in every observer's sessions, and over all of them."""
    several = stimulus_set.n_sessions > 1
    repeated = any(order.closest_repeat is not None for order in found)
    columns = [
        "observer",
        *(["session", "list"] if several else []),
        "practice",
        "harder left",
        "main",
        "harder left",
    ]
    columns += ["longest run", *(["closest repeat"] if repeated else [])]
    table = plain_table(*columns)
    for order in found:
        cells = [order.participant, *([str(order.session), str(order.shown_list)] if several else [])]
        for block, n in ((Block.PRACTICE, order.n_practice), (Block.MAIN, order.n_main)):
            left, sided = order.left[block]
            cells += [str(n), f"{left} of {sided}" if sided else "–"]
        cells.append(str(order.longest_run))
        if repeated:
            cells.append("–" if order.closest_repeat is None else str(order.closest_repeat))
        table.add_row(*cells)
    console.print(table)
    for session in range(1, stimulus_set.n_sessions + 1) if several else ():
        least, most = times_seen(stimulus_set, found, session)
        console.print(f"session {session}: every list is shown to {least} to {most} observers")
    broken = [(order, problem) for order in found for problem in order.problems]
    for order, problem in broken:
        console.print(f"[bold red]{order.participant}, session {order.session}: {problem}[/]")
    if not broken:
        console.print(f"[green]{len(found)} sessions: every promise is kept[/]")
