"""The report: numbers, figures and words on one page."""
