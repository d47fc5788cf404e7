"""Where what Musubi knows may be sent."""

import pytest

from plugin.core.webhooks.receiver_urls import UnfitUrl, receiver_url

PRIVATE = "private network.*WEBHOOK_PRIVATE_NETWORKS"
OWN = "https://musubi.example.com"


@pytest.mark.parametrize(
    ("typed", "written"),
    [
        (" https://example.com/hooks ", "https://example.com/hooks"),
        ("https://example.com:8443/a?b=c", "https://example.com:8443/a?b=c"),
        ("ｈｔｔｐｓ：／／例え.jp/通知", "https://xn--r8jz45g.jp/%E9%80%9A%E7%9F%A5"),
        ("https://[2606:2800:220:1::]/x", "https://[2606:2800:220:1::]/x"),
        ("https://93.184.216.34/x", "https://93.184.216.34/x"),
        ("https://localhost.example.com/x", "https://localhost.example.com/x"),
        ("https://musubi.example.com:8443/x", "https://musubi.example.com:8443/x"),
    ],
)
def test_addresses_as_people_type_them(typed: str, written: str) -> None:
    assert receiver_url(typed, OWN, private_allowed=False) == written


@pytest.mark.parametrize(
    ("typed", "word"),
    [
        ("", "whole address"),
        ("example.com", "whole address"),
        ("https://", "whole address"),
        ("https://exa mple.com", "whole address"),
        ("https://example.com:99999/", "whole address"),
        ("https://[::1", "whole address"),
        ("https://example.com/\r\nHost: x", "whole address"),
        ("http://example.com/", "begin with https://.*WEBHOOK_PRIVATE_NETWORKS"),
        ("https://127.0.0.1/", PRIVATE),
        ("http://127.0.0.1:9/", PRIVATE),
        ("https://127.1/", PRIVATE),
        ("https://2130706433/", PRIVATE),
        ("https://0x7f000001/", PRIVATE),
        ("https://10.0.0.7:8443/x", PRIVATE),
        ("https://192.168.1.4/", PRIVATE),
        ("https://169.254.169.254/latest/meta-data", PRIVATE),
        ("https://[::1]/", PRIVATE),
        ("https://[fe80::1]/", PRIVATE),
        ("https://[::ffff:10.0.0.7]/", PRIVATE),
        ("https://LOCALHOST/", PRIVATE),
        ("https://localhost./", PRIVATE),
        ("https://bot.localhost/", PRIVATE),
        ("ftp://example.com/", "https://"),
        ("file://host/etc/passwd", "https://"),
        ("https://user:password@example.com/", "passwords"),
        ("https://example.com/#part", "passwords"),
        ("https://example.com/" + "a" * 2000, "longer than"),
        ("https://musubi.example.com/line/webhooks/x", "own address"),
        ("https://MUSUBI.example.com:443/", "own address"),
    ],
)
def test_what_is_refused_says_why(typed: str, word: str) -> None:
    with pytest.raises(UnfitUrl, match=word):
        receiver_url(typed, OWN, private_allowed=False)


def test_without_tls_only_where_private_networks_are_allowed() -> None:
    assert receiver_url("http://10.0.0.7/x", OWN, private_allowed=True) == "http://10.0.0.7/x"
    assert receiver_url("https://localhost/x", OWN, private_allowed=True) == "https://localhost/x"
    with pytest.raises(UnfitUrl):
        receiver_url("ftp://10.0.0.7/x", OWN, private_allowed=True)
