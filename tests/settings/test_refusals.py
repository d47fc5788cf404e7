"""Wrong settings: everything is said at once, each by its name."""

import contextlib
from pathlib import Path

import hypothesis
import pytest
from hypothesis import given
from hypothesis import strategies as st

from plugin.setting_forms import is_loopback
from plugin.settings import REAL_BASES, Settings, SettingsError
from tests.settings.environ import FERNET, PRODUCTION, problems

NAMES = [
    *PRODUCTION,
    *REAL_BASES,
    "PORT",
    "DATABASE_URL",
    "CELERY_BROKER_URL",
    "SANDBOX",
    "SCHEDULER",
    "LOG_FORMAT",
    "HUBSPOT_PREVIOUS_CLIENT_SECRET",
    "SECRET_KEY_FILE",
    "SMTP_URL",
    "MAIL_FROM",
    "TRUSTED_PROXIES",
]
# What an environment can hold: no NUL, no half characters.
TEXT = st.text(st.characters(codec="utf-8", exclude_characters="\0"))


def test_one_credential_alone_asks_for_all_the_others_at_once(tmp_path: Path) -> None:
    named = [line.split()[0] for line in problems({"HUBSPOT_CLIENT_ID": "client"}, tmp_path)]
    assert sorted(named) == [
        "ENCRYPTION_KEYS",
        "HUBSPOT_APP_ID",
        "HUBSPOT_CLIENT_SECRET",
        "SECRET_KEY",
    ]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("BASE_URL", "musubi.example.com"),
        ("BASE_URL", "https://"),
        ("BASE_URL", "http://[half"),
        ("BASE_URL", "http://localhost:port"),
        ("LINE_API_BASE", "https://api.line.me/?a=b"),
        ("PORT", "0"),
        ("PORT", "65536"),
        ("PORT", "eighty"),
        ("SCHEDULER", "maybe"),
        ("TRUSTED_PROXIES", "proxy.example.com"),
        ("TRUSTED_PROXIES", "10.0.0.0/8;10.0.0.1"),
        ("LOG_FORMAT", "xml"),
        ("WEBHOOK_PRIVATE_NETWORKS", "yes"),
        ("DATABASE_URL", "postgres://localhost/musubi"),
        ("ENCRYPTION_KEYS", "too-short"),
        ("ENCRYPTION_KEYS", f"{FERNET},nonsense"),
        ("SECRET_KEY", " , "),
        ("SECRET_KEY", "short"),
        ("SECRET_KEY", "a" * 64),
        ("SECRET_KEY", "change-me-change-me-change-me-change-me-1234567"),
        ("SECRET_KEY", "of-production-0123456789-abcdefghijklm,old"),
        ("BASE_URL", "http://musubi.example.com"),
        ("BASE_URL", "http://192.168.1.20:8000"),
        ("HUBSPOT_API_BASE", "http://api.hubapi.com"),
        ("LINE_API_BASE", "http://10.0.0.1/line"),
        ("LINE_LIFF_SDK_URL", "http://cdn.example.com/sdk.js"),
        ("SANDBOX", "maybe"),
        ("SANDBOX", "on"),
        ("SMTP_URL", "mail.example.com:587"),
        ("SMTP_URL", "smtp://"),
        ("SMTP_URL", "smtp://mail.example.com:port"),
        ("SMTP_URL", "smtp://user:password@mail.example.com?tls=off"),
        ("SMTP_URL", "smtps://mail.example.com?tls=off"),
        ("SMTP_URL", "smtps://mail.example.com/inbox"),
        ("MAIL_FROM", "Musubi"),
        ("MAIL_FROM", "Musubi <musubi>"),
    ],
)
def test_a_wrong_value_is_named(name: str, value: str, tmp_path: Path) -> None:
    sender = {"MAIL_FROM": "musubi@example.com"}
    (problem,) = problems({**PRODUCTION, **sender, name: value}, tmp_path)
    assert problem.startswith(f"{name} ")
    assert "password@mail" not in problem


def test_every_wrong_setting_is_named_in_one_message(tmp_path: Path) -> None:
    wrong = {**PRODUCTION, "PORT": "x", "SCHEDULER": "x", "LOG_FORMAT": "x", "BASE_URL": "x"}
    named = [line.split()[0] for line in problems(wrong, tmp_path)]
    assert named == ["PORT", "BASE_URL", "SCHEDULER", "LOG_FORMAT"]


@pytest.mark.parametrize("host", ["127.0.0.1.example.com", "localhost.example.com", "10.0.0.1"])
def test_what_only_looks_like_this_machine_is_not(host: str, tmp_path: Path) -> None:
    (problem,) = problems({**PRODUCTION, "BASE_URL": f"http://{host}"}, tmp_path)
    assert problem.startswith("BASE_URL must begin with https://")
    assert not is_loopback(f"http://{host}")


def test_a_broker_needs_postgresql(tmp_path: Path) -> None:
    broker = {**PRODUCTION, "CELERY_BROKER_URL": "redis://localhost"}
    (problem,) = problems(broker, tmp_path)
    assert problem.startswith("CELERY_BROKER_URL needs PostgreSQL")
    assert problems({**broker, "DATABASE_URL": "sqlite:///x.db"}, tmp_path) == [problem]
    shared = {**broker, "DATABASE_URL": "postgresql+psycopg://localhost/musubi"}
    assert Settings.from_env(shared, tmp_path).celery_broker_url == "redis://localhost"


def test_an_unknown_broker_is_refused(tmp_path: Path) -> None:
    database = "postgresql+psycopg://localhost/musubi"
    wrong = {**PRODUCTION, "CELERY_BROKER_URL": "kafka://x", "DATABASE_URL": database}
    assert problems(wrong, tmp_path) == ["CELERY_BROKER_URL must begin with amqp:// or redis://"]


def test_a_setting_in_two_places_is_refused_once(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("from-a-file", encoding="utf-8")
    twice = {**PRODUCTION, "HUBSPOT_CLIENT_SECRET_FILE": str(secret)}
    assert problems(twice, tmp_path) == [
        "HUBSPOT_CLIENT_SECRET and HUBSPOT_CLIENT_SECRET_FILE are both set: keep one"
    ]


def test_a_file_that_cannot_be_read_is_named_without_its_content(tmp_path: Path) -> None:
    binary = tmp_path / "binary"
    binary.write_bytes(b"\xff\xfe\x00")
    for path, error in ((tmp_path / "absent", "FileNotFoundError"), (binary, "UnicodeDecodeError")):
        environ = {**PRODUCTION, "DATABASE_URL_FILE": str(path)}
        assert problems(environ, tmp_path) == [f"DATABASE_URL_FILE cannot be read: {error}"]


@pytest.mark.parametrize(
    ("environ", "words"),
    [
        ({"MEDIA_URL": "media"}, "MEDIA_URL must be file:/a/folder or s3://bucket/prefix"),
        ({"MEDIA_URL": "s3://"}, "MEDIA_URL must be"),
        ({"MEDIA_URL": "s3://Shop_1/x"}, "MEDIA_URL must be"),
        ({"MEDIA_URL": "s3://shop/x?region=a"}, "MEDIA_URL must be"),
        ({"MEDIA_URL": "https://shop.example.com"}, "MEDIA_URL must be"),
        ({"MEDIA_URL": "file:media"}, "MEDIA_URL must name its folder from the root"),
        ({"MEDIA_URL": f"file:{__file__}/media"}, "MEDIA_URL names a folder that cannot be"),
        ({"MEDIA_URL": "s3://shop", "AWS_ENDPOINT_URL_S3": "minio:9000"}, "AWS_ENDPOINT_URL_S3"),
        ({"MEDIA_URL": "s3://shop", "AWS_ACCESS_KEY_ID": "a"}, "AWS_SECRET_ACCESS_KEY is missing"),
    ],
)
def test_what_is_wrong_with_the_place_of_media_is_said(
    tmp_path: Path, environ: dict[str, str], words: str
) -> None:
    (problem,) = problems({**PRODUCTION, **environ}, tmp_path)
    assert problem.startswith(words)


def test_an_instance_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    blocked = tmp_path / "instance"
    blocked.write_text("a file where the folder belongs", encoding="utf-8")
    named = [line.split(":")[0] for line in problems({}, blocked)]
    assert named == [
        f"SECRET_KEY cannot be kept in {blocked}",
        f"ENCRYPTION_KEYS cannot be kept in {blocked}",
    ]


@given(
    st.dictionaries(
        st.sampled_from(NAMES),
        TEXT | st.sampled_from(["on", "8000", FERNET, "http://[", "redis://", "sqlite:///x"]),
    )
)
@hypothesis.settings(deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow])
def test_any_environment_is_settings_or_one_message(
    tmp_path_factory: pytest.TempPathFactory, environ: dict[str, str]
) -> None:
    instance = tmp_path_factory.getbasetemp() / "any"
    with contextlib.suppress(SettingsError):
        Settings.from_env(environ, instance)
