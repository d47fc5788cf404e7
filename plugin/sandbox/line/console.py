"""LINE's consoles in one page: ids and secrets, switches without an API, the webhook log."""

from datetime import UTC, datetime

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from plugin.sandbox.line.api import usage, webhook_settings
from plugin.sandbox.line.api.liff_apps import apps_of
from plugin.sandbox.line.phone.pages import find_account
from plugin.sandbox.store import Value
from plugin.sandbox.world import world

blueprint = Blueprint("line_console", __name__, url_prefix="/line-console")
ACCOUNT_SWITCHES = (
    "use_webhook", "redelivery", "verified", "content_gone", "content_slow", "content_fails",
)  # fmt: skip
LOGIN_SWITCHES = ("email_permission", "published", "auto_login_fails")
LOG_LINES = 50


@blueprint.app_template_filter("clock")
def clock(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).astimezone().strftime("%H:%M:%S")


@blueprint.get("")
def console() -> ResponseReturnValue:
    return render_template(
        "line/console.html",
        accounts=[_shown(channel) for channel in world().store.all("line_account")],
        logins=[_shown_login(channel) for channel in world().store.all("line_login")],
        log=_log(),
    )


@blueprint.get("/log")
def log() -> ResponseReturnValue:
    return render_template("line/log.html", log=_log())


def _log() -> list[Value]:
    return world().store.all("line_webhook_log")[: -LOG_LINES - 1 : -1]


def _shown(account: Value) -> Value:
    channel = account["channel_id"]
    return {
        **account,
        "used": usage.used(world(), channel),
        "friends": world().store.count(f"line_friend/{channel}"),
    }


def _shown_login(login: Value) -> Value:
    base = world().config.base_url
    apps = [
        {**app, "address": f"{base}/liff/{app['liffId']}"} for app in apps_of(login["channel_id"])
    ]
    return {**login, "apps": apps}


@blueprint.post("/account/<channel>")
def change_account(channel: str) -> ResponseReturnValue:
    account = find_account(channel)
    # A box that is off is not in the form.
    switches = {name: name in request.form for name in ACCOUNT_SWITCHES}
    # Left empty: a plan without a limit.
    limit = request.form.get("quota_limit", "").strip()
    values = {
        "quota_limit": int(limit) if limit.isdecimal() else None,
        "chat_mode": "chat" if "chat" in request.form else "bot",
    }
    world().store.put("line_account", channel, {**account, **switches, **values})
    return redirect(url_for("line_console.console", note=f"{account['name']}: saved."))


@blueprint.post("/account/<channel>/verify")
def verify(channel: str) -> ResponseReturnValue:
    account = find_account(channel)
    if not account["webhook_endpoint"]:
        note = f"{account['name']} has no webhook URL yet: Musubi sets it when you connect."
        return redirect(url_for("line_console.console", note=note))
    result = webhook_settings.verify(world(), account, account["webhook_endpoint"])
    note = f"{account['name']}: {result['reason']} ({result['detail']})"
    return redirect(url_for("line_console.console", note=note))


@blueprint.post("/login/<channel>")
def change_login(channel: str) -> ResponseReturnValue:
    login = world().store.get("line_login", channel)
    if login is None:
        return redirect(url_for("line_console.console"))
    switches = {name: name in request.form for name in LOGIN_SWITCHES}
    urls = [line.strip() for line in request.form.get("callback_urls", "").splitlines()]
    callbacks = {"callback_urls": [url for url in urls if url]}
    world().store.put("line_login", channel, {**login, **switches, **callbacks})
    return redirect(url_for("line_console.console", note=f"{login['name']}: saved."))
