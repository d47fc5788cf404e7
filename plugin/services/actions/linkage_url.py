"""The action "Generate LINE linkage URL": a personal link of one contact, which expires."""

from collections.abc import Mapping

from plugin.core.clock import rfc3339, utcnow
from plugin.models.login_flow.qr_code import QRCode
from plugin.models.sending.action_call import ActionCall
from plugin.services.actions.context import Action, ActionContext
from plugin.services.contacts.outbox import mark_for_push
from plugin.services.contacts.records import get_or_create_contact
from plugin.services.executions.execution import FAIL_CONTINUE, SUCCESS, Answer
from plugin.services.personal_links.tokens import DEFAULT_DAYS, MAX_DAYS, issue_token, token_text
from plugin.services.qr_codes.codes import linkage_url


def generate_linkage_url(
    context: ActionContext, call: ActionCall, inputs: Mapping[str, str]
) -> Answer:
    """Issue a token, mark the contact for a write, and answer with the token and its URL."""
    installation = context.installation
    code = _code(installation.id, inputs.get("qr_code", ""))
    days = _days(inputs.get("valid_days", ""))
    if code is None or days is None:
        return _refused("qr_code" if code is None else "valid_days")
    contact = get_or_create_contact(installation.id, call.contact_id)
    token = issue_token(code, contact, days, utcnow())
    mark_for_push(contact)
    text = token_text(context.deps, token, installation.portal_id, contact.contact_id)
    outputs = {
        "result": "generated",
        "linkage_url": linkage_url(context.deps, code, text),
        "linkage_token": text,
        "expires_at": rfc3339(token.expires_at) or "",
        "error": "",
    }
    return Answer(SUCCESS, outputs)


def _code(installation_id: int, text: str) -> QRCode | None:
    if not text.strip().isdecimal() or len(text.strip()) > 18:
        return None
    code = QRCode.find_owned(installation_id, int(text))
    return code if code is not None and code.takes_links else None


def _days(text: str) -> int | None:
    if not text.strip():
        return DEFAULT_DAYS
    # HubSpot may send a number field as `30` or `30.0`.
    try:
        days = int(float(text))
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
