"""Workflow actions: the call, the answers HubSpot understands, callbacks, options, runs."""

from typing import Any

import pytest

from plugin.sandbox.hubspot.workflows import signing
from tests.sandbox.hubspot.rig import ALICE, BOB, PORTAL, Answer, Client, FakeApp, Received, until

CALLBACKS = "/automation/actions/callbacks/2026-09"
SENT = {"outputFields": {"result": "sent", "message_id": "m1"}}


def run(client: Client, *contacts: str, **more: Any) -> list[str]:
    """Run "Send LINE message" for contacts: the callbackIds."""
    body = {"action": "send-message", "contact_ids": contacts, "inputs": {"text": "Hi"}, **more}
    ids: list[str] = client.control("POST", "/runs", body)["callback_ids"]
    return ids


def ended(client: Client, *states: str) -> dict[str, Any]:
    """Wait until the newest execution is in one of `states`."""

    def look() -> dict[str, Any] | None:
        newest = client.control("GET", "/executions")["executions"][0]
        return newest if newest["state"] in states else None

    found: dict[str, Any] = until(look)
    return found


def told(app: FakeApp, *answers: Answer) -> None:
    """Answer in this order, the last one for ever."""
    left = list(answers)
    app.answer = lambda received: left.pop(0) if len(left) > 1 else left[0]


def test_the_call_has_the_documented_shape_and_signatures(installed: Client, app: FakeApp) -> None:
    told(app, (200, SENT))
    inputs = {"text": "Hello {{ contact.firstname }}", "image_url": ""}
    (callback_id,) = run(installed, ALICE, inputs=inputs)
    ended(installed, "SUCCESS")
    call, body = app.received[0], app.received[0].json
    assert call.path == "/hubspot/actions/send-message"
    assert body["callbackId"] == callback_id
    assert (body["origin"]["portalId"], body["origin"]["userId"]) == (PORTAL, None)
    assert body["context"]["source"] == "WORKFLOWS"
    assert body["object"] == {
        "objectId": int(ALICE),
        "objectType": "CONTACT",
        "properties": {"line_user_id": None},
    }
    assert body["fields"] == body["inputFields"] == {"text": "Hello Alice"}
    assert body["typedInputs"] == {"text": {"value": "Hello Alice", "type": "STRING"}}
    secret, url = installed.config.client_secret, installed.config.target + call.path
    assert call.headers["X_HUBSPOT_SIGNATURE_VERSION"] == "v2"
    assert call.headers["X_HUBSPOT_SIGNATURE"] == signing.v2(secret, "POST", url, call.body)
    timestamp = int(call.headers["X_HUBSPOT_REQUEST_TIMESTAMP"])
    v3 = signing.v3(secret, "POST", url, call.body, timestamp)
    assert call.headers["X_HUBSPOT_SIGNATURE_V3"] == v3


def test_success_shows_the_rule_s_line(installed: Client, app: FakeApp) -> None:
    told(app, (200, SENT))
    run(installed, ALICE)
    assert ended(installed, "SUCCESS")["line"] == "LINE accepted the message."
    japanese = installed.control("GET", "/executions?lang=ja")["executions"][0]
    assert japanese["line"] == "LINEがメッセージを受け付けました。"


def test_fail_continue_fills_outputs_into_its_line(installed: Client, app: FakeApp) -> None:
    outputs = {"hs_execution_state": "FAIL_CONTINUE", "result": "failed", "error": "no reason"}
    told(app, (200, {"outputFields": outputs}))
    run(installed, ALICE)
    assert ended(installed, "FAIL_CONTINUE")["line"] == "Not sent: no reason"


def test_a_4xx_fails_without_another_try(installed: Client, app: FakeApp) -> None:
    told(app, (400, {}))
    run(installed, ALICE)
    assert ended(installed, "FAILED")["line"] == "The app answered 400."
    assert len(app.received) == 1


@pytest.mark.parametrize("first", [429, 500, 503])
def test_429_and_5xx_come_again_under_the_same_id(
    installed: Client, app: FakeApp, first: int
) -> None:
    installed.control("POST", "/hubspot", {"action_gaps": [0.05, 0.05]})
    told(app, (first, {}), (200, SENT))
    run(installed, ALICE)
    assert ended(installed, "SUCCESS")["statuses"] == [first, 200]
    assert app.received[0].body == app.received[1].body


def test_tries_come_to_an_end(installed: Client, app: FakeApp) -> None:
    installed.control("POST", "/hubspot", {"action_gaps": [0.02]})
    told(app, (500, {}))
    run(installed, ALICE)
    assert ended(installed, "FAILED")["attempts"] == 2


def block(app: FakeApp, duration: str = "P1D") -> None:
    """Answer BLOCK."""
    outputs = {"hs_execution_state": "BLOCK", "hs_expiration_duration": duration}
    told(app, (200, {"outputFields": outputs}))


def test_a_block_is_completed_by_its_callback(installed: Client, app: FakeApp) -> None:
    block(app)
    (callback_id,) = run(installed, ALICE)
    ended(installed, "BLOCKED")
    body = {**SENT, "typedOutputs": {}}
    path = f"{CALLBACKS}/{callback_id}/complete"
    assert installed.api("POST", path, body) == (204, None)
    assert ended(installed, "SUCCESS")["outputs"]["message_id"] == "m1"
    assert installed.api("POST", path, body)[0] == 204
    callbacks = installed.control("GET", "/callbacks")
    assert callbacks["more_than_once"] == 1
    assert callbacks["callbacks"][callback_id]["completed"] == 2
    installed.control("POST", "/hubspot", {"repeated_completion_status": 404})
    assert installed.api("POST", path, body)[0] == 404


def test_an_answer_that_a_workflow_waited_for_ends_the_tour(
    installed: Client, app: FakeApp
) -> None:
    def done() -> bool:
        return b'data-testid="tour-ask" data-done="yes"' in installed.raw("GET", "/tour").data

    block(app)
    for number, outputs in enumerate(({"result": "timed_out"}, {"answer": "Yes"})):
        (callback_id,) = run(installed, ALICE)
        ended(installed, "BLOCKED")
        body = {"outputFields": outputs, "typedOutputs": {}}
        assert installed.api("POST", f"{CALLBACKS}/{callback_id}/complete", body)[0] == 204
        ended(installed, "SUCCESS")
        assert done() == bool(number)


def test_a_batch_with_an_unknown_callback_does_nothing(installed: Client, app: FakeApp) -> None:
    block(app)
    (callback_id,) = run(installed, ALICE)
    ended(installed, "BLOCKED")
    known = {"callbackId": callback_id, **SENT, "typedOutputs": {}}
    unknown = {**known, "callbackId": "ap-1-1-1-0"}
    status, body = installed.api("POST", f"{CALLBACKS}/complete", {"inputs": [known, unknown]})
    assert status == 404
    assert body["context"]["callbackIds"] == ["ap-1-1-1-0"]
    assert ended(installed, "BLOCKED")["completed"] == 0
    assert installed.api("POST", f"{CALLBACKS}/complete", {"inputs": [known]}) == (204, None)
    assert installed.api("POST", f"{CALLBACKS}/complete", {"inputs": [known] * 101})[0] == 400


@pytest.mark.parametrize(
    "wrong", [{"outputFields": {"n": 1}, "typedOutputs": {}}, {"outputFields": {}}, {}]
)
def test_malformed_completions_are_refused(
    installed: Client, app: FakeApp, wrong: dict[str, Any]
) -> None:
    block(app)
    (callback_id,) = run(installed, ALICE)
    ended(installed, "BLOCKED")
    assert installed.api("POST", f"{CALLBACKS}/{callback_id}/complete", wrong)[0] == 400


@pytest.mark.parametrize(("duration", "seconds"), [("PT15M", 900), ("P1D", 86400), ("", 604800)])
def test_a_block_expires_silently(
    installed: Client, app: FakeApp, duration: str, seconds: int
) -> None:
    block(app, duration)
    (callback_id,) = run(installed, ALICE)
    ended(installed, "BLOCKED")
    installed.control("POST", "/clock", {"offset_seconds": seconds - 60})
    ended(installed, "BLOCKED")
    installed.control("POST", "/oauth", {"expires_in": 10**7})
    installed.install()
    installed.control("POST", "/clock", {"offset_seconds": seconds + 1})
    assert ended(installed, "EXPIRED")["outputs"] == {}
    body = {**SENT, "typedOutputs": {}}
    assert installed.api("POST", f"{CALLBACKS}/{callback_id}/complete", body)[0] == 404


def test_options_are_asked_for_as_documented(installed: Client, app: FakeApp) -> None:
    offered = {"options": [{"label": "Shop", "value": "1"}], "after": "c", "searchable": True}
    told(app, (200, offered))
    path = f"/portal/{PORTAL}/options?action=send-message&field=official_account&q=sh&text=secret"
    assert installed.raw("GET", path).json() == offered
    call = app.received[0]
    assert call.path == "/hubspot/actions/send-message/options"
    assert call.headers["X_HUBSPOT_SIGNATURE_VERSION"] == "v2"
    assert call.json["origin"]["portalId"] == PORTAL
    assert call.json["objectTypeId"] == "0-1"
    assert call.json["inputFieldName"] == "official_account"
    assert call.json["inputFields"] == {}
    assert call.json["fetchOptions"] == {"q": "sh"}


def test_options_that_fail_say_so(installed: Client, app: FakeApp) -> None:
    told(app, (500, {}))
    path = f"/portal/{PORTAL}/options?action=send-message&field=official_account"
    assert installed.raw("GET", path).json() == {"options": [], "error": "The app answered 500."}


def test_a_big_run_repeats_a_share_of_its_calls(installed: Client, app: FakeApp) -> None:
    told(app, (200, SENT))
    installed.control("POST", "/contacts", {"count": 197})
    ids = run(installed, list="1", contact_ids=[], concurrency=20, repeat_fraction=0.1)
    assert len(set(ids)) == 200
    until(lambda: len(app.received) == 220)
    until(lambda: installed.control("GET", "/executions?limit=1")["states"] == {"SUCCESS": 200})


def test_the_app_may_complete_before_its_answer_arrives(installed: Client, app: FakeApp) -> None:
    def complete_first(received: Received) -> Answer:
        if received.json["callbackId"]:
            path = f"{CALLBACKS}/{received.json['callbackId']}/complete"
            assert installed.api("POST", path, {**SENT, "typedOutputs": {}})[0] == 204
        return 200, {"outputFields": {"hs_execution_state": "BLOCK"}}

    app.answer = complete_first
    run(installed, BOB)
    assert ended(installed, "SUCCESS")["completed"] == 1
