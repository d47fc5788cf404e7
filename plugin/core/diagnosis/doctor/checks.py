"""The list of checks, in the order in which they depend on each other."""

from typing import Literal, NamedTuple

from plugin.core.diagnosis.doctor import hubspot, login, messaging, server
from plugin.core.diagnosis.doctor.cause import COMMON, Cause, Causes
from plugin.core.text.sentences import N_

Group = Literal["hubspot", "line", "login", "musubi"]
GROUPS: dict[Group, str] = {
    "hubspot": N_("HubSpot"),
    "line": N_("LINE Official Account"),
    "login": N_("LINE Login"),
    "musubi": N_("Musubi itself"),
}
OF_ACCOUNT: tuple[Group, ...] = ("line", "login")


class Check(NamedTuple):
    group: Group
    label: str
    causes: Causes

    def cause(self, name: str) -> Cause:
        return self.causes.get(name) or COMMON[name]

    @property
    def title(self) -> str:
        """The group's, in English."""
        return GROUPS[self.group]

    @property
    def first_failing(self) -> str:
        return next(name for name, cause in self.causes.items() if cause.state == "failing")

    @property
    def otherwise(self) -> str:
        """Return the cause of a result that is neither good nor bad and says no more."""
        names = [n for n, cause in self.causes.items() if cause.state in ("off", "unknown")]
        return names[0] if names else "unchecked"


CHECKS: dict[str, Check] = {
    "hubspot": Check("hubspot", N_("HubSpot can be reached"), hubspot.HUBSPOT),
    "installation": Check("hubspot", N_("Access to the portal"), hubspot.INSTALLATION),
    "scopes": Check("hubspot", N_("Scopes"), hubspot.SCOPES),
    "properties": Check("hubspot", N_("Contact properties"), hubspot.PROPERTIES),
    "channel": Check("line", N_("Messaging API channel"), messaging.CHANNEL),
    "webhook_url": Check("line", N_("Webhook URL"), messaging.WEBHOOK_URL),
    "webhook_active": Check("line", N_("Use webhook"), messaging.WEBHOOK_ACTIVE),
    "webhook_test": Check("line", N_("Test event from LINE"), messaging.WEBHOOK_TEST),
    "webhook_speed": Check("line", N_("Speed of the webhook"), messaging.WEBHOOK_SPEED),
    "followers": Check("line", N_("List of friends"), messaging.FOLLOWERS),
    "quota": Check("line", N_("Messages of this month"), messaging.QUOTA),
    "greeting": Check("line", N_("Greeting message"), messaging.GREETING),
    "auto_reply": Check("line", N_("Auto-response messages"), messaging.AUTO_REPLY),
    "login_channel": Check("login", N_("LINE Login channel"), login.LOGIN_CHANNEL),
    "callback": Check("login", N_("Callback URL"), login.CALLBACK),
    "published": Check("login", N_("LINE Login channel is published"), login.PUBLISHED),
    "linked": Check("login", N_("Linked Official Account"), login.LINKED),
    "provider": Check("login", N_("Provider of both channels"), login.PROVIDER),
    "email": Check("login", N_("Email address permission"), login.EMAIL),
    "liff_url": Check("login", N_("LIFF app"), login.LIFF_URL),
    "liff_scopes": Check("login", N_("Scopes of the LIFF app"), login.LIFF_SCOPES),
    "clock": Check("musubi", N_("Clock"), server.CLOCK),
    "address": Check("musubi", N_("Public address"), server.ADDRESS),
    "scheduler": Check("musubi", N_("Scheduler"), server.SCHEDULER),
    "jobs": Check("musubi", N_("Background work"), server.JOBS),
    "database": Check("musubi", N_("Database"), server.DATABASE),
    "mail": Check("musubi", N_("Mail server"), server.MAIL),
}
# What LINE shows only to its administrators: somebody looks, and says so.
LOOKED_AT = ("greeting", "auto_reply", "published")


def keys_of(*groups: Group) -> list[str]:
    return [key for key, check in CHECKS.items() if check.group in groups]
