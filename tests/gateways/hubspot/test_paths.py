"""The table of paths: what the SDK asks for, and what is called."""

import re
from pathlib import Path

import hubspot
import pytest

from plugin.gateways import Portal
from plugin.gateways.hubspot.client import Caller
from plugin.gateways.hubspot.gateway import LiveHubSpot
from plugin.gateways.hubspot.paths import DIRECT_PATHS, SDK_PATHS, UnknownPathError, dated_path
from tests.gateways.conftest import Calls, RecordingMeter
from tests.gateways.scripted_server import ScriptedServer

# Numbered prefix -> dated prefix, as HubSpot's 2026-09 description has them.
PREFIXES = {
    "/crm/v3/objects/contacts": "/crm/objects/2026-09/contacts",
    "/crm/v3/properties": "/crm/properties/2026-09",
    "/crm/v3/lists": "/crm/lists/2026-09",
    # The SDK's collections end in a slash, the dated ones do not.
    "/crm/v3/owners/": "/crm/owners/2026-09",
    "/automation/v4/actions/callbacks": "/automation/actions/callbacks/2026-09",
    "/oauth/v1/token": "/oauth/2026-09/token",
}


@pytest.mark.parametrize(("row", "dated"), SDK_PATHS.items())
def test_every_row_is_the_documented_form(row: tuple[str, str], dated: str) -> None:
    template = row[1]
    old = next(prefix for prefix in PREFIXES if template.startswith(prefix))
    assert dated == (PREFIXES[old] + template.removeprefix(old)).removesuffix("/")


@pytest.mark.parametrize(("method", "template"), SDK_PATHS)
def test_every_row_is_asked_for_by_the_installed_sdk(method: str, template: str) -> None:
    sources = Path(hubspot.__file__).parent.glob("**/api/*_api.py")
    call = re.compile(rf'"{re.escape(template)}",\s+"{method}"')
    assert any(call.search(source.read_text(encoding="utf-8")) for source in sources)


EVERY = {*SDK_PATHS.values(), *(path for _, path in DIRECT_PATHS)}
# What HubSpot answers nowhere else.
NUMBERED = "/contacts/v1/contact/byUtk/batch/"


@pytest.mark.parametrize("path", sorted(EVERY - {NUMBERED}))
def test_no_path_but_one_is_numbered(path: str) -> None:
    assert "/2026-09" in path
    assert not re.search(r"/v\d", path)


def test_direct_paths_are_those_the_sdk_lacks() -> None:
    assert {
        ("POST", "/oauth/2026-09/token"),
        ("POST", "/oauth/2026-09/token/introspect"),
        ("POST", "/oauth/2026-09/token/revoke"),
        ("DELETE", "/appinstalls/2026-09/external-install"),
        ("GET", "/account-info/2026-09/details"),
        ("GET", NUMBERED),
        ("POST", "/crm/lists/2026-09/records/memberships/batch/read"),
        ("POST", "/crm/objects/2026-09/deals/search"),
        ("POST", "/crm/associations/2026-09/deals/contacts/batch/read"),
        ("GET", "/marketing/campaigns/2026-09"),
        ("POST", "/marketing/campaigns/2026-09/{campaignGuid}/spend"),
        ("GET", "/marketing/campaigns/2026-09/{campaignGuid}/budget/totals"),
    } == DIRECT_PATHS


@pytest.mark.parametrize(
    ("method", "template"),
    [
        ("GET", "/crm/v3/objects/contacts"),
        ("DELETE", "/crm/v3/lists/{listId}"),
        ("DELETE", "/account-info/2026-09/details"),
        ("GET", "/crm/objects/2026-09/contacts"),
    ],
)
def test_whatever_has_no_row_is_refused(method: str, template: str) -> None:
    with pytest.raises(UnknownPathError):
        dated_path(method, template)


def test_an_sdk_method_without_a_row_never_reaches_the_network(
    hubspot: LiveHubSpot,
    server: ScriptedServer,
    portal: Portal,
    meter: RecordingMeter,
    calls: Calls,
) -> None:
    api = hubspot._client.api(Caller.of(portal))
    with pytest.raises(UnknownPathError):
        api.crm.contacts.basic_api.archive("1")
    with pytest.raises(UnknownPathError):
        api.crm.companies.basic_api.get_page()
    assert (server.seen, meter.taken, calls.count) == ([], [], 0)
