"""What a session leaves on disk: a row a trial, and the BIDS data set around it."""
