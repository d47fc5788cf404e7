"""The phone's pages: the list of chats, a chat, and opening links as the holder."""

from urllib.parse import unquote, urlsplit

from flask import Blueprint, abort, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from plugin.sandbox.line import chats
from plugin.sandbox.line.api import rich_menus
from plugin.sandbox.line.directory import friend_state, id_in
from plugin.sandbox.line.phone.holder import phones, set_holder
from plugin.sandbox.store import Value
from plugin.sandbox.world import World, world

blueprint = Blueprint("line_phone", __name__, url_prefix="/phone/<person>")
LANGUAGES = {"en": "English", "ja": "日本語", "th": "ไทย", "zh-TW": "繁體中文"}
SHOWN = 100
# Addresses of the real LINE, as QR codes carry them, and where the sandbox answers instead.
STAND_INS = {
    "liff.line.me": "/liff",
    "miniapp.line.me": "/liff",
    "access.line.me": "/line-access",
    "line.me": "/line.me",
}


def find_person(person: str) -> Value:
    """By name or by any of their user ids, or 404."""
    user = world().store.get("line_user", person)
    holder_of = world().store.get("line_person", user["person"] if user else person)
    if holder_of is None:
        abort(404)
    return holder_of


def find_account(channel: str) -> Value:
    account = world().store.get("line_account", channel)
    if account is None:
        abort(404)
    return account


def _chat_rows(sandbox: World, person: Value) -> list[Value]:
    rows = []
    for account in sandbox.store.all("line_account"):
        user_id = id_in(sandbox, person["person"], account["provider"])
        rows.append(
            {
                "account": account,
                "state": friend_state(sandbox, account["channel_id"], user_id),
                "last": chats.last_words(sandbox, account["channel_id"], user_id),
            }
        )
    return rows


@blueprint.get("")
def phone(person: str) -> ResponseReturnValue:
    owner = find_person(person)
    page = render_template(
        "line/phone.html",
        person=owner,
        rows=_chat_rows(world(), owner),
        phones=phones(),
        languages=LANGUAGES,
    )
    return set_holder(make_response(page), owner["person"])


@blueprint.get("/rows")
def rows(person: str) -> ResponseReturnValue:
    owner = find_person(person)
    return render_template("line/rows.html", person=owner, rows=_chat_rows(world(), owner))


@blueprint.post("/language")
def set_language(person: str) -> ResponseReturnValue:
    """Set the language that LINE reports to accounts."""
    owner, language = find_person(person), request.form.get("language", "")
    if language in LANGUAGES:
        world().store.put("line_person", owner["person"], {**owner, "language": language})
    return redirect(url_for("line_phone.phone", person=owner["person"]))


@blueprint.get("/chat/<channel>")
def chat(person: str, channel: str) -> ResponseReturnValue:
    owner, account = find_person(person), find_account(channel)
    page = render_template("line/chat.html", **_chat_values(owner, account))
    return set_holder(make_response(page), owner["person"])


@blueprint.get("/chat/<channel>/bubbles")
def bubbles(person: str, channel: str) -> ResponseReturnValue:
    values = _chat_values(find_person(person), find_account(channel))
    return render_template("line/bubbles.html", **values)


def _chat_values(person: Value, account: Value) -> Value:
    sandbox, channel = world(), account["channel_id"]
    user_id = id_in(sandbox, person["person"], account["provider"])
    menu = rich_menus.shown_menu(sandbox, channel, user_id)
    key = f"{channel} {user_id}"
    return {
        "person": person,
        "account": account,
        "user_id": user_id,
        "state": friend_state(sandbox, channel, user_id),
        "bubbles": chats.bubbles(sandbox, channel, user_id)[-SHOWN:],
        "menu": menu["menu"] if menu else None,
        "draft": request.args.get("draft", ""),
        "read_at": (sandbox.store.get("line_read", key) or {"at": 0})["at"],
        "loading": (sandbox.store.get("line_loading", key) or {"until": 0})["until"]
        > sandbox.clock.now(),
    }


@blueprint.route("/open", methods=["GET", "POST"])
def open_link(person: str) -> ResponseReturnValue:
    """Scan a QR code: this browser becomes the person's phone, and follows the link."""
    owner = find_person(person)
    url = request.values.get("url", "").strip()
    address = local_address(world(), owner["person"], url)
    if address is None:
        back = url_for("line_phone.phone", person=owner["person"], note="That is no web address.")
        return redirect(back)
    world().store.put("line_opened", owner["person"], {"at": world().clock.millis()})
    return set_holder(make_response(redirect(address)), owner["person"])


def local_address(sandbox: World, person: str, url: str) -> str | None:
    """The sandbox's address for a link; None if it is no web address."""
    parts = urlsplit(url)
    # A phone's camera would offer other schemes too; here they could only be mistakes.
    if parts.scheme not in ("http", "https") or not parts.hostname:
        return None
    stand_in = STAND_INS.get(parts.hostname)
    if stand_in is None:
        return url
    if stand_in == "/line.me":
        return _line_scheme(sandbox, person, parts.path, unquote(parts.query))
    query = f"?{parts.query}" if parts.query else ""
    return f"{sandbox.config.base_url}{stand_in}{parts.path}{query}"


def _line_scheme(sandbox: World, person: str, path: str, draft: str) -> str:
    """`line.me/R/ti/p/@id` shows the account, `/R/oaMessage/@id/?text` with a text typed in."""
    for account in sandbox.store.all("line_account"):
        if account["basic_id"] in unquote(path).split("/"):
            values = {"person": person, "channel": account["channel_id"]}
            return url_for("line_phone.chat", **values, draft=draft or None)
    return url_for("line_phone.phone", person=person, note="No such account.")
