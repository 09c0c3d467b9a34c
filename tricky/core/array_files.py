"""Files of numpy arrays: .npy holds one, .npz several by name.  No code in a file is ever run."""

from __future__ import annotations

from pathlib import Path
from typing import Any, cast

import numpy as np

from tricky.core.errors import InputError


def read_array(path: Path, remedy: str) -> np.ndarray:
    """Return the array of an ``.npy`` file.

    Raises
    ------
    InputError
        The file is missing or damaged, holds Python objects, or is an ``.npz`` file; `remedy` says what to
        do.
    """
    content = _load(path, remedy)
    if not isinstance(content, np.ndarray):
        raise InputError(f"{path}: several arrays, as in an .npz file; {remedy}")
    return content


def read_arrays(path: Path, remedy: str) -> dict[str, np.ndarray]:
    """Return the arrays of an ``.npz`` file by name: see `read_array`."""
    content = _load(path, remedy)
    if isinstance(content, np.ndarray):
        raise InputError(f"{path}: a single array, as in an .npy file; {remedy}")
    return content


def _load(path: Path, remedy: str) -> np.ndarray | dict[str, np.ndarray]:
    if path.exists() and not path.is_file():  # a pipe would be read without end
        raise InputError(f"{path}: not a file; name a file of arrays")
    try:
        with path.open("rb") as stream:
            file: Any = np.load(stream, allow_pickle=False)
            if isinstance(file, np.ndarray):
                return cast("np.ndarray", file)
            found: dict[str, Any] = {name: file[name] for name in file.files}
            return {name: each for name, each in found.items() if isinstance(each, np.ndarray)}
    except OSError as error:
        raise InputError(f"{path}: can't be read ({error.strerror or error})") from None
    except Exception as error:  # a broken archive raises whatever zipfile, zlib and numpy stumble over
        why = " ".join(str(error).split()) or type(error).__name__
        raise InputError(f"{path}: not readable as arrays ({why}); {remedy}") from None
