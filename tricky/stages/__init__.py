"""The stages of a study, each one call: hand a room its settings and folders, nothing more.

The imports stand inside the functions: torch, PsychoPy and matplotlib load where they are used, and a machine
that lacks one can do the other stages.
"""

from tricky.stages.analysis import analyse, dynamics, power
from tricky.stages.experiment import (
    calibrate,
    dataset_of,
    doctor,
    export_psych_ds,
    look_up_participant,
    mentions,
    merge,
    run,
    simulate,
    withdraw,
)
from tricky.stages.images import check_images, images_at_hand, images_of, training_images_of
from tricky.stages.model_eval import compare_labels, evaluate, label, label_counts, train, train_conditions
from tricky.stages.pool import check_pool, show_named_pool, show_pool
from tricky.stages.stimuli import build_stimuli, check_stimuli, refresh_stimuli, show_stimuli, stimuli_orders

__all__ = [
    "analyse",
    "build_stimuli",
    "calibrate",
    "check_images",
    "check_pool",
    "check_stimuli",
    "compare_labels",
    "dataset_of",
    "doctor",
    "dynamics",
    "evaluate",
    "export_psych_ds",
    "images_at_hand",
    "images_of",
    "label",
    "label_counts",
    "look_up_participant",
    "mentions",
    "merge",
    "power",
    "refresh_stimuli",
    "run",
    "show_named_pool",
    "show_pool",
    "show_stimuli",
    "simulate",
    "stimuli_orders",
    "train",
    "train_conditions",
    "training_images_of",
    "withdraw",
]
