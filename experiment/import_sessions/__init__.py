"""Sessions that other programs recorded: from their files to the study's data set.

`read_source` reads a file as a table of text, `formats` declares how each format names its columns,
`trials` makes trials of rows, and `import_sessions` plans and writes what is new.
"""

__all__: list[str] = []
