"""The sandbox's own keys: generated once, stored beside its database."""

import base64
import os
import secrets
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path


def key_reader(instance: Path, name: str) -> Callable[[], str]:
    """Return a function that reads the key `name`, or generates it at the first start."""
    return lambda: _stored_key(instance / name)


def _stored_key(path: Path) -> str:
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = base64.urlsafe_b64encode(secrets.token_bytes(32)).decode()
    draft = path.with_name(f"{path.name}.{secrets.token_hex(4)}")
    try:
        with suppress(FileExistsError):
            if not path.exists():
                descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
                with os.fdopen(descriptor, "w", encoding="utf-8") as file:
                    file.write(fresh)
                # The key appears whole: another process that starts now never reads half of it.
                path.hardlink_to(draft)
    finally:
        draft.unlink(missing_ok=True)
    return path.read_text(encoding="utf-8").strip()
