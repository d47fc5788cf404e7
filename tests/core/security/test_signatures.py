"""Both platforms' own vectors, and that no input makes a verification raise."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plugin.core.security import signatures
from plugin.core.security.signatures import SignedRequest

SECRET = "yyyyyyyy-yyyy-yyyy-yyyy-yyyyyyyyyyyy"
URI = "https://www.example.com/webhook_uri"
SINGLE = b"{'example_field':'example_value'}"
DOUBLE = b'{"example_field":"example_value"}'
WEBHOOK = (
    b'[{"eventId":1,"subscriptionId":12345,"portalId":62515,"occurredAt":1564113600000,'
    b'"subscriptionType":"contact.creation","attemptNumber":0,"objectId":123,'
    b'"changeSource":"CRM","changeFlag":"NEW","appId":54321}]'
)
SAMPLE = Path(__file__).parents[4] / "shared/samples/hubspot/action-execution-body.json"
LINE_SECRET = "8c570fa6dd201bb328f1c1eac23a96d8"
LINE_BODY = b'{"destination":"U8e742f61d673b39c7fff3cecb7536ef0","events":[]}'
LINE_SIGNATURE = "GhRKmvmHys4Pi8DxkF4+EayaH0OqtJtaZxgTD9fMDLs="


def at(milliseconds: int) -> datetime:
    return datetime.fromtimestamp(milliseconds / 1000, UTC)


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (SINGLE, "69fc6631a867edd4f9e9e627fc5c1148e3fbdd8b21837b6d2b8901c1fa57f750"),
        (WEBHOOK, "232db2615f3d666fe21a8ec971ac7b5402d33b9a925784df3ca654d05f4817de"),
    ],
)
def test_v1_vectors(body: bytes, expected: str) -> None:
    request = SignedRequest("POST", URI, body)
    assert signatures.is_v1([SECRET], request, expected)
    assert not signatures.is_v1(["other"], request, expected)


@pytest.mark.parametrize(
    ("method", "body", "expected"),
    [
        ("POST", SINGLE, "4fe4e3a7d3cf09db53be39d0a58130e2aaba074ec123a9e355b876a689a1c383"),
        ("POST", DOUBLE, "9569219f8ba981ffa6f6f16aa0f48637d35d728c7e4d93d0d52efaa512af7900"),
        ("GET", b"", "eee2dddcc73c94d699f5e395f4b9d454a069a6855fbfa152e91e88823087200e"),
    ],
)
def test_v2_vectors(method: str, body: bytes, expected: str) -> None:
    request = SignedRequest(method, URI, body)
    assert signatures.is_v2([SECRET], request, expected)
    assert not signatures.is_v2([SECRET], request._replace(body=body + b" "), expected)


@pytest.mark.parametrize(
    ("uri", "body", "timestamp", "expected"),
    [
        (URI, SINGLE, 1693657560000, "K36dawei4A+QBNolUOqo7s91KQDWQ5MXZ/QufNYuk/Y="),
        (URI, SINGLE, 1700000300000, "RnbPH7+UMKVkbV32P8bz450N4M56aPmcru1+D3kSDtw="),
        (
            "https://line.example.com/hubspot/actions/send?x=a%3Ab%2Fc",
            '{"inputFields":{"message":"こんにちは 🎉"}}'.encode(),
            1790000000000,
            "2SvIoe0J2htNPpRI4WTuqaDEP1jy7ktlT7ncx7ByUl0=",
        ),
    ],
)
def test_v3_vectors(uri: str, body: bytes, timestamp: int, expected: str) -> None:
    request = SignedRequest("POST", uri, body)
    fresh = at(timestamp)
    assert signatures.is_v3([SECRET], request, expected, str(timestamp), fresh)
    assert signatures.is_v3(["new", SECRET], request, expected, str(timestamp), fresh)
    assert not signatures.is_v3(["new"], request, expected, str(timestamp), fresh)


@pytest.mark.skipif(not SAMPLE.exists(), reason="the sample bodies are not here")
def test_the_sample_action_body() -> None:
    body = SAMPLE.read_bytes()
    request = SignedRequest("POST", URI, body)
    assert json.loads(body)["callbackId"]
    v2 = "e8a82fbbf43e37899451bb0f8afaaab1211c0d5e90e09ac02908459f41a2a0a5"
    v3 = "cSKfyxfFDm9CLrBgixZEnhBb/2XJdDRmR81yLRyyowg="
    assert signatures.is_v2([SECRET], request, v2)
    assert signatures.is_v3([SECRET], request, v3, "1790000000000", at(1790000000000))


@pytest.mark.parametrize(
    ("seconds", "fresh"), [(300, True), (301, False), (-300, True), (-301, False)]
)
def test_v3_is_refused_more_than_five_minutes_away_on_either_side(
    seconds: int, fresh: bool
) -> None:
    now = at(1790000000000)
    stamp = str(1790000000000 - seconds * 1000)
    request = SignedRequest("POST", URI, DOUBLE)
    signature = signatures.hubspot_v3(SECRET, request, stamp)
    assert signatures.is_v3([SECRET], request, signature, stamp, now) is fresh


def test_lines_vector() -> None:
    assert signatures.line_signature(LINE_SECRET, LINE_BODY) == LINE_SIGNATURE
    assert signatures.is_from_line(["new", LINE_SECRET], LINE_BODY, LINE_SIGNATURE)
    assert not signatures.is_from_line([LINE_SECRET], LINE_BODY + b"\n", LINE_SIGNATURE)
    assert not signatures.is_from_line([LINE_SECRET], LINE_BODY, None)


ANY_TEXT = st.none() | st.text()


@given(ANY_TEXT, ANY_TEXT, st.binary(), st.text())
def test_any_input_is_answered_with_no(
    signature: str | None, timestamp: str | None, body: bytes, path: str
) -> None:
    request = SignedRequest("POST", f"https://m.example.com/{path}", body)
    now = at(1790000000000)
    assert signatures.is_v3([SECRET], request, signature, timestamp, now) is False
    assert signatures.is_v2([SECRET], request, signature) is False
    assert signatures.is_v1([SECRET], request, signature) is False
    assert signatures.is_from_line([LINE_SECRET], body, signature) is False
