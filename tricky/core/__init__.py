"""What every package builds on: errors, files, settings, tables, names, manifests and progress.

It knows no stage of a study.  `tricky.InputError` is its only public name; the modules of this package are
internal.
"""

__all__: list[str] = []
