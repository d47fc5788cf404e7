"""E-mail over SMTP with the standard library: TLS, and a time limit for the whole dialogue."""

import contextlib
import smtplib
import ssl
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from email.message import EmailMessage
from email.utils import formatdate, make_msgid, parseaddr
from typing import Any
from urllib.parse import unquote, urlsplit

from plugin.gateways import GatewayError, Letter, Reason
from plugin.gateways.deadline import seconds_left
from plugin.gateways.pool import tls_context

# For the whole dialogue: a person waits for the page meanwhile.
SECONDS = 12.0


@dataclass(frozen=True)
class MailServer:
    host: str
    port: int
    tls: str  # "at once", "starttls" or "off"
    user: str = ""
    password: str = field(default="", repr=False)

    @classmethod
    def of(cls, url: str) -> "MailServer":
        """Parse `smtps://user:password@host`, `smtp://host:587`; `?tls=off` for a local relay."""
        parts = urlsplit(url)
        tls, port = ("at once", 465) if parts.scheme == "smtps" else ("starttls", 587)
        return cls(
            parts.hostname or "",
            parts.port or port,
            "off" if parts.query == "tls=off" else tls,
            unquote(parts.username or ""),
            unquote(parts.password or ""),
        )


class LiveMail:
    """`MailGateway` over SMTP, one connection per message. Safe to share between threads."""

    def __init__(
        self,
        server: Callable[[], MailServer],
        mail_from: str,
        before_call: Callable[[], None],
        *,
        tls: ssl.SSLContext | None = None,
        seconds: float = SECONDS,
    ) -> None:
        self._server = server
        self._from = mail_from
        self._before_call = before_call
        self._tls = tls
        self._seconds = seconds

    def check(self) -> None:
        self._before_call()
        connected = contextlib.closing(self._connected(parseaddr(self._from)[1]))
        with connected as smtp, contextlib.suppress(smtplib.SMTPException, OSError):
            smtp.quit()

    def send(self, letter: Letter) -> None:
        self._before_call()
        message, sender = _message(letter, self._from), parseaddr(self._from)[1]
        with contextlib.closing(self._connected(sender)) as smtp, _translated_errors():
            smtp.send_message(message, sender, [letter.to])
            with contextlib.suppress(smtplib.SMTPException, OSError):
                smtp.quit()

    def _connected(self, sender: str) -> smtplib.SMTP:
        server, tls = self._server(), self._tls or tls_context()
        smtp = _DeadlineSMTP(_domain(sender), time.monotonic() + seconds_left(self._seconds))
        try:
            return smtp.greet(server, tls)
        except (smtplib.SMTPAuthenticationError, smtplib.SMTPNotSupportedError):
            smtp.close()
            words = "The mail server refuses our name and password, or has no TLS"
            raise GatewayError(words, permanent=True, reason="configuration") from None
        except (smtplib.SMTPException, OSError, ValueError):
            smtp.close()
            words = "The mail server could not be reached"
            raise GatewayError(words, permanent=False, reason="unreachable") from None


# One deadline for the whole dialogue, however slowly the server responds.
class _DeadlineSMTP(smtplib.SMTP):
    def __init__(self, hostname: str, deadline: float) -> None:
        self._deadline = deadline
        # Without a name smtplib asks the DNS for it, which may take longer than all the rest.
        super().__init__(local_hostname=hostname)

    def greet(self, server: MailServer, tls: ssl.SSLContext) -> smtplib.SMTP:
        self._smtps = tls if server.tls == "at once" else None
        self._host = server.host  # smtplib checks the certificate against this name
        code, words = self.connect(server.host, server.port)
        if code != 220:
            raise smtplib.SMTPConnectError(code, words)
        if server.tls == "starttls":
            self.ehlo_or_helo_if_needed()
            self.starttls(context=tls)
        self.ehlo_or_helo_if_needed()
        if server.user:
            self.login(server.user, server.password)
        return self

    def getreply(self) -> tuple[int, bytes]:
        if self.sock is not None:
            self.sock.settimeout(self._left())
        return super().getreply()

    def _left(self) -> float:
        return max(self._deadline - time.monotonic(), 0.05)

    def _get_socket(self, host: str, port: int, _: Any) -> Any:
        # smtplib's own hook for another kind of socket; its SMTP_SSL uses it too.
        plain = super()._get_socket(host, port, self._left())  # type: ignore[misc]
        return self._smtps.wrap_socket(plain, server_hostname=host) if self._smtps else plain


@contextlib.contextmanager
def _translated_errors() -> Iterator[None]:
    """Turn the server's refusals into `GatewayError`s that repeat no address."""
    try:
        yield
    except smtplib.SMTPRecipientsRefused as error:
        code = next(iter(error.recipients.values()), (550, b""))[0]
        raise _smtp_error(code, "invalid") from None
    except (smtplib.SMTPNotSupportedError, UnicodeError):
        # The local part has characters beyond ASCII, which this server does not support.
        raise _smtp_error(550, "invalid") from None
    except smtplib.SMTPSenderRefused as error:
        raise _smtp_error(error.smtp_code, "configuration") from None
    except smtplib.SMTPResponseException as error:
        raise _smtp_error(error.smtp_code, "refused") from None
    except (smtplib.SMTPException, OSError):
        words = "The mail server gave no answer"
        raise GatewayError(words, permanent=False, reason="lost") from None


def _smtp_error(code: int, reason: Reason) -> GatewayError:
    permanent = code >= 500
    return GatewayError(
        f"The mail server answered {code}",
        permanent=permanent,
        reason=reason if permanent else "unavailable",
        status=code,
    )


def _message(letter: Letter, mail_from: str) -> EmailMessage:
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = mail_from, letter.to, letter.subject
    message["Date"] = formatdate(usegmt=True)
    message["Message-ID"] = make_msgid(domain=_domain(parseaddr(mail_from)[1]))
    # Asks mail servers not to send out-of-office replies (RFC 3834).
    message["Auto-Submitted"] = "auto-generated"
    message["X-Auto-Response-Suppress"] = "All"
    message.set_content(letter.text)
    message.add_alternative(letter.html, subtype="html")
    return message


def _domain(address: str) -> str:
    return address.rpartition("@")[2]
