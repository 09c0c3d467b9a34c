"""Decisions of models that others have published or measured, written as ``decisions/``.

`formats` declares which files are understood; a module for each format turns them into
`records.ModelAnswers`, `collect` puts those of all models together, `classes` finds out which answers are
right, and `write` writes what `tricky evaluate` would have written.  Needs no torch.
"""

__all__: list[str] = []
