from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tricky.core.array_files import read_array, read_arrays
from tricky.core.errors import InputError


def test_an_array_and_several_arrays_are_read_as_they_were_saved(tmp_path: Path) -> None:
    np.save(tmp_path / "one.npy", np.arange(6).reshape(2, 3))
    np.savez(tmp_path / "two.npz", a=np.eye(2), b=np.array(["x", "y"]))
    assert read_array(tmp_path / "one.npy", "").tolist() == [[0, 1, 2], [3, 4, 5]]
    assert {name: each.tolist() for name, each in read_arrays(tmp_path / "two.npz", "").items()} == {
        "a": [[1, 0], [0, 1]],
        "b": ["x", "y"],
    }


class Trap:
    """An object whose pickle creates a file when it is read."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[object, tuple[str]]:
        return Path.touch, (str(self.path),)


def test_python_objects_in_a_file_are_refused_and_never_run(tmp_path: Path) -> None:
    np.save(tmp_path / "trap.npy", np.array([Trap(tmp_path / "sprung")], dtype=object), allow_pickle=True)
    with pytest.raises(InputError, match=r"trap\.npy: not readable as arrays \(.*\); save it again"):
        read_array(tmp_path / "trap.npy", "save it again")
    assert not (tmp_path / "sprung").exists()


def test_the_other_kind_of_file_is_refused_with_what_to_do(tmp_path: Path) -> None:
    np.save(tmp_path / "one.npy", np.arange(3))
    np.savez(tmp_path / "two.npz", a=np.eye(2))
    (tmp_path / "text.npy").write_text("1,2,3\n")
    with pytest.raises(InputError, match=r"one\.npy: a single array, as in an \.npy file; do this"):
        read_arrays(tmp_path / "one.npy", "do this")
    with pytest.raises(InputError, match=r"two\.npz: several arrays, as in an \.npz file; do that"):
        read_array(tmp_path / "two.npz", "do that")
    with pytest.raises(InputError, match=r"text\.npy: not readable as arrays"):
        read_array(tmp_path / "text.npy", "")
    with pytest.raises(InputError, match=r"none\.npy: can't be read \(No such file"):
        read_array(tmp_path / "none.npy", "")
    with pytest.raises(InputError, match=r"not a file; name a file of arrays"):
        read_array(tmp_path, "")
