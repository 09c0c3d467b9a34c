"""What every package builds on: errors, files, settings, tables, names and progress. It knows no stage."""
