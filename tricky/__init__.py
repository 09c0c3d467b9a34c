"""The front door: study file, command line, demo."""
