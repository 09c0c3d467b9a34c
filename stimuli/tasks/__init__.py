"""Which images a trial is made of: one module per task, which declares a `TrialStructure`.

`structure_of` returns the declaration of a task by its name. A new task needs a module like
`stimuli.tasks.pair`, and an entry in `tricky.core.tasks`.
"""

from stimuli.tasks.common import TrialStructure, structure_of

__all__ = ["TrialStructure", "structure_of"]
