"""The portal and the mailbox, as their HTML and forms."""

import pytest

from tests.sandbox.hubspot.rig import ALICE, BOB, PORTAL, Client, FakeApp, until

RECORD = f"/hubspot-app/contacts/{PORTAL}/record/0-1"
HOME = f"/portal/{PORTAL}"
LINKAGE = ("line_linkage_url", "line_linkage_token")


@pytest.fixture
def linked(installed: Client) -> Client:
    """With the linkage properties, filled for Alice."""
    for name in LINKAGE:
        body = {"name": name, "label": name, "type": "string", "fieldType": "text"}
        path = "/crm/properties/2026-09/contacts"
        status, _ = installed.api("POST", path, {**body, "groupName": "contactinformation"})
        assert status == 201
    values = {LINKAGE[0]: "https://example.com/l/shop?t=tok", LINKAGE[1]: "tok"}
    installed.control("PATCH", f"/contacts/{ALICE}", {"properties": values})
    return installed


def test_the_portal_lists_contacts_and_finds_them(installed: Client) -> None:
    page = installed.page(HOME)
    assert "Alice Example" in page
    assert 'data-testid="app-state">Installed' in page
    found = installed.page(HOME, q="bob@")
    assert "Bob Example" in found
    assert "Alice Example" not in found


def test_an_unknown_portal_is_404(hubspot: Client) -> None:
    assert hubspot.raw("GET", "/portal/1").status == 404
    assert hubspot.raw("GET", f"{RECORD}/9").status == 404


def test_a_contact_is_made_and_a_taken_email_explained(hubspot: Client) -> None:
    values = {"firstname": "Dora", "lastname": "", "email": "dora@example.com"}
    made = hubspot.form(f"{HOME}/contacts", values)
    assert "Dora" in hubspot.page(made.headers["Location"])
    again = hubspot.form(f"{HOME}/contacts", values)
    assert "Contact already exists" in hubspot.page(again.headers["Location"])


def test_a_property_is_edited_by_hand(hubspot: Client) -> None:
    hubspot.form(f"{RECORD}/{ALICE}", {"property-city": "Kyoto", "property-firstname": "Alice"})
    assert 'value="Kyoto"' in hubspot.page(f"{RECORD}/{ALICE}")
    refused = hubspot.form(f"{RECORD}/{ALICE}", {"property-email": "nonsense"})
    page = hubspot.page(refused.headers["Location"])
    assert "Email address nonsense is invalid" in page


def test_merging_leads_to_the_survivor(hubspot: Client) -> None:
    merged = hubspot.form(f"{RECORD}/{ALICE}/merge", {"other": BOB})
    assert "Alice Example" in hubspot.page(merged.headers["Location"])
    assert hubspot.raw("GET", f"{RECORD}/{BOB}").status == 302


def test_a_workflow_is_filled_in_and_run(installed: Client, app: FakeApp) -> None:
    app.answer = lambda received: (200, {"outputFields": {"result": "sent", "message_id": "m1"}})
    editor = f"{HOME}/workflows"
    assert "Insert contact properties" in installed.page(editor)
    japanese = installed.raw("GET", editor, headers={"Accept-Language": "ja,en;q=0.5"})
    assert "LINEメッセージを送る" in japanese.data.decode()
    fields = {
        "action": "send-message",
        "enroll": f"contact:{ALICE}",
        "input-text": "one\r\ntwo",
        "input-notification_disabled": "true",
    }
    assert installed.form(editor, fields).status == 303
    until(lambda: "LINE accepted the message." in installed.page(f"{HOME}/executions"))
    assert app.received[0].json["inputFields"]["text"] == "one\ntwo"
    kept = app.received[0].json["typedInputs"]["notification_disabled"]
    assert kept == {"value": "true", "type": "BOOL"}
    assert "LINE accepted the message." in installed.page(f"{RECORD}/{ALICE}")


def test_the_app_is_uninstalled_in_the_portal(installed: Client) -> None:
    back = installed.form(f"{HOME}/uninstall", {})
    assert "Not installed" in installed.page(back.headers["Location"])
    assert installed.api("GET", "/account-info/2026-09/details")[0] == 401


def test_the_mailbox_renders_and_tracks_links(linked: Client) -> None:
    page = linked.page("/mailbox", contact=ALICE)
    assert "https://example.com/l/shop?t=tok&amp;_hsenc=" in page
    assert "https://example.com/l/shop?t={{ contact.line_linkage_token }}&amp;_hsenc=" in page
    assert "https://example.com/l/shop?t=&amp;_hsenc=" in page
    assert "_hsmi=" in page
    assert "leads nowhere" in linked.page("/mailbox", contact=BOB)


def test_a_list_is_made_filled_emptied_and_deleted_by_hand(installed: Client) -> None:
    made = installed.form(f"{HOME}/lists", {"name": "Regulars"})
    place = made.headers["Location"]
    installed.form(place, {"add": ALICE})
    installed.form(place, {"add": BOB})
    installed.form(place, {"remove": ALICE})
    page = installed.page(place)
    assert f'data-testid="member-{BOB}"' in page
    assert f'data-testid="member-{ALICE}"' not in page
    list_id = place.rpartition("/")[2]
    path = f"/crm/lists/2026-09/{list_id}/memberships"
    assert [row["recordId"] for row in installed.api("GET", path)[1]["results"]] == [BOB]
    again = installed.form(f"{HOME}/lists", {"name": "Regulars"})
    assert "There is already a list named" in installed.page(again.headers["Location"])
    installed.form(f"{place}/delete", {})
    assert installed.api("GET", path)[0] == 404


def test_a_list_that_fills_itself_is_not_changed_by_hand(hubspot: Client) -> None:
    page = hubspot.page(f"{HOME}/lists/1")
    assert "every contact is in it" in page
    assert 'data-testid="remove"' not in page
    assert hubspot.form(f"{HOME}/lists/1", {"remove": ALICE}).status == 400


def test_a_campaign_is_made_by_hand(hubspot: Client) -> None:
    hubspot.form(f"{HOME}/campaigns", {"name": "Spring", "utm": "spring_sale"})
    page = hubspot.page(f"{HOME}/campaigns")
    assert "spring_sale" in page
    assert "0 JPY" in page


@pytest.mark.parametrize(
    ("kind", "typed", "kept"),
    [("checkbox", ["Gold", "Silver"], "Gold;Silver"), ("date", ["2026-01-31"], "2026-01-31"),
     ("bool", ["true"], "true"), ("checkbox", [""], "")],
)  # fmt: skip
def test_a_property_of_a_type_is_made_and_edited(
    installed: Client, kind: str, typed: list[str], kept: str
) -> None:
    fields = {"label": "Member card", "kind": kind, "options": "Gold, Silver"}
    made = installed.form(f"{HOME}/properties", fields)
    assert "Member card is there" in installed.page(made.headers["Location"])
    installed.raw(
        "POST", f"{RECORD}/{ALICE}", fields=[("property-member_card", text) for text in typed],
        encode_multipart=False,
    )  # fmt: skip
    path = f"/crm/objects/2026-09/contacts/{ALICE}?properties=member_card"
    assert (installed.api("GET", path)[1]["properties"]["member_card"] or "") == kept
