"""The action "Send LINE message": judged at once where that is possible, sent by a job."""

from collections.abc import Mapping
from datetime import timedelta

from plugin.core.clock import utcnow
from plugin.core.messages import InvalidMessage, from_inputs
from plugin.core.sending import retry_key
from plugin.models.base import db
from plugin.models.installation import Installation
from plugin.models.job import plant
from plugin.models.official_account import OfficialAccount
from plugin.models.people import BLOCKED, Contact, Friend, Linkage
from plugin.models.sending import ActionCall, Delivery
from plugin.services import Outside
from plugin.services.run_action import SUCCESS, Answer, failure

# How long HubSpot holds the contact; our own timer ends five minutes earlier.
HOLD = timedelta(hours=1)
MARGIN = timedelta(minutes=5)

NOT_LINKED = "This contact is not linked with a LINE friend of the Official Account."
BLOCKS = "The friend blocks the Official Account."


class NoAccount(ValueError):
    """Which Official Account is meant cannot be told; says what to do."""


def send_message(
    _outside: Outside, installation: Installation, call: ActionCall, inputs: Mapping[str, str]
) -> Answer:
    """Plan one Delivery and hold, or say at once why nothing can be sent."""
    try:
        account = choose_account(installation, inputs.get("official_account", ""))
        messages = from_inputs(inputs)
    except NoAccount as error:
        return failure(str(error))
    except InvalidMessage as error:
        return failure(str(error), "invalid_message")
    friend = linked_friend(installation, account, call.contact_id)
    if friend is None:
        return failure(NOT_LINKED, "not_linked")
    if friend.status == BLOCKED:
        return failure(BLOCKS, "blocked")
    silent = inputs.get("notification_disabled", "").lower() == "true"
    _plan(account, friend, call, messages, silent)
    return Answer(SUCCESS, {}, utcnow() + HOLD)


def choose_account(installation: Installation, wanted: str) -> OfficialAccount:
    """The account an action names, or the only one. Raises `NoAccount`."""
    accounts = OfficialAccount.list_owned(installation.id)
    if wanted.strip():
        found = [account for account in accounts if str(account.id) == wanted.strip()]
        if not found:
            raise NoAccount("The chosen Official Account is no longer connected. Choose another.")
        return found[0]
    if len(accounts) != 1:
        raise NoAccount(
            "Choose the Official Account that sends."
            if accounts
            else "No Official Account is connected in Musubi yet."
        )
    return accounts[0]


def linked_friend(
    installation: Installation, account: OfficialAccount, contact_id: int
) -> Friend | None:
    """The friend that a HubSpot contact is tied to on this account."""
    contact = Contact.of_portal(installation.id, contact_id)
    linkage = Linkage.of_contact(account.id, contact.id) if contact else None
    return linkage.friend if linkage else None


def _plan(
    account: OfficialAccount,
    friend: Friend,
    call: ActionCall,
    messages: list[dict[str, object]],
    silent: bool,
) -> None:
    now = utcnow()
    delivery = Delivery(
        official_account_id=account.id,
        friend_id=friend.id,
        action_call_id=call.id,
        retry_key=retry_key(call.installation_id, call.callback_id, account.channel_id, 1),
        messages=messages,
        silent=silent,
        created_at=now,
        give_up_at=now + HOLD - MARGIN,
    )
    db.session.add(delivery)
    db.session.flush()
    plant("deliver", delivery.id, account.installation_id)
