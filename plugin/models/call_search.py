"""Finding executions: by whom they were for, by HubSpot's own id of them, by what came of them."""

from typing import NamedTuple

from sqlalchemy import Select, or_, select

from plugin.models.people import Contact
from plugin.models.sending import ANSWERED, EXPIRED, TAKEN, WORKING, ActionCall


class CallFilter(NamedTuple):
    """What is looked for; "" leaves a filter out. `result`: an output's value, or `pending`."""

    q: str = ""
    action: str = ""
    result: str = ""


# Not results of an action, but of the way to one.
PENDING, UNHEARD = "pending", "unheard"


def find_calls(installation_id: int, wanted: CallFilter) -> Select[tuple[ActionCall]]:
    """The tenant's executions that pass every filter, in no order yet."""
    found = ActionCall.owned(installation_id)
    if wanted.action:
        found = found.where(ActionCall.action == wanted.action)
    if wanted.result == PENDING:
        found = found.where(ActionCall.state.in_((TAKEN, WORKING, ANSWERED)))
    elif wanted.result == UNHEARD:
        found = found.where(ActionCall.state == EXPIRED)
    elif wanted.result:
        found = found.where(ActionCall.result == wanted.result)
    return _speaking_of(found, installation_id, wanted.q) if wanted.q else found


def _speaking_of(
    found: Select[tuple[ActionCall]], installation_id: int, q: str
) -> Select[tuple[ActionCall]]:
    """A contact's id, name or e-mail address, or the callback's id or its beginning."""
    names = (Contact.email, Contact.firstname, Contact.lastname)
    contacts = select(Contact.contact_id).where(
        Contact.installation_id == installation_id,
        or_(*(name.icontains(q, autoescape=True) for name in names)),
    )
    met = [
        ActionCall.contact_id.in_(contacts),
        ActionCall.callback_id.startswith(q, autoescape=True),
    ]
    if q.isascii() and q.isdecimal() and len(q) <= 18:
        met.append(ActionCall.contact_id == int(q))
    return found.where(or_(*met))
