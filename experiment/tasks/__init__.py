"""What a session shows and asks: one module per task, which declares a `TaskKind`.

`kind_of` returns the declaration of a task by its name, and `task_of` the questions about trials of a set.
A new task needs a module like `experiment.tasks.pair`, and an entry in `tricky.core.tasks`.
"""

from experiment.tasks.common import (
    NO_WORDS,
    Asked,
    TaskKind,
    Wording,
    groups_of,
    kind_of,
    questions_of,
    task_of,
)

__all__ = ["NO_WORDS", "Asked", "TaskKind", "Wording", "groups_of", "kind_of", "questions_of", "task_of"]
