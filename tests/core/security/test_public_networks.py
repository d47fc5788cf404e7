"""Which addresses are the internet's."""

import pytest

from plugin.core.security.public_networks import is_public

PRIVATE = (
    "127.0.0.1", "127.8.9.1", "0.0.0.1", "10.1.2.3", "172.16.0.1", "172.31.255.255", "192.168.1.1",
    "169.254.169.254", "100.64.0.1", "192.0.0.1", "192.0.2.1", "198.18.0.1", "224.0.0.1",
    "240.0.0.1", "255.255.255.255",
    "::", "::1", "fe80::1", "fe80::1%eth0", "fc00::1", "fd00:ec2::254", "ff02::1", "2001:db8::1",
    "::ffff:127.0.0.1", "::ffff:169.254.169.254", "::ffff:10.0.0.1", "::127.0.0.1",
    "2002:7f00:1::", "2002:a9fe:a9fe::", "64:ff9b::127.0.0.1", "64:ff9b::a9fe:a9fe",
    "::ffff:0:10.0.0.1", "64:ff9b:1::1", "2001:0:0:0:0:0:80ff:fffe",
)  # fmt: skip
PUBLIC = ("93.184.216.34", "8.8.8.8", "2606:2800:220:1:248:1893:25c8:1946", "::ffff:8.8.8.8",
          "64:ff9b::8.8.8.8")  # fmt: skip


@pytest.mark.parametrize("address", PRIVATE)
def test_the_own_neighbours_are_not(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize("address", PUBLIC)
def test_everybodys_are(address: str) -> None:
    assert is_public(address)


@pytest.mark.parametrize("address", ["", "localhost", "1.2.3", "0x7f.1", "999.1.1.1"])
def test_what_is_no_address_is_not_public(address: str) -> None:
    assert not is_public(address)
