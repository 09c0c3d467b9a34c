"""Other people's data, as a notebook: a table of answers through tricky's statistics."""

# %% [markdown]
# # Other people's data
#
# Any table with one row a trial will do: who answered, to what, and whether that was right.  You name the
# columns.  The eight observers of `other_data.csv` are simulated.

# %%
from pathlib import Path

import numpy as np
import pandas as pd

from tricky import stats

trials = pd.read_csv(Path(__file__).with_name("other_data.csv"))
trials["correct"] = (trials["Key"] == trials["CorrectKey"]).where(trials["Key"].notna())  # no answer: neither
COLUMNS = {"observer": "Subject", "item": "Stimulus"}

# %% [markdown]
# ## How often are people right?
#
# The interval is for *new observers and new items*.  The binomial one over all trials, which is much
# narrower, holds for neither.

# %%
accuracy = stats.analyse_accuracy(trials, **COLUMNS)
population = accuracy.population
print(f"accuracy {population.estimate:.1%}, 95% interval {population.low:.1%} to {population.high:.1%}")
print(f"against guessing: p = {population.p_value(0.5):.2g}", accuracy.observers, sep="\n")

# %% [markdown]
# ## Does the condition matter, and which items are hard?

# %%
print(stats.analyse_conditions(trials, condition="Version", **COLUMNS).differences)
items = stats.analyse_items(trials, **COLUMNS)
print(items.items.head())
print(f"noise ceiling {items.ceiling.estimate:.2f} ({items.ceiling.low:.2f} to {items.ceiling.high:.2f})")

# %% [markdown]
# ## Do people and models err on the same items?
#
# Models are a second table, or a folder `decisions/` of tricky.  Here the only one is right by chance, so it
# agrees with people less than they do with each other, which is the noise ceiling.

# %%
names = trials["Stimulus"].unique()
coin = np.random.default_rng(1).random(len(names)) < 0.7
model = pd.DataFrame({"model": "coin", "Stimulus": names, "correct": coin})
consistency = stats.analyse_consistency(trials, model, **COLUMNS)
print(consistency.means[["between", "estimate", "low", "high"]])
print(consistency.pairs.head())

# %% [markdown]
# ## A rating: how does confidence spread, and does it tell the conditions apart?

# %%
confidence = stats.analyse_ratings(trials, rating="Sure", group="Version", **COLUMNS)
print(confidence.distribution)
print(confidence.equalised[["rating", "group", "share", "low", "high"]])
print(f"Krippendorff's α {confidence.agreement}")
