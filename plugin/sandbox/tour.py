"""The guided tour: steps that are ticked off by what the sandbox has recorded."""

from collections.abc import Callable
from dataclasses import dataclass

from plugin.sandbox.world import World


@dataclass(frozen=True)
class Step:
    """`place` is below the sandbox, "" is Musubi; `done` is computed from the records."""

    name: str
    title: str
    hint: str
    place: str
    done: Callable[[World], bool]


def _installed(world: World) -> bool:
    return world.store.count("install") > 0


def _connected(world: World) -> bool:
    return any(account["webhook_endpoint"] for account in world.store.all("line_account"))


def _opened(world: World) -> bool:
    return world.store.count("line_opened") > 0 or world.store.count("line_signed_in") > 0


def _linked(world: World) -> bool:
    portals = world.store.keys("portal")
    return any(
        contact["properties"].get("line_user_id")
        for portal in portals
        for contact in world.store.all(f"contact:{portal}")
    )


def _delivered(world: World) -> bool:
    return world.store.count("line_delivery") > 0


def _broadcast(world: World) -> bool:
    return world.store.count("line_multicast") > 0


def _answered(world: World) -> bool:
    return world.store.count("workflow_answered") > 0


STEPS = (
    Step(
        "install",
        "Install Musubi into HubSpot",
        "Open Musubi and choose “Install into HubSpot”; the sandbox portal asks for your consent.",
        "",
        _installed,
    ),
    Step(
        "connect",
        "Connect a LINE Official Account",
        "Copy the channel IDs and secrets from the LINE console into Musubi’s settings.",
        "/line-console",
        _connected,
    ),
    Step(
        "qr",
        "Make a QR code and scan it",
        "Musubi made a first QR code with the account: open it there and scan it with this phone.",
        "/phone/alice",
        _opened,
    ),
    Step(
        "link",
        "Link the friend with a contact",
        "Allow the login, add the friend, confirm. The contact gets a LINE User ID.",
        "/portal/20000001",
        _linked,
    ),
    Step(
        "send",
        "Send a message from a workflow",
        "On the contact’s record run “Send LINE message”, and watch the phone.",
        "/hubspot-app/contacts/20000001/record/0-1/150000000001",
        _delivered,
    ),
    Step(
        "ask",
        "Ask a question and wait for the answer",
        "In the portal run “Ask a question on LINE and wait”; the contact is held until you tap"
        " a choice on the phone.",
        "/portal/20000001/workflows?action=ask-question",
        _answered,
    ),
    Step(
        "broadcast",
        "Send a broadcast",
        "In Musubi choose “Broadcasts”, make a new one, and send it to all friends.",
        "",
        _broadcast,
    ),
)
