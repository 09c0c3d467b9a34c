"""Label: which images are trivial, in-between or impossible, and how sure that is."""
