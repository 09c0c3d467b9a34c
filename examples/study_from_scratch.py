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
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from sklearn.ensemble import RandomForestClassifier
from sklearn.naive_bayes import GaussianNB
from sklearn.neighbors import KNeighborsClassifier
from sklearn.tree import DecisionTreeClassifier

from analysis import population_accuracy, read_sessions
from tricky.study import create_study

folder = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(tempfile.mkdtemp()) / "study"
study = create_study(folder, name="Digits, from scratch", seed=1)
study = study.with_settings(simulate={"observers": 6})

# %% [markdown]
# ## How many classifiers get each image right?
#
# Five classifiers learn from 400 images and judge the others.  Such counts, from any pool of models, are all
# that labels need (`tricky label --counts`); `tricky evaluate` does networks from timm and elsewhere, and
# keeps every decision.

# %%
source = study.open_images()
images = source.catalogue()
pixels = np.stack([np.asarray(source.read(each).convert("L")).ravel() for each in images["image_id"]]) / 255
labels = images["label"].to_numpy()
learned = np.zeros(len(labels), bool)
learned[np.random.default_rng(1).choice(len(labels), 400, replace=False)] = True
classifiers = [
    LinearDiscriminantAnalysis(solver="lsqr", shrinkage="auto"),
    GaussianNB(var_smoothing=0.05),
    KNeighborsClassifier(3),
    RandomForestClassifier(20, random_state=1),
    DecisionTreeClassifier(random_state=1),
]
n_correct = np.zeros((~learned).sum(), int)
for classifier in classifiers:
    classifier.fit(pixels[learned], labels[learned])
    is_right = classifier.predict(pixels[~learned]) == labels[~learned]
    n_correct += is_right
    print(f"{type(classifier).__name__}: {is_right.mean():.1%}")

# %%
counts = images.loc[~learned, ["image_id", "label", "class_name"]].assign(n_correct=n_correct)
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
results = study.analyse()
print(f"Report: {results.page}")

# %% [markdown]
# ## Every number of the report is one call

# %%
trials = read_sessions(study.data, study.stimulus_set("main")).query("block == 'main'")
found = population_accuracy(trials["correct"], trials["participant"], trials["trial_id"])
print(f"right in {found.estimate:.1%} of trials, 95% interval {found.low:.1%} to {found.high:.1%}")
