"""Train: a pool's own models, and networks that differ in one thing."""
