"""The session table of a choice between two images, without further questions."""

from __future__ import annotations

from experiment.data.columns import table_of
from experiment.records import Ask, Option, Side, Task

PAIR_TABLE = table_of(Task("2afc", (Ask("response", "", tuple(Option(side, "", side) for side in Side)),)))
