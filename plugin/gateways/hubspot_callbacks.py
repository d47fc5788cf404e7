"""Ends blocked workflow actions."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from plugin.gateways import CallbackCompletion, Portal
from plugin.gateways.hubspot_batches import send_or_split
from plugin.gateways.hubspot_client import HubSpotTopic


class CallbackCalls(HubSpotTopic):
    """The workflow part of `HubSpotGateway`."""

    def complete_callbacks(
        self,
        portal: Portal,
        ends: Sequence[CallbackCompletion],
        heard: Callable[[Sequence[str]], None] = lambda _: None,
    ) -> Mapping[str, str]:
        """Up to 100. Answers the ids that HubSpot will never take (expired, unknown), with why.

        HubSpot gives no status per item, so a refused batch is halved until the bad ones stand
        alone; `heard` is told of each part that it takes.
        """
        api = self._portal_api(portal).automation.actions.callbacks_api
        by_id = {end.callback_id: end for end in ends}

        def send(rows: Sequence[CallbackCompletion]) -> None:
            api.complete_batch({"inputs": [_input(row) for row in rows]})
            heard([row.callback_id for row in rows])

        refused = send_or_split(send, list(by_id.values()))
        return {row.callback_id: error.message for row, error in refused}


def _input(end: CallbackCompletion) -> dict[str, Any]:
    return {
        "callbackId": end.callback_id,
        "outputFields": dict(end.outputs),
        "typedOutputs": {},  # required, and the SDK's model would drop it
    }
