"""``python -m tricky`` is `tricky`."""

from tricky.cli import main

main()
