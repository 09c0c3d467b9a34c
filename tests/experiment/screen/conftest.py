"""The typeface that screens are written in unless another is named."""

from importlib.util import find_spec
from pathlib import Path

import pytest

from experiment.screen.fonts import Fonts


@pytest.fixture(scope="session")
def fonts() -> Fonts:
    spec = find_spec("psychopy")
    assert spec is not None
    assert spec.origin is not None
    folder = Path(spec.origin).parent / "assets" / "fonts"
    return Fonts(folder / "NotoSans-Regular.ttf", folder / "NotoSans-Bold.ttf")
