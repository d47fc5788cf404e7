"""Turn addresses as people write them into the URIs that go over the wire.

Browsers take Japanese letters and full-width characters in an address; LINE wants percent-encoded
UTF-8 (reference, "URL encoding"), hosts are IDNA (RFC 3490), telephone numbers RFC 3966.
"""

import re
import unicodedata
from urllib.parse import quote, urlsplit

# Blanks and halves of a character stay, for the checks to refuse.
_FOREIGN = re.compile(r"[^\x00-\x7f\s\ud800-\udfff]+")
_BEGINNING = re.compile(r"\s*([A-Za-zＡ-Ｚａ-ｚ]{3,5})([:：])([/／]{2})?")
_EXTENSION = re.compile(r"(?:;ext=|ext\.?|x|内線)[\s:]*([0-9]{1,10})\s*$", re.IGNORECASE)
# IDNA 2003, which Python has, spells these hosts differently from browsers (UTS 46).
_DISPUTED = frozenset("ßς\u200c\u200d")
_UNSAFE = re.compile(r"[^A-Za-z0-9:/?#\[\]@!$&'()*+,;=%._~\-\x80-\U0010ffff]|\s|[\ud800-\udfff]")


def uri_of(address: str) -> str:
    address = _with_plain_beginning(address)
    if address.isascii():
        return address
    scheme, _, rest = address.partition(":")
    if scheme.lower() not in ("http", "https") or not rest.startswith("//"):
        return _encoded(address)
    authority = re.split(r"[/?#]", rest[2:], maxsplit=1)[0]
    tail = rest[2 + len(authority) :]
    return f"{scheme}://{_host(authority)}{_encoded(tail)}"


def written_as_address(value: str) -> str:
    return uri_of(_UNSAFE.sub(lambda match: quote(match[0], errors="replace"), value))


def telephone(number: str) -> str:
    """Return a number for `tel:` (RFC 3966), with its + and extension; "" without digits."""
    plain = unicodedata.normalize("NFKC", number).strip()
    plain = re.sub(r"^tel:\s*", "", plain, flags=re.IGNORECASE)
    extension = _EXTENSION.search(plain)
    main = plain[: extension.start()] if extension else plain
    plus = "+" if main.startswith("+") else ""
    # "(0)" after a country code is not dialled.
    digits = re.sub(r"[^0-9]", "", main.replace("(0)", "") if plus else main)
    ending = f";ext={extension[1]}" if extension else ""
    return f"{plus}{digits}{ending}" if digits else ""


def _with_plain_beginning(address: str) -> str:
    # A Japanese keyboard makes `ｈｔｔｐｓ：／／` of https://.
    match = _BEGINNING.match(address)
    if match is None or match[0].isascii():
        return address
    return unicodedata.normalize("NFKC", match[0]) + address[match.end() :]


def _host(authority: str) -> str:
    user, at, place = authority.rpartition("@")
    name, colon, port = place.partition(":")
    if name.isascii() or _DISPUTED & set(name):
        return authority
    try:
        return f"{user}{at}{name.encode('idna').decode()}{colon}{port}"
    except UnicodeError:
        return authority


def _encoded(text: str) -> str:
    return _FOREIGN.sub(lambda match: quote(match[0]), text)


def local_path(target: str) -> str:
    """Return `target` if it is a path of ours, else `/`, against open redirects."""
    plain = target.isprintable() and "\\" not in target and len(target) <= 500
    if not plain or not target.startswith("/") or target.startswith("//"):
        return "/"
    parts = urlsplit(target)
    return "/" if parts.scheme or parts.netloc else target
