from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from model_eval.images.open import open_images
from model_eval.settings import ImageSettings
from tricky.core.errors import InputError


def test_a_missing_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="nowhere: no such folder"):
        open_images(ImageSettings(source="folder", path=Path("nowhere")), tmp_path)


def test_reading_images_and_labels_needs_no_torch() -> None:
    script = (
        "import sys, model_eval.images.open, model_eval.label.label, model_eval.networks.pool; "
        "print('torch' in sys.modules)"
    )
    output = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert output.stdout.strip() == "False"
