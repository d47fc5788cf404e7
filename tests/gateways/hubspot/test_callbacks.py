"""Ends of blocked workflow actions."""

import pytest

from plugin.gateways import CallbackCompletion, GatewayError, Portal
from plugin.gateways.hubspot.gateway import LiveHubSpot
from tests.gateways.scripted_server import Reply, ScriptedServer, Seen

COMPLETE = "/sandbox/hubspot-api/automation/actions/callbacks/2026-09/complete"


def end(callback_id: str, result: str = "sent") -> CallbackCompletion:
    return CallbackCompletion(callback_id, {"result": result, "hs_execution_state": "SUCCESS"})


def test_typed_outputs_survive_the_sdk_and_doubles_go_once(
    hubspot: LiveHubSpot, server: ScriptedServer, portal: Portal
) -> None:
    server.on("POST", COMPLETE, Reply(204))
    refused = hubspot.complete_callbacks(portal, [end("ap-1", "failed"), end("ap-1")])
    assert refused == {}
    assert server.seen[0].json() == {
        "inputs": [
            {
                "callbackId": "ap-1",
                "outputFields": {"result": "sent", "hs_execution_state": "SUCCESS"},
                "typedOutputs": {},
            }
        ]
    }


def test_nothing_to_end_is_nothing_sent(
    hubspot: LiveHubSpot, server: ScriptedServer, portal: Portal
) -> None:
    assert hubspot.complete_callbacks(portal, []) == {}
    assert server.seen == []


@pytest.mark.parametrize("status", [400, 404])
def test_the_expired_ones_are_found_and_the_others_completed(
    hubspot: LiveHubSpot, server: ScriptedServer, portal: Portal, status: int
) -> None:
    done: list[str] = []

    def answer(seen: Seen) -> Reply:
        ids = [row["callbackId"] for row in seen.json()["inputs"]]
        if {"ap-3", "ap-90"} & set(ids):
            return Reply(status, {"message": "callback expired"})
        done.extend(ids)
        return Reply(204)

    server.on("POST", COMPLETE, answer)
    refused = hubspot.complete_callbacks(portal, [end(f"ap-{number}") for number in range(100)])
    assert refused == {"ap-3": "callback expired", "ap-90": "callback expired"}
    assert len(done) == len(set(done)) == 98


@pytest.mark.parametrize("status", [401, 403, 429, 503])
def test_trouble_with_the_call_itself_is_raised(
    hubspot: LiveHubSpot, server: ScriptedServer, portal: Portal, status: int
) -> None:
    server.on("POST", COMPLETE, Reply(status))
    with pytest.raises(GatewayError):
        hubspot.complete_callbacks(portal, [end("ap-1"), end("ap-2")])
    assert len(server.seen) == 1
