"""The action "Generate LINE linkage URL": a personal, expiring way in for one contact."""

from collections.abc import Mapping

from plugin.core.clock import rfc3339, utcnow
from plugin.models.qr_code import QRCode
from plugin.models.sending import ActionCall
from plugin.services.desk import Desk
from plugin.services.executions import FAIL_CONTINUE, SUCCESS, Action, Answer
from plugin.services.link_friend import contact_row, owe_mirror
from plugin.services.linkage_tokens import DEFAULT_DAYS, MAX_DAYS, give_token, token_text
from plugin.services.qr_codes import linkage_url


def generate_linkage_url(desk: Desk, call: ActionCall, inputs: Mapping[str, str]) -> Answer:
    """Give a token, owe the write of the contact's properties, answer with both texts."""
    installation = desk.installation
    code = _code(installation.id, inputs.get("qr_code", ""))
    days = _days(inputs.get("valid_days", ""))
    if code is None or days is None:
        return _refused("qr_code" if code is None else "valid_days")
    contact = contact_row(installation.id, call.contact_id)
    token = give_token(code, contact, days, utcnow())
    owe_mirror(contact)
    text = token_text(desk.outside, token, installation.portal_id, contact.contact_id)
    outputs = {
        "result": "generated",
        "linkage_url": linkage_url(desk.outside, code, text),
        "linkage_token": text,
        "expires_at": rfc3339(token.expires_at) or "",
        "error": "",
    }
    return Answer(SUCCESS, outputs)


def _code(installation_id: int, wanted: str) -> QRCode | None:
    if not wanted.strip().isdecimal() or len(wanted.strip()) > 18:
        return None
    code = QRCode.find_owned(installation_id, int(wanted))
    return code if code is not None and code.takes_links else None


def _days(wanted: str) -> int | None:
    """HubSpot may send a number field as `30` or `30.0`."""
    if not wanted.strip():
        return DEFAULT_DAYS
    try:
        days = int(float(wanted))
    except (ValueError, OverflowError):
        return None
    return days if 1 <= days <= MAX_DAYS else None


def _refused(field: str) -> Answer:
    empty = {"result": "failed", "linkage_url": "", "linkage_token": "", "expires_at": ""}
    errors = {
        "qr_code": "The chosen QR code is gone or takes no personal links. Choose another.",
        "valid_days": f"Valid for (days) must be between 1 and {MAX_DAYS}.",
    }
    return Answer(FAIL_CONTINUE, {**empty, "error": errors[field]})


GENERATE_LINKAGE_URL = Action("generate-linkage-url", generate_linkage_url)
