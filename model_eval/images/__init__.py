"""Images and their labels: where they come from, and how a file becomes pixels."""
