"""What tests of settings share: an environment of production, and what is said against one."""

from pathlib import Path

import pytest

from plugin.settings import Settings, SettingsError

FERNET = "bXVzdWJpLXRlc3Qta2V5LW5vdC1hLXNlY3JldC4uLi4="
PRODUCTION = {
    "BASE_URL": "https://musubi.example.com",
    "SECRET_KEY": "of-production-0123456789-abcdefghijklm",
    "ENCRYPTION_KEYS": FERNET,
    "HUBSPOT_CLIENT_ID": "client",
    "HUBSPOT_CLIENT_SECRET": "client-secret",
    "HUBSPOT_APP_ID": "42",
}


def problems(environ: dict[str, str], instance: Path) -> list[str]:
    with pytest.raises(SettingsError) as caught:
        Settings.from_env(environ, instance)
    first, *rest = str(caught.value).splitlines()
    assert first == "Musubi cannot start:"
    return [line.removeprefix("  - ") for line in rest]
