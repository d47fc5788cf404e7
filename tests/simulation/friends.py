"""What friends do on their phones during a simulated week, and when Musubi hears of it."""

import base64
import hashlib
import hmac
import json
from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from plugin.core.clock import utcnow
from plugin.models import Friend, db
from plugin.sandbox.line.api import reply_tokens

if TYPE_CHECKING:
    from tests.simulation.simulation import Simulation


class Friends:
    """`ids`: LINE user ids by friend's id; `written`: the texts that they wrote."""

    def __init__(self, simulation: "Simulation") -> None:
        self.simulation, self.world = simulation, simulation.world
        self.chance = simulation.chance
        self.ids: dict[int, str] = {}
        self.written: list[str] = []
        # Webhooks that LINE has not sent yet.
        self.late: list[dict[str, Any]] = []

    def find(self) -> None:
        """Those of the account, inside the app's context."""
        account = self.world.account(self.simulation.tenant)
        self.channel, self.secret, self.key, self.bot = (
            account.channel_id, account.channel_secret, account.webhook_key, account.bot_user_id,
        )  # fmt: skip
        linked = select(Friend.id, Friend.line_user_id).where(
            Friend.official_account_id == account.id
        )
        self.ids = dict(db.session.execute(linked.order_by(Friend.id)).tuples().all())

    def block_or_return(self) -> None:
        """A friend blocks the account or comes back; Musubi hears of it later."""
        user_id = self.chance.choice(list(self.ids.values()))
        store = self.world.sandbox.app.extensions["world"].store
        blocks = store.get(f"line_friend/{self.channel}", user_id)["state"] == "following"
        store.put(f"line_friend/{self.channel}", user_id,
                  {"state": "blocked" if blocks else "following", "at": 0})  # fmt: skip
        self.late.append(self._event("unfollow" if blocks else "follow", user_id))
        self.simulation.happened.append(f"{user_id} {'blocks' if blocks else 'comes back'}")

    def _event(self, kind: str, user_id: str) -> dict[str, Any]:
        return {
            "type": kind, "mode": "active",
            "timestamp": int(utcnow().timestamp() * 1000),
            "source": {"type": "user", "userId": user_id},
            "webhookEventId": f"{self.chance.getrandbits(80):026d}",
            "deliveryContext": {"isRedelivery": False},
        }  # fmt: skip

    def write(self) -> str:
        """A friend writes to the account. Mostly Musubi hears of it at once: a talk is open.
        Return who wrote."""
        user_id = self.chance.choice(list(self.ids.values()))
        sandbox = self.world.sandbox.app.extensions["world"]
        token = reply_tokens.issue(sandbox, self.channel, user_id)
        self.simulation.wire.talks[token] = user_id
        self.written.append(f"M{len(self.written) + 1}")
        content = {"type": "text", "id": token[:18], "text": self.written[-1]}
        event = self._event("message", user_id)
        self.late.insert(0, {**event, "replyToken": token, "message": content})
        self.simulation.happened.append(f"{user_id} writes {self.written[-1]}")
        if self.chance.random() < 0.7:
            self._post(self.late[:1])
            # LINE tells of some of them once more.
            self.late = self.late[self.chance.choice((0, 1, 1)) :]
        return user_id

    def hear_of(self, number: int) -> None:
        """Some webhooks come, in any order, and one of them perhaps twice."""
        self.chance.shuffle(self.late)
        events, self.late = self.late[:number], self.late[number:]
        if not events:
            return
        if self.chance.random() < 0.3:
            events.append(events[0])
        self._post(events)

    def _post(self, events: list[dict[str, Any]]) -> None:
        body = json.dumps({"destination": self.bot, "events": events}).encode()
        digest = hmac.new(self.secret.encode(), body, hashlib.sha256).digest()
        headers = {"X-Line-Signature": base64.b64encode(digest).decode()}
        answer = self.world.app.test_client().post(
            f"/line/webhooks/{self.key}", data=body, headers=headers
        )
        assert answer.status_code == 200, answer.text
