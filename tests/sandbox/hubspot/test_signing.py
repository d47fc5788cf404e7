"""HubSpot's published signature vectors, and those over a real action body."""

import json

import pytest

from plugin.sandbox.hubspot.workflows import signing

SECRET = "yyyyyyyy-yyyy-yyyy-yyyy-yyyyyyyyyyyy"
URL = "https://www.example.com/webhook_uri"
FIRST = b"{'example_field':'example_value'}"
DOCS = (
    b'[{"eventId":1,"subscriptionId":12345,"portalId":62515,"occurredAt":1564113600000,'
    b'"subscriptionType":"contact.creation","attemptNumber":0,"objectId":123,'
    b'"changeSource":"CRM","changeFlag":"NEW","appId":54321}]'
)


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (FIRST, "69fc6631a867edd4f9e9e627fc5c1148e3fbdd8b21837b6d2b8901c1fa57f750"),
        (DOCS, "232db2615f3d666fe21a8ec971ac7b5402d33b9a925784df3ca654d05f4817de"),
    ],
)
def test_v1(body: bytes, expected: str) -> None:
    assert signing.v1(SECRET, body) == expected


@pytest.mark.parametrize(
    ("method", "body", "expected"),
    [
        ("POST", FIRST, "4fe4e3a7d3cf09db53be39d0a58130e2aaba074ec123a9e355b876a689a1c383"),
        (
            "POST",
            b'{"example_field":"example_value"}',
            "9569219f8ba981ffa6f6f16aa0f48637d35d728c7e4d93d0d52efaa512af7900",
        ),
        ("GET", b"", "eee2dddcc73c94d699f5e395f4b9d454a069a6855fbfa152e91e88823087200e"),
    ],
)
def test_v2(method: str, body: bytes, expected: str) -> None:
    assert signing.v2(SECRET, method, URL, body) == expected


@pytest.mark.parametrize(
    ("timestamp", "expected"),
    [
        (1693657560000, "K36dawei4A+QBNolUOqo7s91KQDWQ5MXZ/QufNYuk/Y="),
        (1700000300000, "RnbPH7+UMKVkbV32P8bz450N4M56aPmcru1+D3kSDtw="),
    ],
)
def test_v3(timestamp: int, expected: str) -> None:
    assert signing.v3(SECRET, "POST", URL, FIRST, timestamp) == expected


def test_v3_decodes_the_documented_escapes_only() -> None:
    body = json.dumps(
        {"inputFields": {"message": "こんにちは 🎉"}}, separators=(",", ":"), ensure_ascii=False
    ).encode()
    url = "https://line.example.com/hubspot/actions/send?x=a%3Ab%2Fc"
    expected = "2SvIoe0J2htNPpRI4WTuqaDEP1jy7ktlT7ncx7ByUl0="
    assert signing.v3(SECRET, "POST", url, body, 1790000000000) == expected
    kept = signing.v3(SECRET, "POST", "https://x.example.com/?a=%20%26%3D", b"", 1)
    assert kept != signing.v3(SECRET, "POST", "https://x.example.com/?a= &=", b"", 1)


def test_an_action_body() -> None:
    """The shape of a real call: ids beyond 32 bits, no properties, no final newline."""
    index = {"enrollmentId": 2300000000001, "actionExecutionIndex": 0}
    fields = {"label": "Sample Contact", "value": "150000000001"}
    typed = {name: {"value": text, "type": "STRING"} for name, text in fields.items()}
    body = {
        "callbackId": "ap-12345678-2300000000001-1-0",
        "origin": {
            "portalId": 12345678,
            "userId": None,
            "actionDefinitionId": 200000001,
            "actionDefinitionVersion": 1,
            "actionExecutionIndexIdentifier": index,
            "extensionDefinitionVersionId": 1,
            "extensionDefinitionId": 200000001,
        },
        "context": {
            "workflowId": 1700000001,
            "actionId": 1,
            "actionExecutionIndexIdentifier": index,
            "source": "WORKFLOWS",
        },
        "object": {"objectId": 150000000001, "objectType": "CONTACT"},
        "fields": fields,
        "inputFields": fields,
        "typedInputs": typed,
    }
    raw = json.dumps(body, separators=(",", ":")).encode()
    assert len(raw) == 762
    v2 = "e8a82fbbf43e37899451bb0f8afaaab1211c0d5e90e09ac02908459f41a2a0a5"
    assert signing.v2(SECRET, "POST", URL, raw) == v2
    v3 = "cSKfyxfFDm9CLrBgixZEnhBb/2XJdDRmR81yLRyyowg="
    assert signing.v3(SECRET, "POST", URL, raw, 1790000000000) == v3
