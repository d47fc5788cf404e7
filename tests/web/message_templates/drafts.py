"""The template editor's calls that keep a draft, as its page makes them."""

from typing import Any

import requests

from tests.support.world import Tenant, World
from tests.web.pages import csrf_of


def form(world: World, tenant: Tenant, text: str, **more: Any) -> dict[str, str]:
    token = csrf_of(tenant.walker.go(f"{world.url}/templates/new"))
    fields = {
        "csrf_token": token, "account": tenant.account_id, "name": "Welcome",
        "bubble.0.kind": "text", "bubble.0.text": text, "tracks_links": "yes", **more,
    }  # fmt: skip
    return {name: str(value) for name, value in fields.items()}


def keep(world: World, tenant: Tenant, text: str, **more: Any) -> requests.Response:
    url = f"{world.url}/templates/keep"
    return tenant.walker.session.post(url, data=form(world, tenant, text, **more))


def seen_of(tenant: Tenant, url: str) -> str:
    """The fingerprints in the page's form."""
    html = tenant.walker.go(url).html
    return html.split('name="seen" value="')[1].split('"')[0].replace("&#34;", '"')
