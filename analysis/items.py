"""What people got wrong: the trials of a set, each with its share of right answers."""

from __future__ import annotations

import pandas as pd

from stimuli.records import StimulusSet


def trial_accuracy(sessions: pd.DataFrame, stimulus_set: StimulusSet) -> pd.DataFrame:
    """Return how many answers to each trial were right, the hardest trial for people first.

    Parameters
    ----------
    sessions : DataFrame, one row a trial of a session
        As `analysis.sessions.read_sessions` returns it; rows without a right answer are left out.
    stimulus_set : StimulusSet
        The set that the sessions showed.

    Returns
    -------
    DataFrame, one row a trial that has an answer
        `trial_id`, `n_answers`, `n_correct`, `accuracy`; then, of the item that fewer models got right and of
        the other one, `harder_item` and `easier_item`.  Sorted by accuracy; of trials alike in it, those with
        more answers come first, then by `trial_id`.
    """
    harder = {trial.trial_id: stimulus_set.harder_item(trial) for trial in stimulus_set.trials}
    other = {
        trial.trial_id: trial.item_b if harder[trial.trial_id] == trial.item_a else trial.item_a
        for trial in stimulus_set.trials
    }
    scored = sessions.dropna(subset="correct").astype({"correct": int, "trial_id": str})
    table = (
        scored.groupby("trial_id")["correct"]
        .agg(n_answers="size", n_correct="sum")
        .reset_index()
        .assign(
            accuracy=lambda t: t["n_correct"] / t["n_answers"],
            harder_item=lambda t: t["trial_id"].map(harder),
            easier_item=lambda t: t["trial_id"].map(other),
        )
    )
    return table.sort_values(
        ["accuracy", "n_answers", "trial_id"], ascending=[True, False, True], ignore_index=True
    )
