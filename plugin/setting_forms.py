"""The formats of settings' values."""

import base64
import ipaddress
import os
import re
from collections.abc import Mapping
from email.utils import parseaddr
from pathlib import Path
from urllib.parse import urlsplit

SHORTEST_SECRET = 32
# Amazon's rule for names of buckets; stand-ins of S3 have the same or narrower ones.
BUCKET = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")
# A secret with fewer distinct characters is a pattern, not random.
FEWEST_SIGNS = 10
# Values from examples and old guides.
GUESSED = re.compile(r"change.?me|your.?secret|secret.?key|example|password|qwerty", re.IGNORECASE)


def is_web_address(value: str) -> bool:
    try:
        parts = urlsplit(value)
        return (
            parts.scheme in ("http", "https")
            and bool(parts.hostname)
            and parts.port != 0
            and not parts.query
        )
    except ValueError:
        return False


def is_loopback(address: str) -> bool:
    try:
        host = urlsplit(address).hostname or ""
    except ValueError:
        return False
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def is_weak(secret: str) -> bool:
    unguessed = GUESSED.sub("", secret)
    return len(unguessed) < SHORTEST_SECRET or len(set(unguessed)) < FEWEST_SIGNS


def is_fernet_key(key: str) -> bool:
    try:
        return len(base64.urlsafe_b64decode(key)) == 32
    except ValueError:
        return False


def is_mail_server(url: str) -> bool:
    """Accept `smtps://user:password@host`, or smtp, unencrypted only without a password."""
    try:
        parts = urlsplit(url)
        plain = parts.query == "tls=off" and parts.scheme == "smtp" and not parts.username
        return (
            parts.scheme in ("smtp", "smtps")
            and bool(parts.hostname)
            and parts.port != 0
            and parts.path in ("", "/")
            and (plain or not parts.query)
        )
    except ValueError:
        return False


def is_sender(text: str) -> bool:
    name, _, domain = parseaddr(text)[1].rpartition("@")
    return bool(name) and "." in domain and text.isprintable()


def media_problem(url: str, environ: Mapping[str, str]) -> list[str]:
    """Return what keeps `file:/a/folder` or `s3://bucket/prefix` from being used."""
    if url.startswith("file:"):
        return _folder_problem(Path(url.removeprefix("file:")))
    bucket = url.removeprefix("s3://").partition("/")[0]
    if not url.startswith("s3://") or not BUCKET.fullmatch(bucket) or re.search(r"[?#\s]", url):
        return [f"MEDIA_URL must be file:/a/folder or s3://bucket/prefix, not {url!r}"]
    endpoint = environ.get("AWS_ENDPOINT_URL_S3", "")
    if endpoint and not is_web_address(endpoint):
        return [f"AWS_ENDPOINT_URL_S3 must be a web address, not {endpoint!r}"]
    pair = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY")
    missing = [name for name in pair if not environ.get(name)]
    return [f"{missing[0]} is missing, which MEDIA_URL needs"] if len(missing) == 1 else []


def _folder_problem(folder: Path) -> list[str]:
    if not folder.is_absolute():
        return ["MEDIA_URL must name its folder from the root, such as file:/var/lib/musubi/media"]
    try:
        existing = next(path for path in (folder, *folder.parents) if path.exists())
        usable = existing.is_dir() and os.access(existing, os.W_OK | os.X_OK)
    except OSError:
        usable = False
    return [] if usable else [f"MEDIA_URL names a folder that cannot be written: {folder}"]
