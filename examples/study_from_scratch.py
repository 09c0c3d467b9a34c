"""A study from scratch, as a notebook: images, labels, pairs, observers, report."""

# %% [markdown]
# # A study from scratch
#
# From images to a report without a command line: classifiers that are quick to train judge handwritten
# digits, what hardly any of them gets is paired with what all of them get, and simulated observers choose the
# harder one.  Run it as a script, ``python examples/study_from_scratch.py [FOLDER]``, or cell by cell.

# %%
import sys
import tempfile
from pathlib import Path

import numpy as np
from sklearn.ensemble import RandomForestClassifier
from sklearn.naive_bayes import GaussianNB
from sklearn.neighbors import KNeighborsClassifier
from sklearn.tree import DecisionTreeClassifier

import tricky

folder = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(tempfile.mkdtemp()) / "study"
study = tricky.create_study(folder, name="Digits, from scratch", seed=1)
study = study.with_settings(simulate={"observers": 6})

# %% [markdown]
# ## How many classifiers get each image right?
#
# They learn from 400 images and judge the others.  Such counts, from any pool of models, are all that labels
# need; `tricky evaluate` does networks from timm and elsewhere, and keeps every decision.

# %%
source = study.open_images()
images = source.catalogue()
pixels = np.stack([np.asarray(source.read(each).convert("L")).ravel() for each in images["image_id"]]) / 255
labels = images["label"].to_numpy()
learned = np.isin(np.arange(len(labels)), np.random.default_rng(1).choice(len(labels), 400, replace=False))
classifiers = [
    *(KNeighborsClassifier(3), GaussianNB(var_smoothing=0.05), DecisionTreeClassifier(random_state=1)),
    *(RandomForestClassifier(20, random_state=seed) for seed in (1, 2)),
]
fitted = [each.fit(pixels[learned], labels[learned]) for each in classifiers]
correct = np.array([each.predict(pixels[~learned]) == labels[~learned] for each in fitted])
counts = images.loc[~learned, ["image_id", "label", "class_name"]].assign(n_correct=correct.sum(axis=0))
counts.to_csv(folder / "counts.csv", index=False)
table = study.label_counts(folder / "counts.csv", n_models=len(classifiers))
print(table.images["difficulty"].value_counts(normalize=True).round(3))

# %% [markdown]
# ## Pairs, observers, report
#
# `tricky run` puts people in the place of the simulated observers; nothing else changes.

# %%
study.build_stimuli("main")
study.simulate()
print(f"Report: {study.analyse().page}")

# %% [markdown]
# ## Every number of the report is one call

# %%
trials = tricky.read_sessions(study.data, study.stimulus_set("main")).query("block == 'main'")
print(tricky.stats.analyse_accuracy(trials, observer="participant", item="trial_id"))
