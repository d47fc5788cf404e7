"""What a body says of a broadcast: to whom it goes, what it sends, and how."""

from collections.abc import Sequence
from typing import Any

from plugin.api.access import tenant
from plugin.api.messages import check_messages
from plugin.api.problems import Problem, invalid
from plugin.core.clock import utcnow
from plugin.guards import get_deps
from plugin.models.audience.segment import Segment
from plugin.models.broadcasts.audience_member import Uploaded
from plugin.models.broadcasts.broadcast import ALL, LIST, SEGMENT, UPLOAD, Broadcast
from plugin.models.broadcasts.variant import Variant
from plugin.models.connections.official_account import OfficialAccount
from plugin.models.sending.template import Template
from plugin.services.broadcasts.audience import read_upload
from plugin.services.broadcasts.campaigns import campaigns_of
from plugin.services.broadcasts.drafts import Content
from plugin.services.imports.manage import Unfit, find_list

# Taken from the body into the draft as they are.
SETTINGS = (
    "split_percent", "split_by", "split_hours", "schedule_at", "per_minute", "spread_minutes",
    "silent", "ignores_quiet_hours", "cap_override", "budget", "when_short", "holdout_percent",
    "goal",
)  # fmt: skip


def changes_of(account: OfficialAccount, body: dict[str, Any]) -> dict[str, Any]:
    """Return the draft's values that the body names. Raise a problem for those that cannot be."""
    if body.get("schedule_at") is not None and body["schedule_at"] <= utcnow():
        raise invalid("schedule_at", "This moment is past.")
    changes = {name: body[name] for name in SETTINGS if name in body}
    if body.get("name"):
        changes["name"] = body["name"]
    if "campaign" in body:
        changes["campaign"] = _campaign(body["campaign"])
    return changes | _audience(account, body)


def uploaded_of(account: OfficialAccount, body: dict[str, Any]) -> Uploaded | None:
    """Return the people whom the body names one by one, if it does."""
    if "ids" not in body:
        return None
    return read_upload(account, "\n".join(map(_one_line, body["ids"])).encode("utf-8", "replace"))


def _campaign(campaign_id: str | None) -> dict[str, str] | None:
    if campaign_id is None:
        return None
    found = campaigns_of(get_deps(), tenant())
    if found.missing:
        raise no_scope(found.missing)
    for row in found.rows:
        if row.campaign_id == campaign_id:
            return {"id": row.campaign_id, "name": row.name, "utm": row.utm}
    raise invalid("campaign", "HubSpot has no such campaign.")


def no_scope(scope: str) -> Problem:
    words = f"HubSpot has not allowed this. Install Musubi into HubSpot again with {scope}."
    return Problem(403, "no_scope", words)


def _audience(account: OfficialAccount, body: dict[str, Any]) -> dict[str, Any]:
    if "segment" in body:
        segment = Segment.find_owned(tenant().id, body["segment"])
        if segment is None or segment.official_account_id != account.id:
            raise invalid("segment", "There is no such segment of this account.")
        return {"audience": SEGMENT, "segment_id": segment.id, "list_id": "", "list_name": ""}
    if "list_id" in body:
        try:
            found = find_list(get_deps(), tenant().id, body["list_id"])
        except Unfit as error:
            raise invalid("list_id", str(error)) from error
        named = {"list_id": found.list_id, "list_name": found.name[:255]}
        return {"audience": LIST, "segment_id": None, **named}
    if "ids" not in body and body.get("audience") != ALL:
        return {}
    nobody = {"segment_id": None, "list_id": "", "list_name": ""}
    return {"audience": UPLOAD if "ids" in body else ALL, **nobody}


def _one_line(text: str) -> str:
    return " ".join(text.split())


def contents_of(
    account: OfficialAccount, body: dict[str, Any], broadcast: Broadcast | None = None
) -> Sequence[Content] | None:
    """Return what is sent, None where the body says nothing of it. `broadcast`: the draft that it
    changes, whose variants track links as before where the body does not say."""
    if not {"messages", "template", "variants"} & body.keys():
        return None
    before = Variant.of_broadcast(broadcast.id) if broadcast is not None else []
    tracks = {variant.number: variant.tracks_links for variant in before}
    if "variants" not in body:
        return [_content(account, body, "", tracks.get(0, True))]
    return [
        _content(account, variant, f"variants.{number}.", tracks.get(number, True))
        for number, variant in enumerate(body["variants"])
    ]


def _content(account: OfficialAccount, body: dict[str, Any], place: str, tracks: bool) -> Content:
    if "template" in body:
        template = Template.find_owned(tenant().id, body["template"])
        if template is None or template.official_account_id != account.id:
            raise invalid(f"{place}template", "There is no such template of this account in use.")
        return Content(template_id=template.id)
    check_messages(account, body["messages"], f"{place}messages")
    return Content(body["messages"], None, body.get("tracks_links", tracks))
