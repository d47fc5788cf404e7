"""Where pictures and videos are kept: in a folder, or in an S3-compatible bucket."""

from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlsplit

from plugin.gateways.media_store.bucket import Bucket
from plugin.gateways.media_store.folder import Folder
from plugin.gateways.protocols.media_store import MediaStore


def media_store(url: str, before_call: Callable[[], None]) -> MediaStore:
    """Return the store of a checked `MEDIA_URL`: `file:/a/folder`, or `s3://bucket/prefix`."""
    parts = urlsplit(url)
    if parts.scheme == "s3":
        return Bucket(parts.netloc, parts.path.strip("/"), before_call)
    return Folder(Path(url.removeprefix("file:")))
