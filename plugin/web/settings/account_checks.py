"""Results of an Official Account's checks as text: what is right, and what to do if not.

The click paths are those of LINE Developers Console and LINE Official Account Manager.
"""

from collections.abc import Callable
from typing import NamedTuple

from flask_babel import gettext as _

from plugin.models.connections.official_account import OfficialAccount
from plugin.services.login_flow.provider_proof import NO_FRIEND, OTHER

DEVELOPERS = "https://developers.line.biz/console/"
MANAGER = "https://manager.line.biz/"


class Finding(NamedTuple):
    """A check. `ok` None: not set up, or not checked; `detail`: LINE's own words."""

    name: str
    title: str
    ok: bool | None
    text: str
    steps: tuple[str, ...] = ()
    detail: str = ""
    checked: bool = True


Check = Callable[[bool | None, str], Finding]


def findings(account: OfficialAccount) -> list[Finding]:
    """Return every check of the account, in the order in which they depend on each other."""
    return [_finding(account, name, describe) for name, describe in CHECKS.items()]


def _finding(account: OfficialAccount, name: str, describe: Check) -> Finding:
    result = account.checks.get(name)
    depends = name.startswith("webhook") or (name == "provider" and not account.can_login)
    if result is None and depends:
        text = _("What comes before it has to work first.")
        return describe(None, "")._replace(text=text, steps=(), checked=False)
    ok = result.get("ok") if result else None
    detail = str(result.get("detail") or "") if result else ""
    return describe(None if ok is None else bool(ok), detail)


def _channel(ok: bool | None, detail: str) -> Finding:
    title = _("Messaging API channel")
    if ok:
        return Finding("channel", title, True, _("LINE accepts the channel ID and secret."))
    return Finding(
        "channel",
        title,
        ok,
        _("LINE did not let Musubi in with this channel ID and secret."),
        (
            _(
                "Open LINE Developers Console > your provider > the Messaging API channel"
                " > Basic settings, and compare the channel ID and the channel secret."
            ),
            _("If the secret was reissued, choose “Edit” here and paste the new one."),
            _("If LINE could not be reached, check again in a minute."),
        ),
        detail,
    )


def _webhook_url(ok: bool | None, detail: str) -> Finding:
    title = _("Webhook URL")
    if ok:
        text = _("LINE sends the events of this account to Musubi.")
        return Finding("webhook_url", title, True, text)
    return Finding(
        "webhook_url",
        title,
        ok,
        _("LINE sends the events of this account somewhere else, or nowhere."),
        (
            _("Choose “Set the webhook URL” below, and Musubi sets it at LINE."),
            _(
                "Or do it by hand: LINE Developers Console > the Messaging API channel"
                " > Messaging API > Webhook URL > Edit, and paste the address shown below."
            ),
        ),
        detail,
    )


def _webhook_active(ok: bool | None, detail: str) -> Finding:
    title = _("Use webhook")
    if ok:
        return Finding("webhook_active", title, True, _("The switch is on."))
    return Finding(
        "webhook_active",
        title,
        ok,
        _("The switch “Use webhook” is off, so LINE sends no events."),
        (
            _(
                "Open LINE Developers Console > the Messaging API channel > Messaging API"
                " > Webhook settings, and switch “Use webhook” on. LINE lets only people do this."
            ),
        ),
        detail,
    )


def _webhook_test(ok: bool | None, detail: str) -> Finding:
    title = _("Test event from LINE")
    if ok:
        return Finding("webhook_test", title, True, _("LINE called Musubi and was answered."))
    text, step = _failed_test(detail)
    return Finding("webhook_test", title, ok, text, (step,), detail)


def _failed_test(reason: str) -> tuple[str, str]:
    # LINE's reason words (Messaging API reference, "Test webhook endpoint").
    if reason == "REQUEST_TIMEOUT":
        return _("Musubi answered LINE too late."), _(
            "Check again; if it stays, the server is too busy or too far away."
        )
    if reason == "ERROR_STATUS_CODE":
        return _("LINE was turned away before it reached Musubi."), _(
            "Look for a firewall, a proxy or a password in front of Musubi, and compare the"
            " channel secret."
        )
    return _("LINE could not connect to Musubi."), _(
        "LINE must reach this address from the internet by https, with a certificate of a"
        " public authority and its whole chain."
    )


def _login_channel(ok: bool | None, detail: str) -> Finding:
    title = _("LINE Login channel")
    if ok:
        text = _("LINE accepts the LINE Login channel. Friends can link themselves.")
        return Finding("login_channel", title, True, text)
    if ok is None:
        text = _("Not set up. Without it friends cannot link themselves.")
        step = _(
            "Create a LINE Login channel under the same provider as the Messaging API channel,"
            " then choose “Edit” here and enter its ID and secret."
        )
        return Finding("login_channel", title, None, text, (step,))
    step = _(
        "Open LINE Developers Console > your provider > the LINE Login channel"
        " > Basic settings, compare ID and secret, then choose “Edit” here."
    )
    text = _("LINE does not accept the ID and secret of the LINE Login channel.")
    return Finding("login_channel", title, False, text, (step,), detail)


def _provider(ok: bool | None, detail: str) -> Finding:
    # LINE User IDs differ by provider (LINE Developers, "Get user IDs").
    title = _("Provider of both channels")
    again = _("Press “Log in with LINE”, and add the account as a friend on the way.")
    if ok:
        text = _("Proven: the account knows who logs in.")
        return Finding("provider", title, True, text)
    if ok is None:
        text = _("Not proven yet. A person has another LINE User ID at every provider.")
        if detail == NO_FRIEND:
            text = _("Not proven yet: who logged in is no friend of the account.")
        return Finding("provider", title, None, text, (again,), checked=False)
    same = _(
        "Create a LINE Login channel under the provider of the Messaging API channel, and enter it"
        " under “Edit”. No channel can be moved to another provider."
    )
    if detail == OTHER:
        text = _("The LINE Login channel is of another provider, so nobody is linked through it.")
        return Finding("provider", title, False, text, (same, again))
    text = _(
        "LINE does not show the account who logs in: the LINE Login channel is of another provider,"
        " or not linked with this account. Until then nobody is linked."
    )
    linked = _(
        "Same provider? Then LINE Login channel > Basic settings > Linked LINE Official Account:"
        " choose this account."
    )
    return Finding("provider", title, False, text, (linked, same, again))


def _liff_url(ok: bool | None, detail: str) -> Finding:
    title = _("LIFF app")
    if ok:
        text = _("On phones friends are linked inside LINE.")
        return Finding("liff_url", title, True, text)
    if ok is None:
        text = _("Not set up. Friends are linked through LINE Login's own page, on phones too.")
        return Finding("liff_url", title, None, text, (), detail)
    text = _("The LIFF app does not open Musubi, so on phones friends get nowhere.")
    step = _("Choose “Mend the LIFF app” below, or remove its address under “Edit”.")
    return Finding("liff_url", title, False, text, (step,), detail)


CHECKS: dict[str, Check] = {
    "channel": _channel,
    "webhook_url": _webhook_url,
    "webhook_active": _webhook_active,
    "webhook_test": _webhook_test,
    "login_channel": _login_channel,
    "provider": _provider,
    "liff_url": _liff_url,
}


def manual_checks() -> list[tuple[str, str, str]]:
    """Return what LINE shows only to its administrators: (name, title, how)."""
    return [
        (
            "callback",
            _("Callback URL"),
            _(
                "LINE Developers Console > the LINE Login channel > LINE Login > Callback URL:"
                " paste the address below. Without it LINE shows friends an error."
            ),
        ),
        (
            "published",
            _("LINE Login channel is published"),
            _(
                "At the top of the LINE Login channel's page “Developing” must have become"
                " “Published”; until then only its administrators can log in."
            ),
        ),
        (
            "linked",
            _("Linked Official Account"),
            _(
                "LINE Login channel > Basic settings > Linked LINE Official Account: choose this"
                " account, so that people who log in can add it as a friend."
            ),
        ),
        (
            "email",
            _("Email address permission"),
            _(
                "LINE Login channel > Basic settings > OpenID Connect > Email address permission"
                " > Apply. Then friends are matched with their contact by email address."
            ),
        ),
        (
            "greeting",
            _("Greeting and auto-response messages"),
            _(
                "They go on beside Musubi's, so friends may hear everything twice. LINE Official"
                " Account Manager > Settings > Response settings: switch off what doubles."
            ),
        ),
    ]
