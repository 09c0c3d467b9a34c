"""Recorded data sets, written quickly: what several machines of a study leave behind."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from pair_table import PAIR_TABLE

from experiment.data.bids import Dataset, SessionPath, register
from experiment.data.consents import Consent, keep_consent
from experiment.data.describe_dataset import describe_dataset
from experiment.data.sidecar import ConsentRecord, Run, ShownSet, describe_session, write_sidecar
from experiment.records import Choice, Kind, Response, ScheduledTrial, Side
from experiment.settings import ParticipantField
from stimuli.records import Block
from tricky.core.files import sha256_of, write_text

N_TRIALS = 6
FIELDS = [ParticipantField(name=name, question=f"What is your {name}?") for name in ("age", "note")]


class Machine:
    """A data set in a booth of its own.

    A session is drawn from the participant's name and a seed: two machines that draw the same have copies of
    one session, whatever number of rows each of them has.
    """

    def __init__(self, root: Path, dataset: Dataset) -> None:
        self.root, self.data, self._dataset = root, root / "data", dataset
        root.mkdir(parents=True, exist_ok=True)

    def record(
        self,
        participant: str,
        session: int | None = None,
        *,
        seed: int = 0,
        n_rows: int = N_TRIALS,
        kind: Kind = Kind.PERSON,
        consent: bool = False,
        **fields: str,
    ) -> Path:
        """Record a session, with the hash of its table if it is complete; return the table's path."""
        describe_dataset(self.data, self._dataset, FIELDS)
        register(self.data, [participant], kind, values=fields)
        place = SessionPath(self.data, participant, session, "harder")
        digest = int(sha256_of(f"{participant}/{session}/{seed}")[:8], 16)
        rng = np.random.default_rng(digest)
        lines = [PAIR_TABLE.header]
        for index in range(N_TRIALS):
            trial = ScheduledTrial(index, Block.MAIN, f"t{index}", (f"i{index}", f"j{index}"), Side.LEFT)
            choice = Choice(Side.LEFT if rng.random() < 0.8 else Side.RIGHT, round(rng.uniform(0.3, 2), 2))
            lines.append(PAIR_TABLE.row_of(Response(trial, choice, 3 * index + rng.uniform(0, 1))))
        text = "".join(lines[: n_rows + 1])
        sidecar = describe_session(
            self._dataset,
            place,
            PAIR_TABLE,
            instructions="Choose.",
            stimulus_set=ShownSet(name="main", set_id="0123456789abcdef", n_trials=N_TRIALS),
            drawn_for=participant,
            simulated=None if kind is Kind.PERSON else {"seed": seed},
        )
        started = f"2026-01-{1 + digest % 28:02d}T{digest % 24:02d}:{digest % 60:02d}:00+00:00"
        sidecar = sidecar.with_(
            runs=(Run(started=started, first_trial=0),), apparatus={}, versions={}, settings={}
        )
        if consent:
            line = Consent(
                started,
                f"sub-{participant}",
                "n/a" if session is None else f"ses-{session}",
                "agreed",
                "information.md",
                "0" * 64,
            )
            keep_consent(self.data, line)
            sidecar = sidecar.with_(consent=ConsentRecord(**vars(line)))
        if n_rows == N_TRIALS:
            sidecar = sidecar.with_(table_sha256=sha256_of(text))
        write_text(place.table, text)
        write_sidecar(place.sidecar, sidecar)
        return place.table

    def files(self) -> dict[str, bytes]:
        """Return the content of every file of the study, except locks."""
        paths = (path for path in self.root.rglob("*") if path.is_file() and ".locks" not in path.parts)
        return {path.relative_to(self.root).as_posix(): path.read_bytes() for path in paths}


@pytest.fixture
def machine(tmp_path: Path, dataset: Dataset) -> Callable[[str], Machine]:
    """Return a function that makes the data set of a machine, by its name."""
    return lambda name: Machine(tmp_path / name, dataset)
