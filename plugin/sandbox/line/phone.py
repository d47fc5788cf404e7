"""The phone's pages: the list of chats, one chat, and opening links as the person who holds it."""

from urllib.parse import unquote, urlsplit

from flask import Blueprint, abort, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from plugin.sandbox.line import chats, rich_menus
from plugin.sandbox.line.directory import friend_state, id_in
from plugin.sandbox.line.holder import hand_over, phones
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
    """By name or by any of his user ids; 404 for nobody."""
    user = world().store.get("line_user", person)
    found = world().store.get("line_person", user["person"] if user else person)
    if found is None:
        abort(404)
    return found


def find_account(channel: str) -> Value:
    """An Official Account; 404 for none."""
    found = world().store.get("line_account", channel)
    if found is None:
        abort(404)
    return found


def _chat_rows(here: World, person: Value) -> list[Value]:
    rows = []
    for account in here.store.all("line_account"):
        user_id = id_in(here, person["person"], account["provider"])
        rows.append(
            {
                "account": account,
                "state": friend_state(here, account["channel_id"], user_id),
                "last": chats.last_words(here, account["channel_id"], user_id),
            }
        )
    return rows


@blueprint.get("")
def phone(person: str) -> ResponseReturnValue:
    """Opening a phone's page puts that phone into the reader's hand."""
    found = find_person(person)
    page = render_template(
        "line/phone.html",
        person=found,
        rows=_chat_rows(world(), found),
        phones=phones(),
        languages=LANGUAGES,
    )
    return hand_over(make_response(page), found["person"])


@blueprint.get("/rows")
def rows(person: str) -> ResponseReturnValue:
    """The list alone, for the page to refresh."""
    found = find_person(person)
    return render_template("line/rows.html", person=found, rows=_chat_rows(world(), found))


@blueprint.post("/language")
def set_language(person: str) -> ResponseReturnValue:
    """What LINE tells accounts as the person's language."""
    found, language = find_person(person), request.form.get("language", "")
    if language in LANGUAGES:
        world().store.put("line_person", found["person"], {**found, "language": language})
    return redirect(url_for("line_phone.phone", person=found["person"]))


@blueprint.get("/chat/<channel>")
def chat(person: str, channel: str) -> ResponseReturnValue:
    """One chat."""
    found, account = find_person(person), find_account(channel)
    page = render_template("line/chat.html", **_chat_values(found, account))
    return hand_over(make_response(page), found["person"])


@blueprint.get("/chat/<channel>/bubbles")
def bubbles(person: str, channel: str) -> ResponseReturnValue:
    """The bubbles alone, for the page to refresh."""
    values = _chat_values(find_person(person), find_account(channel))
    return render_template("line/bubbles.html", **values)


def _chat_values(person: Value, account: Value) -> Value:
    here, channel = world(), account["channel_id"]
    user_id = id_in(here, person["person"], account["provider"])
    menu = rich_menus.shown_menu(here, channel, user_id)
    key = f"{channel} {user_id}"
    return {
        "person": person,
        "account": account,
        "user_id": user_id,
        "state": friend_state(here, channel, user_id),
        "bubbles": chats.bubbles(here, channel, user_id)[-SHOWN:],
        "menu": menu["menu"] if menu else None,
        "draft": request.args.get("draft", ""),
        "read_at": (here.store.get("line_read", key) or {"at": 0})["at"],
        "loading": (here.store.get("line_loading", key) or {"until": 0})["until"]
        > here.clock.now(),
    }


@blueprint.route("/open", methods=["GET", "POST"])
def open_link(person: str) -> ResponseReturnValue:
    """What the camera does with a QR code: this browser is the person's, and follows the link."""
    found = find_person(person)
    url = request.values.get("url", "").strip()
    address = local_address(world(), found["person"], url)
    if address is None:
        back = url_for("line_phone.phone", person=found["person"], note="That is no web address.")
        return redirect(back)
    world().store.put("line_opened", found["person"], {"at": world().clock.millis()})
    return hand_over(make_response(redirect(address)), found["person"])


def local_address(here: World, person: str, url: str) -> str | None:
    """Where a link leads in the sandbox; None for what is no web address."""
    parts = urlsplit(url)
    # A phone's camera would offer other schemes too; here they could only be mistakes.
    if parts.scheme not in ("http", "https") or not parts.hostname:
        return None
    stand_in = STAND_INS.get(parts.hostname)
    if stand_in is None:
        return url
    if stand_in == "/line.me":
        return _line_scheme(here, person, parts.path, unquote(parts.query))
    query = f"?{parts.query}" if parts.query else ""
    return f"{here.config.base_url}{stand_in}{parts.path}{query}"


def _line_scheme(here: World, person: str, path: str, draft: str) -> str:
    """`line.me/R/ti/p/@id` shows the account, `/R/oaMessage/@id/?text` with a text typed in."""
    for account in here.store.all("line_account"):
        if account["basic_id"] in unquote(path).split("/"):
            values = {"person": person, "channel": account["channel_id"]}
            return url_for("line_phone.chat", **values, draft=draft or None)
    return url_for("line_phone.phone", person=person, note="No such account.")
