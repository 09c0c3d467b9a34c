"""Observers of known ability, in the same sessions as people."""
