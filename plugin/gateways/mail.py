"""Mail over SMTP, with the standard library: TLS, a limit on every wait, one letter at a time."""

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
from plugin.gateways.pool import tls_context

# For the whole dialogue: somebody is looking at the page meanwhile.
SECONDS = 12.0


@dataclass(frozen=True)
class MailServer:
    """Where letters are handed in. `tls`: "at once", by "starttls", or "off"."""

    host: str
    port: int
    tls: str
    user: str = ""
    password: str = field(default="", repr=False)

    @classmethod
    def of(cls, url: str) -> "MailServer":
        """`smtps://user:password@host`, `smtp://host:587`; `?tls=off` for a relay next door."""
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
    """`MailGateway` over SMTP; a connection for each letter. Safe to share between threads."""

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

    def send(self, letter: Letter) -> None:
        """A dialogue that broke off after the letter was begun is `lost`: it may arrive."""
        self._before_call()
        message, sender = _message(letter, self._from), parseaddr(self._from)[1]
        with contextlib.closing(self._greeted(sender)) as smtp, _handing_in():
            smtp.send_message(message, sender, [letter.to])
            with contextlib.suppress(smtplib.SMTPException, OSError):
                smtp.quit()

    def _greeted(self, sender: str) -> smtplib.SMTP:
        """A connection that is safe and signed in; whatever fails here, nothing was sent."""
        server, tls = self._server(), self._tls or tls_context()
        smtp = _Hurried(_domain(sender), time.monotonic() + self._seconds)
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


class _Hurried(smtplib.SMTP):
    """Every wait ends when the whole dialogue's time does, however slowly a server speaks."""

    def __init__(self, our_name: str, until: float) -> None:
        self._until = until
        # Told, because smtplib would ask the DNS for it, which may take longer than the rest.
        super().__init__(local_hostname=our_name)

    def greet(self, server: MailServer, tls: ssl.SSLContext) -> smtplib.SMTP:
        """Connect, make it safe, sign in. A password never travels without TLS."""
        self._at_once = tls if server.tls == "at once" else None
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
        """One answer, in the time that is left."""
        if self.sock is not None:
            self.sock.settimeout(self._left())
        return super().getreply()

    def _left(self) -> float:
        return max(self._until - time.monotonic(), 0.05)

    def _get_socket(self, host: str, port: int, _: Any) -> Any:
        """smtplib's own door for another kind of socket, as its SMTP_SSL uses it."""
        plain = super()._get_socket(host, port, self._left())  # type: ignore[misc]
        return self._at_once.wrap_socket(plain, server_hostname=host) if self._at_once else plain


@contextlib.contextmanager
def _handing_in() -> Iterator[None]:
    """Verdicts on what the server says to a letter. None of them repeats an address."""
    try:
        yield
    except smtplib.SMTPRecipientsRefused as error:
        code = next(iter(error.recipients.values()), (550, b""))[0]
        raise _answered(code, "invalid") from None
    except (smtplib.SMTPNotSupportedError, UnicodeError):
        # Signs beyond ASCII in front of the @, for which this server cannot write.
        raise _answered(550, "invalid") from None
    except smtplib.SMTPSenderRefused as error:
        raise _answered(error.smtp_code, "configuration") from None
    except smtplib.SMTPResponseException as error:
        raise _answered(error.smtp_code, "refused") from None
    except (smtplib.SMTPException, OSError):
        words = "The mail server gave no answer"
        raise GatewayError(words, permanent=False, reason="lost") from None


def _answered(code: int, reason: Reason) -> GatewayError:
    for_good = code >= 500
    return GatewayError(
        f"The mail server answered {code}",
        permanent=for_good,
        reason=reason if for_good else "unavailable",
        status=code,
    )


def _message(letter: Letter, mail_from: str) -> EmailMessage:
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = mail_from, letter.to, letter.subject
    message["Date"] = formatdate(usegmt=True)
    message["Message-ID"] = make_msgid(domain=_domain(parseaddr(mail_from)[1]))
    # Nobody's out-of-office note is wanted (RFC 3834).
    message["Auto-Submitted"] = "auto-generated"
    message["X-Auto-Response-Suppress"] = "All"
    message.set_content(letter.text)
    message.add_alternative(letter.html, subtype="html")
    return message


def _domain(address: str) -> str:
    return address.rpartition("@")[2]
