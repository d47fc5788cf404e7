"""What tests of the page Email share: going there, and reading what it shows."""

import re

from tests.support.walker import Page
from tests.support.world import Tenant, World


def go(world: World, tenant: Tenant, path: str = "/email") -> Page:
    return tenant.walker.go(f"{world.url}{path}")


def shown(page: Page, mark: str) -> str:
    """The text of the first element with this mark."""
    inside = page.html.partition(f'data-testid="{mark}"')[2].partition(">")[2]
    return " ".join(re.sub("<[^>]+>", " ", inside.partition("</dd>")[0]).split())


def value(page: Page, mark: str) -> str:
    """What stands in the field to copy from."""
    found = re.search(rf'value="([^"]*)"[^>]*data-testid="{mark}"', page.html)
    assert found is not None, page.html
    return (
        found[1]
        .replace("&#39;", "'")
        .replace("&lt;", "<")
        .replace("&gt;", ">")
        .replace("&#34;", '"')
        .replace("&amp;", "&")
    )
