"""Sessions, trials and labels as tables: read, joined, and freed of what does not count."""
