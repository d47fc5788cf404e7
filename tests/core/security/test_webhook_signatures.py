"""Signatures as Standard Webhooks describes them, with the example of its own libraries."""

from datetime import UTC, datetime

from plugin.core.security.webhook_signatures import new_event_key, new_secret, signed_headers

SECRET, KEY = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "msg_p5jXN8AQM9LWM0D4loKWxJek"
AT = datetime.fromtimestamp(1614265330, UTC)


def test_the_standards_own_example() -> None:
    assert signed_headers([SECRET], KEY, AT, b'{"test": 2432232314}') == {
        "webhook-id": KEY,
        "webhook-timestamp": "1614265330",
        "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
    }


def test_while_two_secrets_are_valid_both_sign() -> None:
    both = signed_headers([new_secret(), SECRET], KEY, AT, b"{}")["webhook-signature"].split(" ")
    [alone] = signed_headers([SECRET], KEY, AT, b"{}")["webhook-signature"].split(" ")
    assert len(both) == 2
    assert both[1] == alone


def test_secrets_and_keys_are_new_every_time() -> None:
    assert len({new_secret() for _ in range(20)}) == 20
    assert len({new_event_key() for _ in range(20)}) == 20
