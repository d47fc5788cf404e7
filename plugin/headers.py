"""Security headers of every response, and BASE_URL as the address, whatever `Host` claims."""

from typing import Any
from urllib.parse import urlsplit

from flask import Flask, Response

from plugin.guards import get_deps

HALF_A_YEAR = 15_552_000


def init_app(app: Flask, base_url: str) -> None:
    app.after_request(protect)
    app.wsgi_app = AtBaseUrl(app.wsgi_app, base_url)  # type: ignore[method-assign]


def protect(response: Response) -> Response:
    """Keep the headers that a page sets itself; the rest is as strict as possible."""
    headers = response.headers
    headers.setdefault("X-Content-Type-Options", "nosniff")
    headers.setdefault("Referrer-Policy", "same-origin")
    policy = headers.setdefault("Content-Security-Policy", "frame-ancestors 'none'")
    if "frame-ancestors 'none'" in policy:
        # For browsers that do not know the policy.
        headers.setdefault("X-Frame-Options", "DENY")
    if get_deps().settings.secure:
        # For this host alone: neighbouring hosts may not have https yet.
        headers.setdefault("Strict-Transport-Security", f"max-age={HALF_A_YEAR}")
    return response


def cookie_name(name: str) -> str:
    """Prefix the name over https: browsers then take no such cookie from a neighbouring host."""
    return host_only(name) if get_deps().settings.secure else name


def host_only(name: str) -> str:
    """Return the name with `__Host-`, which needs Secure, Path=/ and no Domain (RFC 6265bis)."""
    return f"__Host-{name}"


class AtBaseUrl:
    """Make every request one to BASE_URL, so that no redirect follows from a client's headers."""

    def __init__(self, app: Any, base_url: str) -> None:
        parts = urlsplit(base_url)
        self.app, self.scheme, self.host = app, parts.scheme, parts.netloc

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Any:
        environ["HTTP_HOST"], environ["wsgi.url_scheme"] = self.host, self.scheme
        return self.app(environ, start_response)
