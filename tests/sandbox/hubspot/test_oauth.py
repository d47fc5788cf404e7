"""Install, tokens, and what they allow."""

import base64
import hashlib

import pytest

from tests.sandbox.hubspot.rig import OTHER_PORTAL, PORTAL, Client

DETAILS = "/account-info/2026-09/details"


def test_the_consent_page_names_app_and_scopes(hubspot: Client) -> None:
    page = hubspot.page("/hubspot-app/oauth/authorize", **hubspot.asked())
    assert "Connect Musubi to HubSpot" in page
    assert "crm.objects.contacts.read" in page


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"client_id": "someone-else"}, "No app has this client ID"),
        ({"redirect_uri": "http://localhost/evil"}, "redirect URL does not match"),
        ({"scope": "oauth"}, "scope mismatch"),
        ({"code_challenge": "x", "code_challenge_method": "plain"}, "S256"),
    ],
)
def test_a_wrong_install_url_is_blocked(
    hubspot: Client, changes: dict[str, str], reason: str
) -> None:
    url = "/hubspot-app/oauth/authorize"
    answer = hubspot.raw("GET", url, fields=hubspot.asked(**changes))
    assert answer.status == 400
    assert reason in answer.data.decode()


def test_declining_goes_back_with_the_state(hubspot: Client) -> None:
    fields = {**hubspot.asked(), "portal": str(PORTAL), "decision": "decline"}
    answer = hubspot.form("/hubspot-app/oauth/authorize", fields)
    assert "error=access_denied" in answer.headers["Location"]
    assert "state=a-state" in answer.headers["Location"]


def test_a_code_is_good_once(hubspot: Client) -> None:
    back = hubspot.approve()
    assert back["state"] == "a-state"
    redirect = hubspot.asked()["redirect_uri"]
    fields = {"grant_type": "authorization_code", "code": back["code"], "redirect_uri": redirect}
    status, tokens = hubspot.token_call(**fields)
    assert status == 200
    assert tokens["hub_id"] == PORTAL
    assert tokens["expires_in"] == 1800
    status, refused = hubspot.token_call(**fields)
    assert (status, refused["status"], refused["error"]) == (400, "BAD_AUTH_CODE", "invalid_grant")


def test_a_code_does_not_live_long(hubspot: Client) -> None:
    code, redirect = hubspot.approve()["code"], hubspot.asked()["redirect_uri"]
    hubspot.control("POST", "/clock", {"offset_seconds": 301})
    status, _ = hubspot.token_call(
        grant_type="authorization_code", code=code, redirect_uri=redirect
    )
    assert status == 400


def test_pkce_is_checked(hubspot: Client) -> None:
    digest = hashlib.sha256(b"the-verifier").digest()
    challenge = base64.urlsafe_b64encode(digest).decode().rstrip("=")
    asked = {"code_challenge": challenge, "code_challenge_method": "S256"}
    fields = {"grant_type": "authorization_code", "redirect_uri": hubspot.asked()["redirect_uri"]}
    for verifier, expected in (("wrong", 400), ("the-verifier", 200)):
        code = hubspot.approve(PORTAL, **asked)["code"]
        status, _ = hubspot.token_call(**fields, code=code, code_verifier=verifier)
        assert status == expected


@pytest.mark.parametrize(
    ("field", "status_word"),
    [("client_id", "BAD_CLIENT_ID"), ("client_secret", "BAD_CLIENT_SECRET")],
)
def test_wrong_credentials_say_so_in_both_styles(
    hubspot: Client, field: str, status_word: str
) -> None:
    status, body = hubspot.token_call(grant_type="refresh_token", **{field: "wrong"})
    assert status == 400
    assert (body["error"], body["status"]) == ("invalid_client", status_word)
    assert body["error_description"] == body["message"]


def test_access_tokens_expire_and_are_refreshed(hubspot: Client) -> None:
    hubspot.control("POST", "/oauth", {"expires_in": 60, "rotate_refresh": False})
    tokens = hubspot.install()
    assert hubspot.api("GET", DETAILS)[0] == 200
    hubspot.control("POST", "/clock", {"offset_seconds": 61})
    status, body = hubspot.api("GET", DETAILS)
    assert (status, body["category"]) == (401, "EXPIRED_AUTHENTICATION")
    fresh = hubspot.token_call(grant_type="refresh_token", refresh_token=tokens["refresh_token"])[1]
    assert fresh["refresh_token"] == tokens["refresh_token"]
    hubspot.token = fresh["access_token"]
    assert hubspot.api("GET", DETAILS)[0] == 200


def test_a_rotated_refresh_token_dies_after_its_grace(hubspot: Client) -> None:
    hubspot.control("POST", "/oauth", {"rotate_refresh": True, "grace_seconds": 60})
    old = hubspot.install()["refresh_token"]
    new = hubspot.token_call(grant_type="refresh_token", refresh_token=old)[1]["refresh_token"]
    assert new != old
    hubspot.control("POST", "/clock", {"offset_seconds": 61})
    status, body = hubspot.token_call(grant_type="refresh_token", refresh_token=old)
    assert (status, body["status"]) == (400, "BAD_REFRESH_TOKEN")
    assert hubspot.token_call(grant_type="refresh_token", refresh_token=new)[0] == 200


def test_introspection_tells_the_portal_and_the_user(installed: Client) -> None:
    introspect = "/oauth/2026-09/token/introspect"
    status, body = installed.token_call(introspect, token=installed.token)
    assert status == 200
    assert (body["active"], body["hub_id"], body["user"]) == (True, PORTAL, "admin@example.com")
    assert installed.token_call(introspect, token="unknown")[1] == {"active": False}


def test_revoking_leaves_the_access_token_alone(hubspot: Client) -> None:
    tokens = hubspot.install()
    assert (
        hubspot.token_call("/oauth/2026-09/token/revoke", token=tokens["refresh_token"])[0] == 200
    )
    assert hubspot.api("GET", DETAILS)[0] == 200
    refused = hubspot.token_call(grant_type="refresh_token", refresh_token=tokens["refresh_token"])
    assert refused[1]["status"] == "BAD_REFRESH_TOKEN"


def test_uninstalling_ends_everything(hubspot: Client) -> None:
    tokens = hubspot.install()
    assert hubspot.api("DELETE", "/appinstalls/2026-09/external-install") == (204, None)
    assert hubspot.api("GET", DETAILS)[0] == 401
    refused = hubspot.token_call(grant_type="refresh_token", refresh_token=tokens["refresh_token"])
    assert refused[0] == 400


def test_the_account_names_where_its_pages_are(installed: Client) -> None:
    _, details = installed.api("GET", DETAILS)
    page = f"http://{details['uiDomain']}/contacts/{details['portalId']}/record/0-1/150000000001"
    assert "Alice Example" in installed.page(page.removeprefix(installed.config.base_url))


def test_portals_do_not_see_each_other(hubspot: Client) -> None:
    hubspot.install(OTHER_PORTAL)
    status, body = hubspot.api("GET", "/crm/objects/2026-09/contacts/150000000001")
    assert (status, body["category"]) == (404, "OBJECT_NOT_FOUND")


def test_scopes_are_checked(installed: Client) -> None:
    status, body = installed.api("PUT", "/crm/lists/2026-09/1/memberships/add", ["150000000001"])
    assert (status, body["category"]) == (403, "MISSING_SCOPES")
    granular = body["errors"][0]["context"]["requiredGranularScopes"]
    assert granular == ["crm.lists.write"]


def test_unknown_paths_and_old_versions_are_404(installed: Client) -> None:
    status, body = installed.api("GET", "/crm/v3/objects/contacts")
    assert (status, body["status"], body["category"]) == (404, "error", "OBJECT_NOT_FOUND")


def test_the_second_oauth_version_is_served(hubspot: Client) -> None:
    tokens = hubspot.install()
    fields = {"grant_type": "refresh_token", "refresh_token": tokens["refresh_token"]}
    assert hubspot.token_call("/oauth/2026-03/token", **fields)[0] == 200
