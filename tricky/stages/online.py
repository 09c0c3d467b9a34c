"""Online sessions: the server of a study, its links and their state."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from tricky.core.progress import Notify, no_notice
from tricky.stages.experiment import ExperimentStages
from tricky.stages.installed import require

if TYPE_CHECKING:
    from experiment.online.status import OnlineStatus
    from experiment.online.study import Offer


class OnlineStages(ExperimentStages):
    """The stages that run sessions, in the lab and online."""

    def serve_online(
        self, host: str, port: int, *, preview: bool = False, notify: Notify = no_notice
    ) -> None:
        """Run the server of the study's online sessions until it is stopped."""
        require("starlette", extra="online", to="serve online sessions")
        from experiment.online.app import OnlineApp
        from experiment.online.folder import only_server
        from experiment.online.server import bound_socket, serve
        from experiment.online.study import OnlineStudy

        offer = self._offer(preview=preview)
        with only_server(offer.folder), OnlineStudy(offer, notify) as study:
            key = study.status_key()
            app = OnlineApp(study, _bundle(), key, notify)
            listening = bound_socket(host, port)
            study.catch_up()
            where = f"{host}:{listening.getsockname()[1]}"
            notify(f"Listening on {where} for {offer.online.address}; Ctrl+C stops the server")
            notify(f"State of the study: {offer.online.address}/status/{key}")
            serve(app, listening)

    def invite_online(self, number: int, *, preview: bool = False) -> list[str]:
        """Make links for participants, and return their addresses."""
        from experiment.online.study import OnlineStudy

        offer = self._offer(preview=preview)
        with OnlineStudy(offer) as study:
            return [f"{offer.online.address}/s/{link.token}" for link in study.invite(number)]

    def online_status(self, *, preview: bool = False) -> OnlineStatus:
        """Return how many online sessions there are, and how they go."""
        from experiment.online.status import status_of
        from experiment.online.store import FILE, Store
        from stimuli.records import read_tables

        offer = self._offer(preview=preview)
        stimulus_set = read_tables(offer.setup.stimuli)
        if not (offer.folder / FILE).is_file():
            return status_of([], lambda _: [], stimulus_set)
        with Store(offer.folder, create=False) as store:
            return status_of(store.links(), store.events, stimulus_set)

    def _offer(self, *, preview: bool) -> Offer:
        from experiment.online.study import Offer
        from experiment.records import Setting
        from experiment.session.prepare import SessionSetup

        settings = self.settings
        setup = SessionSetup(
            self.shown_set(), self.data, settings.experiment, self.dataset(), self.root, Setting.ONLINE
        )
        return Offer(setup, settings.online, settings.study.name, settings.study.seed, preview)


def _bundle() -> Path:
    """Return the folder of the browser's client."""
    import experiment

    return Path(experiment.__file__).parent / "browser" / "bundle"
