"""Damaged input for every reader and every command: see `tests/fuzz` and `make fuzz`."""
