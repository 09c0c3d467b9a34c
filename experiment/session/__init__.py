"""A session, from its plan to the closed window."""
