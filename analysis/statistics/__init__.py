"""What observers did, each number a pure function of arrays, with its interval."""
