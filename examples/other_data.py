"""Other people's data, as a notebook: a table of answers through tricky's statistics."""

# %% [markdown]
# # Other people's data
#
# The statistics of tricky are functions of arrays, so any table of answers will do: one row a trial, with who
# answered, to what, and whether that was right.  `other_data.csv` is such a table, as another program may
# have written it; its eight observers are simulated.

# %%
from pathlib import Path

import numpy as np
import pandas as pd

from analysis.statistics.accuracy import observer_accuracy, population_accuracy
from analysis.statistics.agreement import rating_agreement
from analysis.statistics.contrasts import accuracy_difference
from analysis.statistics.detection import observer_detection
from analysis.statistics.error_consistency import error_consistency
from analysis.statistics.ordinal_regression import ordinal_regression
from analysis.statistics.ratings import rating_distribution
from tricky.core.tables import read_table

# %% [markdown]
# ## Read
#
# Their column names on the left, ours on the right.  What is missing stays missing: a trial without an answer
# is neither right nor wrong.  tricky's reader takes every cell as text until you ask for numbers, so a key or
# a participant that is called `NA` or `007` stays itself.  Of a file with semicolons and decimal commas, say
# so: `read_table(path, COLUMNS, separator=";", decimal=",")`.

# %%
COLUMNS = {
    "Subject": "observer",
    "Stimulus": "item",
    "Version": "condition",
    "CorrectKey": "right_answer",
    "Key": "answer",
    "RT_ms": "response_time_s",
    "Sure": "confidence",
}


def read_answers(path: Path) -> pd.DataFrame:
    """Return one row a trial, with `correct` missing where there is no answer."""
    table = read_table(path, list(COLUMNS))
    numbers = ("RT_ms", "Sure")
    theirs = {name: table.optional_texts(name) for name in COLUMNS if name not in numbers}
    theirs |= {name: table.numbers(name, missing=True) for name in numbers}
    answers = pd.DataFrame(theirs).rename(columns=COLUMNS)
    right = (answers["answer"] == answers["right_answer"]).astype("boolean")
    return answers.assign(
        correct=right.mask(answers["answer"].isna()), response_time_s=answers["response_time_s"] / 1000
    )


answers = read_answers(Path(__file__).with_name("other_data.csv"))
print(answers.head())

# %% [markdown]
# ## How often are people right?
#
# The interval is for *new observers and new items*.  The binomial one over all trials, which is much
# narrower, holds for neither.

# %%
accuracy = population_accuracy(answers["correct"], answers["observer"], answers["item"])
print(f"accuracy {accuracy.estimate:.1%}, 95% interval {accuracy.low:.1%} to {accuracy.high:.1%}")
print(f"against guessing: p = {accuracy.p_value(0.5):.2g}")
print(observer_accuracy(answers["correct"], answers["observer"]))

# %% [markdown]
# ## Does the condition matter?

# %%
is_inverted = (answers["condition"] == "inverted").to_numpy()
inverted = accuracy_difference(answers["correct"], answers["observer"], answers["item"], is_inverted)
print(f"inverted less upright: {inverted.estimate:+.1%}, {inverted.low:+.1%} to {inverted.high:+.1%}")

# %% [markdown]
# ## Sensitivity and bias of each observer

# %%
answered = answers.dropna(subset="answer")
detection = observer_detection(
    answered["answer"] == "left", answered["right_answer"] == "left", answered["observer"], "2afc"
)
print(detection[["d_prime", "d_prime_low", "d_prime_high", "criterion"]])

# %% [markdown]
# ## Do they err on the same items?
#
# Error consistency needs a table of observers × items, and says where somebody saw an item.

# %%
table = answers.pivot_table("correct", "observer", "item", aggfunc="first").astype("boolean")
kappa = error_consistency(table.fillna(False).to_numpy(bool), table.notna().to_numpy())
mean_kappa = float(np.nanmean(kappa[np.triu_indices(len(kappa), k=1)]))
print(f"mean error consistency κ of two observers: {mean_kappa:.2f}")

# %% [markdown]
# ## A rating
#
# Confidence is a rating on an ordered scale: how does it spread, does it fall for inverted images, and do
# observers agree which images one can be sure about?

# %%
print(rating_distribution(answers["confidence"], answers["condition"], answers["observer"], answers["item"]))
slope = ordinal_regression(answers["confidence"], is_inverted, answers["observer"], answers["item"])
print(f"inverted, log odds of more confidence: {slope.estimate:+.2f} ({slope.low:+.2f} to {slope.high:+.2f})")
agreement = rating_agreement(answers["confidence"], answers["observer"], answers["item"])
print(f"Krippendorff's α {agreement.estimate:.2f} ({agreement.low:.2f} to {agreement.high:.2f})")
