"""The sandbox takes mail by SMTP and shows it in the mailbox."""

import smtplib
from email.message import EmailMessage
from urllib.parse import urlsplit

from flask import Flask

from plugin.sandbox import SandboxConfig, create_sandbox, mail_url
from tests.support.world import ALICE, BOB


def send(sandbox: Flask, to: str, subject: str) -> None:
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = "shop@example.com", to, subject
    message.set_content("むすび\n.\n..dots\n" + "x" * 1500)
    message.add_alternative("<p>むすび</p>", subtype="html")
    place = urlsplit(mail_url(sandbox))
    with smtplib.SMTP(place.hostname or "", place.port or 0, timeout=20) as smtp:
        smtp.send_message(message)


def test_a_letter_lies_in_its_own_mailbox() -> None:
    sandbox = create_sandbox(SandboxConfig("http://sandbox.test", "http://musubi.test"))
    send(sandbox, "Alice@example.com", "for alice")
    send(sandbox, "nobody@example.com", "for nobody we know")
    pages = {
        name: sandbox.test_client().get(f"/mailbox?contact={name}").text
        for name in (ALICE, BOB, "")
    }
    assert "for alice" in pages[ALICE]
    assert "for nobody" not in pages[ALICE]
    assert "for alice" not in pages[BOB]
    assert "for alice" in pages[""]
    assert "for nobody we know" in pages[""]
    letter = sandbox.extensions["world"].store.all("letter")[0]
    assert letter["text"].splitlines()[:3] == ["むすび", ".", "..dots"]


def test_there_is_one_server_for_each_sandbox() -> None:
    first, second = (
        create_sandbox(SandboxConfig("http://sandbox.test", "http://musubi.test")) for _ in "ab"
    )
    assert mail_url(first) == mail_url(first) != mail_url(second)
