"""The doctor's page, the symptoms, and where people meet them; command and API agree."""

import json
import re
from collections.abc import Iterator

import pytest

from plugin.core.diagnosis.doctor.checks import CHECKS
from plugin.core.diagnosis.doctor.symptoms import SYMPTOMS
from plugin.services.doctor.places import PLACES, path_of
from tests.api.client import program
from tests.services.doctor.rig import Rig, healthy
from tests.support.people import linked
from tests.support.walker import Page
from tests.support.world import Socket, Tenant, World, sql_of
from tests.web.pages import csrf_of, marks

LOOKS = {"ok": "ok", "bad": "failing", "none": ""}


@pytest.fixture
def rig(world: World, alice: Tenant, musubi_socket: Socket) -> Iterator[Rig]:
    with healthy(world, alice, musubi_socket) as made:
        yield made


def check_now(rig: Rig, path: str = "/settings/doctor") -> Page:
    walker = rig.tenant.walker
    page = walker.go(rig.world.url + path)
    form = next(form for form in page.forms if form.action == "/settings/doctor")
    return walker.submit(page.forms.index(form))


def shown(page: Page) -> dict[str, str]:
    """The sign of every check by its name."""
    pattern = r'data-testid="check-([a-z_]+)">\s*<div>\s*<span class="state (\w+)'
    return {name: LOOKS[look] for name, look in re.findall(pattern, page.html)}


def break_some(rig: Rig) -> None:
    rig.channel(use_webhook=False, verified=False)
    rig.control("/properties/line_tags", {}, "DELETE")
    rig.login_channel(callback_urls=[])
    rig.settings(smtp_url="smtp://127.0.0.1:9?tls=off")


BROKEN = {"webhook_active", "properties", "callback", "mail"}


def test_the_button_asks_and_the_page_says_what_is_to_be_mended(rig: Rig) -> None:
    page = rig.tenant.walker.go(f"{rig.world.url}/settings/doctor")
    assert "Not all was checked yet" in page.text
    assert "first-check" in marks(page)
    assert "Not checked" not in page.text
    page = check_now(rig)
    assert "Nothing to mend" in page.text
    assert not {"first-check", "to-mend"} & set(marks(page))
    assert set(shown(page)) == set(CHECKS)
    assert set(shown(page).values()) == {"ok"}
    break_some(rig)
    page = check_now(rig)
    assert "4 things to mend" in page.text
    assert {key for key, state in shown(page).items() if state == "failing"} == BROKEN
    on_top = page.html.partition('data-testid="to-mend"')[2].partition("</section>")[0]
    assert set(re.findall(r'data-testid="check-([a-z_]+)"', on_top)) == BROKEN
    assert page.html.index('href="#to-mend"') < page.html.index('id="to-mend"')
    assert page.html.index('id="to-mend"') < page.html.index('data-testid="section-')
    assert "switch “Use webhook” on" in page.text
    assert "HubSpot has no property line_tags" in page.text
    assert f"{rig.world.url}/line/login/callback" in page.html
    assert "https://developers.line.biz/console/" in page.html
    overview = rig.tenant.walker.go(f"{rig.world.url}/settings")
    assert overview.text.count("1 thing to mend") == 2
    assert "2 things to mend" in overview.text


def test_command_api_and_page_agree(rig: Rig) -> None:
    break_some(rig)
    page = shown(check_now(rig))
    kept = program(rig.world, rig.tenant, "reader").get("/doctor")
    run = rig.world.app.test_cli_runner().invoke
    told = run(args=["doctor", "--portal", "20000001", "--json"])
    assert told.exit_code == 1
    by_command = json.loads(told.output)["20000001"]
    fresh = program(rig.world, rig.tenant).ask("POST", "/doctor").json
    assert kept["checks"] == by_command["checks"] == fresh["checks"]
    assert not kept["healthy"]
    states = {check["key"]: check["state"] for check in kept["checks"]}
    assert {key for key, state in states.items() if state == "failing"} == BROKEN
    assert {key: state for key, state in page.items() if state} == {
        key: state for key, state in states.items() if state in ("ok", "failing")
    }
    assert {check["group"] for check in kept["checks"]} == {"hubspot", "line", "login", "musubi"}
    callback = next(check for check in kept["checks"] if check["key"] == "callback")
    assert callback["official_account"] == str(rig.tenant.account_id)
    assert callback["steps"][0]["url"] == "https://developers.line.biz/console/"


def test_the_command_speaks_to_people_and_to_scripts(rig: Rig) -> None:
    run = rig.world.app.test_cli_runner().invoke
    told = run(args=["doctor"])
    assert told.exit_code == 0, told.output
    assert "Portal 20000001" in told.output
    assert "ok          Test event from LINE: LINE called Musubi, and was answered." in told.output
    rig.channel(use_webhook=False)
    told = run(args=["doctor"])
    assert told.exit_code == 1
    assert "FAILING     Use webhook: The switch “Use webhook” is off" in told.output
    assert "- Open LINE Developers Console" in told.output
    unknown = run(args=["doctor", "--portal", "7"])
    assert (unknown.exit_code, "has not installed Musubi" in unknown.output) == (1, True)


def test_before_any_portal_the_command_looks_at_musubi_itself(world: World) -> None:
    told = world.app.test_cli_runner().invoke(args=["doctor"])
    assert told.exit_code == 1
    assert "FAILING     Scheduler" in told.output
    assert "ok          Database" in told.output
    assert "HubSpot" not in told.output.partition("Clock")[0]


def test_the_api_tells_a_stranger_nothing_of_others(
    rig: Rig, world: World, charlie: Tenant
) -> None:
    rig.control("/properties/line_tags", {}, "DELETE")
    check_now(rig)
    his = program(world, charlie).get("/doctor")
    assert his["healthy"]
    assert his["checked_at"] is None
    accounts = {check["official_account"] for check in his["checks"]}
    assert accounts == {None, str(charlie.account_id)}


def test_another_tenants_account_is_not_there(rig: Rig, world: World, charlie: Tenant) -> None:
    page = charlie.walker.go(f"{world.url}/settings/doctor")
    data = {"csrf_token": csrf_of(page), "check": "auto_reply"}
    address = f"{world.url}/accounts/{rig.tenant.account_id}/seen"
    assert charlie.walker.session.post(address, data=data, timeout=30).status_code == 404
    assert "Sandbox Shop" not in page.text


def test_somebody_says_that_they_have_looked(rig: Rig) -> None:
    rig.account(checks={})
    page = check_now(rig)
    assert shown(page)["published"] == ""
    form = next(form for form in page.forms if form.fields.get("check") == "published")
    page = rig.tenant.walker.submit(page.forms.index(form))
    assert shown(page)["published"] == "ok"
    assert "Somebody of your team has looked" in page.text
    data = {"csrf_token": csrf_of(page), "check": "channel"}
    address = f"{rig.world.url}/accounts/{rig.tenant.account_id}/seen"
    assert rig.tenant.walker.session.post(address, data=data, timeout=30).status_code == 400


def test_the_doctor_mends_properties_by_a_button(rig: Rig) -> None:
    rig.world.work()
    rig.control("/properties/line_tags", {}, "DELETE")
    page = check_now(rig)
    form = next(form for form in page.forms if form.action == "/settings/hubspot/properties")
    rig.tenant.walker.submit(page.forms.index(form))
    rig.world.work()
    assert shown(check_now(rig))["properties"] == "ok"


@pytest.mark.parametrize("symptom", SYMPTOMS)
def test_each_symptom_says_what_to_look_at_with_its_verdict(rig: Rig, symptom: str) -> None:
    rig.world.sandbox.fail("^/line-api/oauth2", {"status": 400, "body": {"error": "invalid"}})
    rig.control("/properties/line_tags", {}, "DELETE")
    check_now(rig, "/help/linkage")
    page = rig.tenant.walker.go(f"{rig.world.url}/help/linkage")
    entry = page.html.partition(f'data-testid="symptom-{symptom}"')[2].partition("</section>")[0]
    bearing = dict(re.findall(r'data-testid="bears-([a-z_]+)" data-state="(\w+)"', entry))
    assert set(bearing) == set(SYMPTOMS[symptom].checks)
    for key in ("channel", "login_channel", "properties"):
        assert bearing.get(key, "failing") == "failing"


def test_a_symptom_whose_checks_fail_is_marked_and_begins_with_them(rig: Rig) -> None:
    rig.login_channel(callback_urls=[])
    check_now(rig)
    page = rig.tenant.walker.go(f"{rig.world.url}/help/linkage")
    failing = {key for key, one in SYMPTOMS.items() if "callback" in one.checks}
    assert {mark for mark in marks(page) if mark.startswith("failing-")} == {
        f"failing-{key}" for key in failing
    }
    for key in failing:
        entry = page.html.partition(f'data-testid="symptom-{key}"')[2]
        assert entry.partition('data-testid="bears-')[2].startswith("callback")


def test_what_was_not_checked_is_counted_apart_from_what_is_not_known(rig: Rig) -> None:
    rig.account(checks={})
    overview = rig.tenant.walker.go(f"{rig.world.url}/settings")
    assert "not known" not in overview.text
    assert "Not checked" in overview.text
    assert "Nothing to mend" not in overview.text
    rig.account(checks={"channel": {"ok": True}})
    overview = rig.tenant.walker.go(f"{rig.world.url}/settings")
    assert "Nothing to mend 2 not known · 14 not checked" in overview.text
    check_now(rig)
    unseen = rig.tenant.walker.go(f"{rig.world.url}/settings/doctor")
    assert "not known" in unseen.text
    assert "not checked" not in unseen.text


def test_every_check_that_a_symptom_names_is_one() -> None:
    assert {key for one in SYMPTOMS.values() for key in one.checks} <= set(CHECKS)


MET = {
    "/qr-codes/{code}": {"qr-error", "no-consent"},
    "/email": {"mail-dead"},
    "/friends/{friend}/why": {"not-linked", "not-reached"},
    "/import": {"import-finds-nobody"},
}


@pytest.mark.parametrize("path", MET)
def test_a_symptom_is_reached_from_the_page_where_it_is_met(
    world: World, alice: Tenant, path: str
) -> None:
    friend_id, _ = linked(world, alice)
    page = alice.walker.go(world.url + path.format(code=alice.qr_code_id, friend=friend_id))
    assert set(re.findall(r"/help/linkage#([a-z-]+)", page.html)) == MET[path]
    assert MET[path] <= set(SYMPTOMS)


def test_an_error_page_leads_the_team_to_the_symptoms(world: World, alice: Tenant) -> None:
    page = alice.walker.go(f"{world.url}/friends/999999")
    assert page.status == 404
    assert "symptom-link" in marks(page)


def test_every_place_is_a_page(world: World, alice: Tenant) -> None:
    for place, address in PLACES.items():
        if address.outside or place in ("prove", "install"):
            continue
        path = path_of(place, alice.account_id)
        assert alice.walker.go(f"{world.url}{path}").status == 200, place


def test_the_pages_take_a_bounded_number_of_statements(world: World, alice: Tenant) -> None:
    for path in ("/settings/doctor", "/help/linkage"):
        with sql_of(world) as sent:
            alice.walker.go(world.url + path)
        assert len(sent) <= 12, path
