"""Sessions, trials, labels and exclusions as tables, and everything that a report is computed from."""
