"""Completion of blocked workflow actions."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from plugin.gateways import CallbackCompletion, Portal
from plugin.gateways.hubspot.batches import send_or_split
from plugin.gateways.hubspot.client import HubSpotTopic


class CallbackCalls(HubSpotTopic):
    def complete_callbacks(
        self,
        portal: Portal,
        completions: Sequence[CallbackCompletion],
        on_accepted: Callable[[Sequence[str]], None] = lambda _: None,
    ) -> Mapping[str, str]:
        api = self._portal_api(portal).automation.actions.callbacks_api
        by_id = {completion.callback_id: completion for completion in completions}

        def send(rows: Sequence[CallbackCompletion]) -> None:
            api.complete_batch({"inputs": [_input(row) for row in rows]})
            on_accepted([row.callback_id for row in rows])

        # HubSpot gives no status per item, so a refused batch is halved.
        refused = send_or_split(send, list(by_id.values()))
        return {row.callback_id: error.message for row, error in refused}


def _input(completion: CallbackCompletion) -> dict[str, Any]:
    return {
        "callbackId": completion.callback_id,
        "outputFields": dict(completion.outputs),
        "typedOutputs": {},  # required, and the SDK's model would drop it
    }
