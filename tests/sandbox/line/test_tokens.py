"""Channel access tokens of the LINE stand-in."""

import pytest
from linebot.v3.oauth import ApiClient, ChannelAccessToken, Configuration

from plugin.sandbox.line.seed import SALON, SHOP, SHOP_LOGIN
from tests.sandbox.line.rig import SECRET, Line


def issue_short(line: Line, secret: str = SECRET) -> dict[str, str]:
    answer: dict[str, str] = line.form(
        "/line-api/v2/oauth/accessToken",
        grant_type="client_credentials",
        client_id=SHOP,
        client_secret=secret,
    ).json()
    return answer


def ask_info(line: Line, token: str) -> int:
    headers = {"Authorization": f"Bearer {token}"}
    return int(line.raw("GET", "/line-api/v2/bot/info", headers=headers).status)


def test_the_sdk_gets_a_stateless_token(line: Line) -> None:
    oauth = ChannelAccessToken(ApiClient(Configuration(host=f"{line.config.base_url}/line-api")))
    answer = oauth.issue_stateless_channel_token_by_client_secret(SHOP, SECRET)
    assert (answer.expires_in, answer.token_type) == (900, "Bearer")
    assert answer.access_token.startswith("ey")
    assert ask_info(line, answer.access_token) == 200


def test_a_wrong_secret_is_an_invalid_request(line: Line) -> None:
    answer = line.form(
        "/line-api/oauth2/v3/token",
        grant_type="client_credentials",
        client_id=SHOP,
        client_secret="wrong",
    )
    assert (answer.status, answer.json()["error"]) == (400, "invalid_request")
    assert answer.headers["x-line-request-id"]


def test_a_token_dies_after_its_quarter_of_an_hour(line: Line) -> None:
    token = line.token()
    line.control("POST", "/clock", {"offset_seconds": 899})
    assert ask_info(line, token) == 200
    line.control("POST", "/clock", {"offset_seconds": 901})
    headers = {"Authorization": f"Bearer {token}"}
    answer = line.raw("GET", "/line-api/v2/bot/info", headers=headers)
    assert answer.status == 401
    assert answer.json()["message"].startswith("Authentication failed due to the following reason")


def test_a_short_lived_token_names_the_wrong_field(line: Line) -> None:
    assert issue_short(line, "wrong")["error_description"] == "invalid client_secret"


def test_the_31st_short_lived_token_revokes_the_oldest(line: Line) -> None:
    tokens = [issue_short(line)["access_token"] for _ in range(31)]
    assert ask_info(line, tokens[0]) == 401
    assert ask_info(line, tokens[1]) == 200


def test_short_lived_tokens_are_verified_and_revoked(line: Line) -> None:
    token = issue_short(line)["access_token"]
    told = line.form("/line-api/v2/oauth/verify", access_token=token).json()
    assert told["client_id"] == SHOP
    line.form("/line-api/v2/oauth/revoke", access_token=token)
    assert line.form("/line-api/v2/oauth/verify", access_token=token).status == 400


@pytest.mark.parametrize(("channel", "status"), [(SALON, 200), (SHOP_LOGIN, 403)])
def test_a_token_speaks_for_its_own_channel(line: Line, channel: str, status: int) -> None:
    answer = line.api("GET", "/v2/bot/info", channel=channel)
    assert answer.status == status
    if status == 200:
        assert answer.json()["basicId"] == "@sandbox2"
