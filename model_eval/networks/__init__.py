"""Models: pools, where each model comes from, what it wants to see, and what its outputs mean."""
