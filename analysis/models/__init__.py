"""What tells models apart: `tricky dynamics`."""
