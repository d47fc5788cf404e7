"""A program with a key of the JSON API."""

from dataclasses import dataclass
from typing import Any

from werkzeug.datastructures import Headers
from werkzeug.test import TestResponse

from plugin.models import Installation, db
from plugin.services.system.api_keys import create_api_key
from tests.support.world import Tenant, World

PREFIX = "/api/v1"


@dataclass(frozen=True)
class Answered:
    """An answer, with whatever JSON it holds."""

    status_code: int
    mimetype: str
    headers: Headers
    data: bytes
    json: Any

    @classmethod
    def of(cls, response: TestResponse) -> "Answered":
        """What a test asks about."""
        said = response.get_json(silent=True)
        kind = response.mimetype or ""
        return cls(response.status_code, kind, response.headers, response.data, said)

    @property
    def text(self) -> str:
        """The body as it came."""
        return self.data.decode()


class Program:
    """Calls the API as one tenant's program; `path` is what follows /api/v1."""

    def __init__(self, world: World, key: str) -> None:
        self.client = world.app.test_client()
        self.key = key

    def ask(self, method: str, path: str, body: Any = None, **headers: str) -> Answered:
        """One call; header names are written with underscores."""
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        sent["Authorization"] = f"Bearer {self.key}"
        parts: dict[str, Any] = {} if body is None else {"json": body}
        if isinstance(body, bytes):
            parts = {"data": body, "content_type": "application/octet-stream"}
        return Answered.of(self.client.open(PREFIX + path, method=method, headers=sent, **parts))

    def get(self, path: str) -> Any:
        """The JSON of a good GET."""
        answer = self.ask("GET", path)
        assert answer.status_code == 200, answer.text
        return answer.json

    def results(self, path: str) -> list[dict[str, Any]]:
        """The results of a list's first page."""
        found: list[dict[str, Any]] = self.get(path)["results"]
        return found


def key_for(world: World, tenant: Tenant, role: str = "admin") -> str:
    """A new key of a tenant."""
    with world.app.app_context():
        return create_api_key(db.session.get_one(Installation, tenant.installation_id), role)


def program(world: World, tenant: Tenant, role: str = "admin") -> Program:
    """A program of a tenant with a key of its own."""
    return Program(world, key_for(world, tenant, role))
