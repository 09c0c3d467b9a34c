"""Compare: how alike models decide, over images, conditions and epochs."""
