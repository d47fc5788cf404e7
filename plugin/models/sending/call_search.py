"""Search for executions by contact, by HubSpot's own id, or by result."""

from typing import NamedTuple

from sqlalchemy import Select, or_, select

from plugin.models.people.contact import Contact
from plugin.models.sending.action_call import ANSWERED, EXPIRED, QUEUED, WORKING, ActionCall


class CallFilter(NamedTuple):
    """Filters; "" leaves one out. `result`: an output's value, `pending` or `unheard`."""

    q: str = ""
    action: str = ""
    result: str = ""


# Not results of an action, but states on the way to one.
PENDING, CALLBACK_EXPIRED = "pending", "unheard"


def find_calls(installation_id: int, filters: CallFilter) -> Select[tuple[ActionCall]]:
    statement = ActionCall.owned(installation_id)
    if filters.action:
        statement = statement.where(ActionCall.action == filters.action)
    if filters.result == PENDING:
        statement = statement.where(ActionCall.state.in_((QUEUED, WORKING, ANSWERED)))
    elif filters.result == CALLBACK_EXPIRED:
        statement = statement.where(ActionCall.state == EXPIRED)
    elif filters.result:
        statement = statement.where(ActionCall.result == filters.result)
    return _matching(statement, installation_id, filters.q) if filters.q else statement


def _matching(
    statement: Select[tuple[ActionCall]], installation_id: int, q: str
) -> Select[tuple[ActionCall]]:
    names = (Contact.email, Contact.firstname, Contact.lastname)
    contacts = select(Contact.contact_id).where(
        Contact.installation_id == installation_id,
        or_(*(name.icontains(q, autoescape=True) for name in names)),
    )
    conditions = [
        ActionCall.contact_id.in_(contacts),
        ActionCall.callback_id.startswith(q, autoescape=True),
    ]
    if q.isascii() and q.isdecimal() and len(q) <= 18:
        conditions.append(ActionCall.contact_id == int(q))
    return statement.where(or_(*conditions))
