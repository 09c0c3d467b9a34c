"""What must be installed for a stage: the libraries of each package are an extra of their own."""

from __future__ import annotations

import importlib.util

from tricky.core.errors import InputError


def require(package: str, *, extra: str, to: str) -> None:
    """Refuse a stage whose library is missing, and say which extra brings it.

    Raises
    ------
    InputError
        `package` can't be imported here.
    """
    if importlib.util.find_spec(package) is None:
        raise InputError(
            f"{package} is not installed here, and is needed to {to}: pip install 'tricky-images[{extra}]'"
        )
