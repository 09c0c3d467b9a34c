"""What `tricky dynamics`, `analyse` and `power` show."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from tricky.console import console, plain_table

if TYPE_CHECKING:
    from analysis.report.write import Results
    from analysis.statistics.power import Plan


def print_dynamics(content: Mapping[str, Any]) -> None:
    """Show how dichotomous the images are, and each condition beside the base network (κ is with it)."""
    found, shares = content["dichotomy"], content["difficulty"]["shares"]
    between = "" if found["low"] is None else f" ({found['low']:.2f} to {found['high']:.2f})"
    value = "undefined" if found["value"] is None else f"{found['value']:.2f}{between}"
    console.print(f"Dichotomy {value}; " + ", ".join(f"{share:.1%} {kind}" for kind, share in shares.items()))
    if content["conditions"] is None:
        return
    table = plain_table("condition", "models", "accuracy", "trivial", "impossible", "in-between", "κ")
    for row in content["conditions"]:
        shares = (f"{row[key]:.1%}" for key in ("accuracy", "trivial", "impossible", "in_between"))
        kappa = "–" if row["kappa"] is None else f"{row['kappa']:.2f}"
        table.add_row(row["condition"], str(len(row["models"])), *shares, kappa)
    console.print(table)


def print_results(results: Results) -> None:
    """Print what each observer did, and the result in a sentence."""
    table = plain_table(*results.observers.columns)
    for row in results.observers.itertuples(index=False):
        table.add_row(*row)
    console.print(table)
    console.print(results.said)


def print_power(plan: Plan) -> None:
    """Print what studies of each size find, and which one is enough."""
    from analysis.statistics.power import recommendation

    table = plain_table("observers", "trials each", "power", "width of interval")
    for row in plan.designs.itertuples():
        table.add_row(f"{row.n_observers}", f"{row.n_trials}", f"{row.power:.0%}", f"{row.width:.1%}")
    console.print(table)
    console.print(recommendation(plan))
