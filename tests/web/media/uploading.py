"""What a browser does to upload a file, over real HTTP."""

from typing import Any

import requests

from tests.support.walker import Page
from tests.support.world import Tenant, World
from tests.web.pages import csrf_of


def library(world: World, tenant: Tenant) -> Page:
    return tenant.walker.go(f"{world.url}/media")


def by_form(
    world: World, tenant: Tenant, data: bytes, name: str = "photo.jpg", **fields: str
) -> Page:
    values = {"csrf_token": csrf_of(library(world, tenant)), **fields}
    answer = tenant.walker.session.post(
        f"{world.url}/media", data=values, files={"file": (name, data)}, timeout=30
    )
    return tenant.walker._arrive(answer)


class Script:
    """The script's requests, with its token."""

    def __init__(self, world: World, tenant: Tenant) -> None:
        self.at = f"{world.url}/media/uploads"
        self.session = tenant.walker.session
        self.token = csrf_of(library(world, tenant))

    def post(self, path: str, data: Any = None) -> requests.Response:
        headers = {"X-CSRFToken": self.token}
        return self.session.post(self.at + path, data=data, headers=headers, timeout=30)

    def begin(self, size: int, name: str = "film.mp4", kind: str = "") -> requests.Response:
        return self.post("", {"name": name, "size": str(size), "kind": kind})

    def upload(self, data: bytes, name: str = "photo.jpg", kind: str = "") -> dict[str, Any]:
        begun = self.begin(len(data), name, kind).json()
        size = begun["part_size"]
        for number in range(-(-len(data) // size)):
            part = self.post(
                f"/{begun['id']}/{number + 1}", data[number * size : (number + 1) * size]
            )
            assert part.status_code == 200, part.text
        finished = self.post(f"/{begun['id']}/finish")
        stored: dict[str, Any] = finished.json()
        return stored
