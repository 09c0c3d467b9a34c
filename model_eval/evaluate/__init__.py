"""Evaluate: every decision of every model on every image, kept."""
