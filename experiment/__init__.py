"""One observer, one session, no trial lost."""
