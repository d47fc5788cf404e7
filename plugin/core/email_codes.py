"""Codes that prove an e-mail address: six digits, of which only a keyed fingerprint is kept.

Six digits alone are soon tried out, so what a stolen database shows must not be enough.
"""

import hashlib
import hmac
import secrets
import unicodedata
from collections.abc import Iterable

DIGITS = 6


def new_code() -> str:
    """Six random digits."""
    return f"{secrets.randbelow(10**DIGITS):0{DIGITS}d}"


def typed_code(text: str) -> str:
    """What was typed, without blanks and hyphens; full-width digits are digits too."""
    plain = unicodedata.normalize("NFKC", text)
    return "".join(sign for sign in plain if sign not in "-‐" and not sign.isspace())


def code_fingerprint(secret: str, walk: str, email: str, code: str) -> str:
    """What is kept of a code: it is good in one walk and for one address. 64 hexadecimal digits."""
    text = f"musubi.email-code.1|{walk}|{email}|{code}"
    return hmac.digest(secret.encode(), text.encode(), hashlib.sha256).hex()


def is_code(keys: Iterable[str], kept: str, walk: str, email: str, code: str) -> bool:
    """Whether this is the code, under any of our keys; takes as long for every wrong one."""
    made = [code_fingerprint(key, walk, email, code) for key in keys]
    return any(hmac.compare_digest(one, kept) for one in made)
