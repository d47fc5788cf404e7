"""The guide to going live is walked: every command that can run here runs, in its order, in a
fresh folder, with the sandbox's values in the place of HubSpot's and LINE's."""

import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from plugin.sandbox import account_to_connect
from plugin.settings import SANDBOX_BASES, SANDBOX_CREDENTIALS, Settings
from tests.docs.blocks import blocks
from tests.house.project import ROOT
from tests.support.processes import SandboxProcess, ending, free_port, wait_until
from tests.support.walker import Walker
from tests.support.world import PORTAL

ENGLISH, JAPANESE = "docs/going-live.md", "docs/going-live.ja.md"
# What an administrator has, and a folder of the test has not.
BROUGHT = (".venv", "app.py", "plugin", "hubspot-app.json")
GIVEN_UP_SECONDS = 120
BASH, OPENSSL = (shutil.which(name) or name for name in ("bash", "openssl"))
SYSTEMD, NGINX = (shutil.which(name) or "" for name in ("systemd-analyze", "nginx"))
UNITS = [ENGLISH, "docs/many-machines.md"]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A place where Musubi was put and never started."""
    for name in BROUGHT:
        (tmp_path / name).symlink_to(ROOT / name)
    return tmp_path


@pytest.fixture
def port() -> int:
    return free_port()


@pytest.fixture
def sandbox(port: int, tmp_path_factory: pytest.TempPathFactory) -> Iterator[SandboxProcess]:
    """HubSpot and LINE."""
    made = SandboxProcess(f"http://127.0.0.1:{port}", tmp_path_factory.mktemp("sandbox"))
    with ending(made.process):
        yield made


def given(text: str, port: int) -> str:
    """The commands with the values of this test in the place of the examples."""
    here = {"BASE_URL": f"http://127.0.0.1:{port}", **SANDBOX_CREDENTIALS}
    for name, value in here.items():
        text = re.sub(rf"^{name}=.+$", f"{name}={value}", text, flags=re.MULTILINE)
    return text.replace("127.0.0.1:8000", f"127.0.0.1:{port}")


class Terminal:
    """A shell's variables outlive a block, as they do in a terminal that stays open."""

    def __init__(self, folder: Path, port: int, sandbox: str) -> None:
        kept = ("PATH", "HOME", "LANG")
        self.folder, self.port = folder, port
        self.env = {name: os.environ[name] for name in kept if name in os.environ}
        self.env |= {"PORT": str(port), "PYTHONWARNINGS": "ignore"}
        self.env |= {name: sandbox + path for name, path in SANDBOX_BASES.items()}
        self.running: list[subprocess.Popen[bytes]] = []

    def run(self, text: str) -> None:
        script = f"set -eu\n{given(text, self.port)}\nenv -0 > .variables"
        done = subprocess.run(
            [BASH, "-c", script], cwd=self.folder, env=self.env, capture_output=True, text=True,
            timeout=GIVEN_UP_SECONDS, check=False,
        )  # fmt: skip
        assert done.returncode == 0, f"{text}\n{done.stdout}\n{done.stderr}"
        variables = (self.folder / ".variables").read_text().split("\0")
        self.env = dict(line.split("=", 1) for line in variables if "=" in line)

    def leave_running(self, text: str) -> None:
        # The child has its own copy of the open file.
        with (self.folder / "log").open("wb") as log:
            started = subprocess.Popen(
                [BASH, "-c", f"exec {text}"], cwd=self.folder, env=self.env, stdout=log, stderr=log
            )
        self.running.append(started)
        url = f"http://127.0.0.1:{self.port}/readyz"
        wait_until(lambda: _answers(url), 30, text, (self.folder / "log").read_text)

    def close(self) -> None:
        for each in self.running:
            each.terminate()
            each.wait(20)


def _answers(url: str) -> bool:
    try:
        return requests.get(url, timeout=2).ok
    except requests.RequestException:
        return False


@pytest.mark.slow
def test_the_commands_lead_from_an_empty_folder_to_a_connected_account(
    folder: Path, port: int, sandbox: SandboxProcess
) -> None:
    terminal = Terminal(folder, port, sandbox.url)
    try:
        for block in blocks(ENGLISH, "sh"):
            if block.mark == "runs on":
                terminal.leave_running(block.text)
                _click_through(terminal, sandbox)
            elif not block.mark:
                terminal.run(block.text)
    finally:
        terminal.close()
    assert (folder / "hubspot-project" / "hsproject.json").is_file()
    assert (folder / "musubi.env").stat().st_mode & 0o077 == 0
    assert list((folder / "backups").glob("musubi-*.db"))
    assert list((folder / "instance").glob("musubi.db.before-*"))
    _reads_as_settings(folder / "musubi.env")


def _click_through(terminal: Terminal, sandbox: SandboxProcess) -> None:
    """Install into HubSpot, then connect an account of LINE: what the guide says in words."""
    walker = Walker()
    walker.go(f"http://127.0.0.1:{terminal.port}/hubspot/install")
    walker.submit(button="approve", portal=str(PORTAL), decision="approve")
    assert walker.page.status == 200, walker.page.text
    walker.go("/accounts/new")
    values = {name: str(text) for name, text in account_to_connect(sandbox.app).items()}
    walker.submit(-1, None, **values)
    assert "LINE accepts the channel ID and secret." in walker.page.text
    assert "LINE called Musubi, and was answered." in walker.page.text


def _reads_as_settings(file: Path) -> None:
    lines = dict(line.split("=", 1) for line in file.read_text().splitlines())
    settings = Settings.from_env({**lines, "BASE_URL": "https://line.example.com"}, file.parent)
    assert not settings.sandbox
    assert settings.mail_from
    assert settings.trusted_proxies


def test_whatever_is_not_run_says_why() -> None:
    reasons = [block.why for block in blocks(ENGLISH, "sh") if block.mark == "not run"]
    assert all(len(why.split()) >= 3 for why in reasons)
    run = [block for block in blocks(ENGLISH, "sh") if block.mark != "not run"]
    assert len(run) >= 7


def test_the_japanese_guide_has_the_same_commands_and_files() -> None:
    assert blocks(JAPANESE) == blocks(ENGLISH)


@pytest.mark.parametrize("document", UNITS)
def test_the_units_start_what_is_there(document: str, tmp_path: Path) -> None:
    for unit in written_units(document, tmp_path):
        lines = unit.read_text().splitlines()
        assert {"[Unit]", "[Service]", "[Install]"} <= set(lines)
        started = next(line for line in lines if line.startswith("ExecStart="))
        assert Path(started.removeprefix("ExecStart=").split()[0]).is_file()


@pytest.mark.skipif(not SYSTEMD, reason="systemd-analyze is not on this machine")
@pytest.mark.parametrize("document", UNITS)
def test_the_units_are_what_systemd_takes(document: str, tmp_path: Path) -> None:
    for unit in written_units(document, tmp_path):
        checked = subprocess.run(
            [SYSTEMD, "verify", "--man=no", str(unit)],
            capture_output=True, text=True, check=False,
        )  # fmt: skip
        said = [line for line in checked.stderr.splitlines() if unit.name in line]
        assert checked.returncode == 0, checked.stderr
        assert not said


def written_units(document: str, folder: Path) -> list[Path]:
    """The document's units, with the places of this machine."""
    written = []
    for unit in blocks(document, "ini"):
        name = unit.text.split("\n")[0].split(";")[0].rsplit("/", 1)[-1].strip()
        text = unit.text.replace("/srv/musubi/app", str(ROOT)).replace("/srv/musubi", str(ROOT))
        # The user is made by the guide; this machine has none of that name.
        (folder / name).write_text(text.replace("User=musubi", "User=root"))
        written.append(folder / name)
    assert written
    return written


def test_the_proxies_pass_on_what_musubi_needs() -> None:
    nginx, caddy = blocks(ENGLISH, "nginx")[0].text, blocks(ENGLISH, "caddyfile")[0].text
    assert nginx.count("{") == nginx.count("}")
    assert caddy.count("{") == caddy.count("}")
    lines = [line.strip() for line in nginx.splitlines() if line.strip()]
    assert all(line[-1] in ";{}" for line in lines)
    # A path behind the port would be put in the place of the one that is asked for.
    assert "proxy_pass http://127.0.0.1:8000;" in lines
    assert "client_max_body_size 13m;" in lines
    assert any(line.startswith("proxy_set_header X-Forwarded-For") for line in lines)
    assert "reverse_proxy 127.0.0.1:8000" in caddy


@pytest.mark.skipif(not NGINX, reason="nginx is not on this machine")
def test_nginx_takes_its_configuration(tmp_path: Path) -> None:
    """With a certificate of its own in the place of the real one."""
    server = blocks(ENGLISH, "nginx")[0].text
    key, certificate = tmp_path / "key.pem", tmp_path / "certificate.pem"
    made = [OPENSSL, "req", "-x509", "-nodes", "-newkey", "rsa:2048", "-subj", "/CN=example",
            "-keyout", str(key), "-out", str(certificate)]  # fmt: skip
    subprocess.run(made, check=True, capture_output=True)
    live = "/etc/letsencrypt/live/line.example.com/"
    server = server.replace(f"{live}fullchain.pem", str(certificate))
    server = server.replace(f"{live}privkey.pem", str(key))
    file = tmp_path / "nginx.conf"
    # Its first words go to a file, which is closed with it.
    file.write_text(
        f"pid {tmp_path}/pid; error_log {tmp_path}/error.log;"
        f" events {{}}\nhttp {{\naccess_log off;\n{server}\n}}\n"
    )
    checked = subprocess.run([NGINX, "-t", "-c", str(file)], capture_output=True, check=False)
    assert checked.returncode == 0, checked.stderr
