"""The verdicts on an Official Account in a person's words: what is right, what to do if not.

The click paths are those of LINE Developers Console and LINE Official Account Manager.
"""

from collections.abc import Callable
from typing import NamedTuple

from flask_babel import gettext as _

from plugin.models.official_account import OfficialAccount

DEVELOPERS = "https://developers.line.biz/console/"
MANAGER = "https://manager.line.biz/"


class Finding(NamedTuple):
    """One check. `ok` None: not set up, or not checked; `detail`: LINE's own words."""

    name: str
    title: str
    ok: bool | None
    says: str
    steps: tuple[str, ...] = ()
    detail: str = ""
    checked: bool = True


Judge = Callable[[bool | None, str], Finding]


def findings(account: OfficialAccount) -> list[Finding]:
    """Every check of the account, in the order in which they build on each other."""
    return [_finding(account, name, judge) for name, judge in JUDGES.items()]


def _finding(account: OfficialAccount, name: str, judge: Judge) -> Finding:
    verdict = account.checks.get(name)
    if verdict is None and name.startswith("webhook"):
        says = _("What comes before it has to work first.")
        return judge(None, "")._replace(says=says, steps=(), checked=False)
    ok = verdict.get("ok") if verdict else None
    detail = str(verdict.get("detail") or "") if verdict else ""
    return judge(None if ok is None else bool(ok), detail)


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
        says = _("LINE sends the events of this account to Musubi.")
        return Finding("webhook_url", title, True, says)
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
    says, step = _unanswered(detail)
    return Finding("webhook_test", title, ok, says, (step,), detail)


def _unanswered(reason: str) -> tuple[str, str]:
    """LINE's reason words (Messaging API reference, "Test webhook endpoint")."""
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
        says = _("LINE accepts the LINE Login channel. Friends can link themselves.")
        return Finding("login_channel", title, True, says)
    if ok is None:
        says = _("Not set up. Without it friends cannot link themselves.")
        step = _(
            "Create a LINE Login channel under the same provider as the Messaging API channel,"
            " then choose “Edit” here and enter its ID and secret."
        )
        return Finding("login_channel", title, None, says, (step,))
    step = _(
        "Open LINE Developers Console > your provider > the LINE Login channel"
        " > Basic settings, compare ID and secret, then choose “Edit” here."
    )
    says = _("LINE does not accept the ID and secret of the LINE Login channel.")
    return Finding("login_channel", title, False, says, (step,), detail)


def _liff_url(ok: bool | None, detail: str) -> Finding:
    title = _("LIFF app")
    if ok:
        says = _("On phones friends are linked inside LINE.")
        return Finding("liff_url", title, True, says)
    if ok is None:
        says = _("Not set up. Friends are linked through LINE Login's own page, on phones too.")
        return Finding("liff_url", title, None, says, (), detail)
    says = _("The LIFF app does not open Musubi, so on phones friends get nowhere.")
    step = _("Choose “Mend the LIFF app” below, or remove its address under “Edit”.")
    return Finding("liff_url", title, False, says, (step,), detail)


JUDGES: dict[str, Judge] = {
    "channel": _channel,
    "webhook_url": _webhook_url,
    "webhook_active": _webhook_active,
    "webhook_test": _webhook_test,
    "login_channel": _login_channel,
    "liff_url": _liff_url,
}


def by_hand() -> list[tuple[str, str, str]]:
    """What LINE lets nobody check from outside: (name, title, how)."""
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
