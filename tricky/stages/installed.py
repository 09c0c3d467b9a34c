"""Libraries that a stage needs: each package has an extra of its own."""

from __future__ import annotations

import importlib.util

from tricky.core.errors import InputError


def require(package: str, *, extra: str, to: str) -> None:
    """Refuse a stage whose library is missing, and name the extra that installs it.

    Raises
    ------
    InputError
        `package` can't be imported here.
    """
    if importlib.util.find_spec(package) is None:
        raise InputError(
            f"{package} is not installed here, and is needed to {to}: pip install 'tricky-images[{extra}]'"
        )
