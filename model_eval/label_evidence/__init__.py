"""What people said about the labels of images, from the files in which studies publish it.

`read_evidence` reads any of the files that `formats.FORMATS` declares.  The modules of this package are
internal.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tricky.core.lazy import attach

if TYPE_CHECKING:
    from model_eval.label_evidence.evidence import Evidence, Reason
    from model_eval.label_evidence.formats import Format, Use, read_evidence, recognised

__all__ = ["Evidence", "Format", "Reason", "Use", "read_evidence", "recognised"]

__getattr__, __dir__ = attach(__name__, __file__)
