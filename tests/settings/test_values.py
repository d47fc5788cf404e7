"""Settings are read once, from the environment or from files, and never show a secret."""

import dataclasses
from pathlib import Path

import pytest
from cryptography.fernet import Fernet

from plugin.settings import REAL_BASES, Settings
from tests.settings.environ import FERNET, PRODUCTION, problems


def test_the_port_moves_the_default_address(tmp_path: Path) -> None:
    assert Settings.from_env({"PORT": "9001"}, tmp_path).base_url == "http://localhost:9001"


def test_with_credentials_the_platforms_are_the_real_ones(tmp_path: Path) -> None:
    settings = Settings.from_env(PRODUCTION, tmp_path)
    assert not settings.sandbox
    assert settings.secure
    for name, address in REAL_BASES.items():
        assert getattr(settings, name.lower()) == address
    assert list(tmp_path.iterdir()) == []


def test_a_platform_may_be_elsewhere(tmp_path: Path) -> None:
    elsewhere = {**PRODUCTION, "LINE_API_BASE": "http://127.0.0.1:7000/line/"}
    assert Settings.from_env(elsewhere, tmp_path).line_api_base == "http://127.0.0.1:7000/line"


@pytest.mark.parametrize(
    "host", ["localhost", "127.0.0.1", "127.8.9.1", "[::1]", "musubi.localhost"]
)
def test_this_machine_may_be_reached_without_tls(host: str, tmp_path: Path) -> None:
    own = {**PRODUCTION, "BASE_URL": f"http://{host}:8000"}
    assert Settings.from_env(own, tmp_path).base_url == f"http://{host}:8000"


def test_mail_is_optional_and_needs_a_sender(tmp_path: Path) -> None:
    assert Settings.from_env(PRODUCTION, tmp_path).smtp_url == ""
    mail = {**PRODUCTION, "SMTP_URL": "smtps://user:mail-password@mail.example.com"}
    assert [line.split()[0] for line in problems(mail, tmp_path)] == ["MAIL_FROM"]
    settings = Settings.from_env({**mail, "MAIL_FROM": "むすび <a@example.com>"}, tmp_path)
    assert settings.mail_from == "むすび <a@example.com>"
    assert "mail-password" not in repr(settings)


def test_a_setting_may_be_in_a_file(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("from-a-file\n", encoding="utf-8")
    environ = {**PRODUCTION, "HUBSPOT_CLIENT_SECRET_FILE": str(secret)}
    del environ["HUBSPOT_CLIENT_SECRET"]
    assert Settings.from_env(environ, tmp_path).hubspot_client_secret == "from-a-file"


def test_media_are_kept_in_a_folder_or_a_bucket(tmp_path: Path) -> None:
    def kept_in(environ: dict[str, str]) -> str:
        return Settings.from_env({**PRODUCTION, **environ}, tmp_path).media_url

    assert kept_in({}) == f"file:{tmp_path / 'media'}"
    assert kept_in({"MEDIA_URL": "file:instance/media"}) == f"file:{tmp_path / 'media'}"
    folder = f"file:{tmp_path / 'new' / 'folder'}"
    assert kept_in({"MEDIA_URL": folder}) == folder
    written = tmp_path / "written"
    written.write_text("s3://shop/of/musubi\n", encoding="utf-8")
    assert kept_in({"MEDIA_URL_FILE": str(written)}) == "s3://shop/of/musubi"


def test_keys_are_listed_newest_first(tmp_path: Path) -> None:
    older = Fernet.generate_key().decode()
    new, old = (f"{age}-0123456789-abcdefghijklmnopqrs" for age in ("new", "old"))
    keys = {"SECRET_KEY": f"{new}, {old}", "ENCRYPTION_KEYS": f"{FERNET},{older}"}
    settings = Settings.from_env({**PRODUCTION, **keys}, tmp_path)
    assert settings.secret_keys == (new, old)
    assert settings.encryption_keys == (FERNET, older)


def test_while_a_rotation_lasts_both_client_secrets_count(tmp_path: Path) -> None:
    assert Settings.from_env(PRODUCTION, tmp_path).hubspot_client_secrets == ("client-secret",)
    rotating = {**PRODUCTION, "HUBSPOT_PREVIOUS_CLIENT_SECRET": "before"}
    settings = Settings.from_env(rotating, tmp_path)
    assert settings.hubspot_client_secrets == ("client-secret", "before")


def test_settings_are_frozen_and_do_not_show_secrets(tmp_path: Path) -> None:
    broker = "amqp://user:broker-password@localhost"
    database = "postgresql+psycopg://user:database-password@localhost/musubi"
    environ = {**PRODUCTION, "CELERY_BROKER_URL": broker, "DATABASE_URL": database}
    environ["HUBSPOT_PREVIOUS_CLIENT_SECRET"] = "before"
    settings = Settings.from_env(environ, tmp_path)
    for secret in (FERNET, "of-production", "client-secret", "before", "-password"):
        assert secret not in repr(settings)
    with pytest.raises(dataclasses.FrozenInstanceError):
        settings.port = 1  # type: ignore[misc]
