"""How each cause of the doctor's list is brought about, by check and cause."""

import ssl
import tempfile
import threading
from collections.abc import Callable
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

from sqlalchemy import text, update

from plugin.core.clock import utcnow
from plugin.core.clock_watch import platform_clocks
from plugin.models import Job, LoginAttempt, QRCode
from plugin.models.system.job import enqueue
from plugin.models.transaction import transaction
from plugin.sandbox.line.seed import SHOP, STRAY_LOGIN, constant
from plugin.services.connections.connection import switch_mode
from tests.gateways.test_mail import certificate
from tests.services.doctor.rig import Rig
from tests.support.people import linked
from tests.web.login_flow.browser import Phone
from tests.web.settings.test_provider import prove

Break = Callable[[Rig], object]
SCOPES = [
    "oauth", "crm.objects.contacts.read", "crm.objects.contacts.write",
    "crm.schemas.contacts.read", "crm.schemas.contacts.write", "crm.lists.read",
]  # fmt: skip
# A port that answers nobody.
CLOSED = "127.0.0.1:9"


def _uninstalled_long_ago(rig: Rig) -> None:
    rig.installation(refused_since=utcnow() - timedelta(days=2))
    rig.control("/uninstall", {})


def _wrong_client_secret(rig: Rig) -> None:
    rig.settings(hubspot_client_secret="another-secret-of-nobody")
    rig.installation(token_expires_at=utcnow())


def _paused(rig: Rig) -> None:
    with rig.world.app.app_context():
        assert switch_mode(rig.world.account(rig.tenant).installation, "pause")


def _value_refused(rig: Rig) -> None:
    rule = {"pattern": "^[0-9]+$", "message": "Digits only"}
    rig.control("/properties/line_display_name", {"rule": rule}, "PATCH")
    friend_id, _ = linked(rig.world, rig.tenant)
    with rig.world.app.app_context(), transaction() as session:
        session.execute(
            text("UPDATE friend SET display_name = 'A' WHERE id = :id"), {"id": friend_id}
        )
    rig.world.work()


def _greets(rig: Rig) -> None:
    with rig.world.app.app_context(), transaction() as session:
        session.execute(update(QRCode).values(greeting="Welcome!"))


def _greets_and_seen(rig: Rig) -> None:
    _greets(rig)
    rig.seen("greeting")


def _forget_what_was_seen(rig: Rig, *keys: str) -> None:
    checks = {name: check for name, check in rig.stored().items() if name not in keys}
    rig.account(checks=checks)


def _nobody_comes_back(rig: Rig) -> None:
    _forget_what_was_seen(rig, "published")
    rig.login_channel(published=False, admins=[])
    with rig.world.app.app_context(), transaction() as session:
        session.execute(text("DELETE FROM login_attempt"))
    for person in ("alice", "bob", "charlie"):
        phone = Phone(person)
        phone.press(rig.world, rig.tenant)
        answer = phone.session.post(phone.page.url, data={"person": person}, timeout=30)
        assert "developing" in answer.text
    with rig.world.app.app_context(), transaction() as session:
        session.execute(update(LoginAttempt).values(expires_at=utcnow() - timedelta(hours=1)))
    rig.account(login_channel_at=utcnow() - timedelta(days=1))


def _chat_on(rig: Rig) -> None:
    _forget_what_was_seen(rig, "auto_reply")
    rig.channel(chat_mode="chat")


def _unlinked(rig: Rig) -> None:
    rig.login_channel(linked_account=None)
    rig.log_in("charlie")


def _stray(rig: Rig) -> None:
    """The Login channel of another provider is entered."""
    rig.account(
        checks={},
        login_channel_id=STRAY_LOGIN,
        login_channel_secret=constant(f"channel {STRAY_LOGIN}"),
    )


def _other_provider(rig: Rig) -> None:
    rig.control(f"/line-channels/{STRAY_LOGIN}", {"linked_account": SHOP})
    _stray(rig)
    rig.log_in("bob")


def _not_shown(rig: Rig) -> None:
    _stray(rig)
    rig.log_in("bob")


def _no_friend(rig: Rig) -> None:
    _forget_what_was_seen(rig, "provider")
    prove(rig.world, rig.tenant, friend="skip")


def _clock_of_the_platforms(rig: Rig) -> None:
    rig.control("/clock", {"offset_seconds": -1000, "in_dates": True})


def _no_witness(rig: Rig) -> None:
    rig.world.sandbox.fail("-api/", "drop")
    platform_clocks.answered_seconds = None


class _Ok(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b"ok\n")


def _own_certificate(rig: Rig) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "both.pem"
        path.write_bytes(certificate())
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(path)
    server = HTTPServer(("127.0.0.1", 0), _Ok)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    rig.at_end.append(server.shutdown)
    rig.settings(wired=False, base_url=f"https://127.0.0.1:{server.server_address[1]}")


def _plain_address(rig: Rig) -> None:
    rig.settings(wired=False, base_url="http://shop.example", line_api_base="https://api.line.me")


def _no_scheduler(rig: Rig) -> None:
    with rig.world.app.app_context(), transaction() as session:
        session.execute(text("UPDATE lease SET until_ms = 0"))


def _late(rig: Rig) -> None:
    with rig.world.app.app_context():
        with transaction():
            enqueue("read_quota", rig.tenant.account_id, rig.tenant.installation_id)
        with transaction() as session:
            session.execute(update(Job).values(ready_ms=Job.ready_ms - 20 * 60 * 1000))


def _failed(rig: Rig) -> None:
    with rig.world.app.app_context():
        with transaction():
            enqueue("read_profiles", "parked", rig.tenant.installation_id)
        with transaction() as session:
            session.execute(update(Job).where(Job.key == "parked").values(failed=True))


def _older_tables(rig: Rig) -> None:
    with rig.world.app.app_context(), transaction() as session:
        session.execute(text("UPDATE alembic_version SET version_num = 'form_keys'"))


def _mail_login(rig: Rig) -> None:
    rig.mailbox.server.manners.answers["AUTH"] = "535 Wrong name or password"
    rig.mailbox.server.manners.login = ("shop", "right")
    url = rig.mailbox.url.replace("smtp://", "smtp://shop:wrong@")
    rig.settings(smtp_url=url)


BREAKS: dict[tuple[str, str], Break] = {
    ("installation", "disconnected"): _uninstalled_long_ago,
    ("installation", "refused"): lambda rig: rig.control("/uninstall", {}),
    ("installation", "our_mistake"): _wrong_client_secret,
    ("installation", "paused"): _paused,
    ("installation", "removed"): lambda rig: rig.installation(state="removed"),
    ("scopes", "lacking"): lambda rig: rig.control("/scopes", {"scopes": SCOPES}),
    ("properties", "missing"): lambda rig: rig.control("/properties/line_tags", {}, "DELETE"),
    ("properties", "unfit"): lambda rig: rig.control(
        "/properties/line_linked_at", {"type": "string", "fieldType": "text"}
    ),
    ("properties", "read_only"): lambda rig: rig.control(
        "/properties/line_user_id", {"read_only": True}, "PATCH"
    ),
    ("properties", "values_refused"): _value_refused,
    ("channel", "refused"): lambda rig: rig.channel(secret="0" * 32),
    ("webhook_url", "elsewhere"): lambda rig: rig.channel(webhook_endpoint="https://other.example"),
    ("webhook_active", "switched_off"): lambda rig: rig.channel(use_webhook=False),
    ("webhook_test", "no_connection"): lambda rig: rig.between("^/line/webhooks/", "drop"),
    ("webhook_test", "late"): lambda rig: rig.between("^/line/webhooks/", {"delay": 2.2}),
    ("webhook_test", "turned_away"): lambda rig: rig.between("^/line/webhooks/", {"status": 403}),
    ("webhook_test", "swallowed"): lambda rig: rig.between("^/line/webhooks/", {"status": 200}),
    ("webhook_speed", "slow"): lambda rig: rig.between("^/line/webhooks/", {"delay": 1.6}),
    ("followers", "forbidden"): lambda rig: rig.channel(verified=False),
    ("quota", "unlimited"): lambda rig: rig.control("/quota", {"limit": None}),
    ("quota", "used_up"): lambda rig: rig.control("/quota", {"limit": 10, "used": 10}),
    ("quota", "reserved"): lambda rig: rig.account(
        quota_paused_until=utcnow() + timedelta(minutes=5)
    ),
    ("greeting", "look"): _greets,
    ("greeting", "seen"): _greets_and_seen,
    ("auto_reply", "seen"): lambda rig: None,
    ("auto_reply", "look"): lambda rig: _forget_what_was_seen(rig, "auto_reply"),
    ("auto_reply", "look_chat"): _chat_on,
    ("login_channel", "none"): lambda rig: rig.account(login_channel_id=""),
    ("login_channel", "refused"): lambda rig: rig.login_channel(secret="0" * 32),
    ("callback", "unregistered"): lambda rig: rig.login_channel(callback_urls=[]),
    ("callback", "refused"): lambda rig: rig.world.sandbox.fail(
        "^/line-access/", {"status": 400, "body": "400 Bad Request"}
    ),
    ("published", "seen"): lambda rig: None,
    ("published", "developing"): _nobody_comes_back,
    ("published", "look"): lambda rig: _forget_what_was_seen(rig, "published"),
    ("linked", "unlinked"): _unlinked,
    ("linked", "unproven"): lambda rig: _forget_what_was_seen(rig, "linked"),
    ("provider", "other"): _other_provider,
    ("provider", "not_shown"): _not_shown,
    ("provider", "unproven"): lambda rig: _forget_what_was_seen(rig, "provider"),
    ("provider", "no_friend"): _no_friend,
    ("email", "not_granted"): lambda rig: rig.login_channel(email_permission=False),
    ("liff_url", "none"): lambda rig: rig.account(liff_url=""),
    ("liff_url", "elsewhere"): lambda rig: rig.liff(
        view={"type": "full", "url": "https://other.example/liff/"}
    ),
    ("liff_url", "gone"): lambda rig: rig.liff(),
    ("liff_scopes", "lacking"): lambda rig: rig.liff(scope=["profile"]),
    ("liff_scopes", "small"): lambda rig: rig.liff(
        view={"type": "compact", "url": f"{rig.world.url}/liff/"}
    ),
    ("clock", "wrong"): _clock_of_the_platforms,
    ("clock", "no_witness"): _no_witness,
    ("address", "unreachable"): lambda rig: rig.settings(wired=False, base_url=f"http://{CLOSED}"),
    ("address", "certificate"): _own_certificate,
    ("address", "plain"): _plain_address,
    ("address", "another"): lambda rig: rig.between("^/healthz", {"status": 502}),
    ("scheduler", "silent"): _no_scheduler,
    ("jobs", "late"): _late,
    ("jobs", "failed"): _failed,
    ("database", "behind"): _older_tables,
    ("mail", "none"): lambda rig: rig.settings(smtp_url=""),
    ("mail", "unreachable"): lambda rig: rig.settings(smtp_url=f"smtp://{CLOSED}?tls=off"),
    ("mail", "refused"): _mail_login,
}
