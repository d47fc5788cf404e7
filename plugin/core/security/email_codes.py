"""Six-digit codes that prove an e-mail address; only a keyed fingerprint is stored."""

import hashlib
import hmac
import secrets
import unicodedata
from collections.abc import Iterable

DIGITS = 6


def new_code() -> str:
    return f"{secrets.randbelow(10**DIGITS):0{DIGITS}d}"


def typed_code(text: str) -> str:
    plain = unicodedata.normalize("NFKC", text)
    return "".join(letter for letter in plain if letter not in "-‐" and not letter.isspace())


def code_fingerprint(secret: str, attempt: str, email: str, code: str) -> str:
    """Return 64 hexadecimal digits; the code is valid for one login attempt and one address."""
    # Keyed, since six digits alone are soon guessed from a stolen database.
    text = f"musubi.email-code.1|{attempt}|{email}|{code}"
    return hmac.digest(secret.encode(), text.encode(), hashlib.sha256).hex()


def is_code(keys: Iterable[str], stored: str, attempt: str, email: str, code: str) -> bool:
    # All are compared, so that every wrong code takes equally long.
    expected = [code_fingerprint(key, attempt, email, code) for key in keys]
    return any(hmac.compare_digest(fingerprint, stored) for fingerprint in expected)
