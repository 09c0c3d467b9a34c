"""What people said about the labels of images, from the files in which studies publish it.

`formats.read_evidence` reads any of the files that `formats.FORMATS` declares.  All modules of this package
are internal.
"""

__all__: list[str] = []
