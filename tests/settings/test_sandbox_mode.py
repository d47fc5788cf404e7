"""The sandbox is where nothing is set, or where it is asked for, and never by accident."""

import stat
from pathlib import Path

from cryptography.fernet import Fernet

from plugin.sandbox import SandboxConfig
from plugin.settings import CREDENTIALS, SANDBOX_BASES, SANDBOX_CREDENTIALS, Settings
from tests.settings.environ import PRODUCTION, problems


def test_nothing_set_is_the_sandbox(tmp_path: Path) -> None:
    settings = Settings.from_env({}, tmp_path)
    assert settings.sandbox
    assert settings.scheduler
    assert (settings.base_url, settings.port) == ("http://localhost:8000", 8000)
    assert settings.database_url == f"sqlite:///{tmp_path}/musubi.db"
    assert settings.celery_broker_url is None
    assert settings.log_format == "console"
    assert settings.trusted_proxies == ()
    assert not settings.webhook_private_networks
    assert not settings.secure


def test_in_the_sandbox_every_platform_is_below_the_own_address(tmp_path: Path) -> None:
    settings = Settings.from_env({"BASE_URL": "http://127.0.0.1:9000/"}, tmp_path)
    for name, path in SANDBOX_BASES.items():
        assert getattr(settings, name.lower()) == f"http://127.0.0.1:9000/sandbox{path}"


def test_lost_credentials_do_not_fall_open_into_the_sandbox(tmp_path: Path) -> None:
    lost = {name: text for name, text in PRODUCTION.items() if not name.startswith("HUBSPOT")}
    named = [line.split()[0] for line in problems(lost, tmp_path)]
    assert named == ["SANDBOX", *CREDENTIALS]
    named = [line.split()[0] for line in problems({**lost, "SANDBOX": "auto"}, tmp_path)]
    assert named == ["SANDBOX", *CREDENTIALS]
    assert list(tmp_path.iterdir()) == []


def test_the_sandbox_is_elsewhere_only_where_it_is_meant_to_be(tmp_path: Path) -> None:
    meant = {"SANDBOX": "on", "BASE_URL": "http://192.168.1.20:8000"}
    settings = Settings.from_env(meant, tmp_path)
    assert settings.sandbox
    assert settings.line_api_base == "http://192.168.1.20:8000/sandbox/line-api"


def test_the_sandbox_can_be_refused_on_the_own_machine(tmp_path: Path) -> None:
    named = [line.split()[0] for line in problems({"SANDBOX": "off"}, tmp_path)]
    assert sorted(named) == sorted(["SECRET_KEY", "ENCRYPTION_KEYS", *CREDENTIALS])
    assert not Settings.from_env({**PRODUCTION, "SANDBOX": "off"}, tmp_path).sandbox


def test_the_sandbox_makes_its_secrets_once_and_keeps_them(tmp_path: Path) -> None:
    instance = tmp_path / "instance"
    first = Settings.from_env({}, instance)
    again = Settings.from_env({}, instance)
    assert first == again
    assert Settings.from_env({}, tmp_path / "other").secret_keys != first.secret_keys
    Fernet(first.encryption_keys[0])
    kept = sorted(instance.iterdir())
    assert [path.name for path in kept] == ["encryption_key", "secret_key"]
    assert {stat.S_IMODE(path.stat().st_mode) for path in kept} == {0o600}


def test_sandbox_mode_signs_in_as_the_app_that_the_sandbox_knows() -> None:
    known = SandboxConfig(base_url="", target="")
    assert {
        "HUBSPOT_CLIENT_ID": known.client_id,
        "HUBSPOT_CLIENT_SECRET": known.client_secret,
        "HUBSPOT_APP_ID": str(known.app_id),
    } == SANDBOX_CREDENTIALS
