"""Which addresses may be called when somebody else names them, and how a message is signed."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from states import signature
from states.errors import Faulty
from states.outward import Target, networks, refusal, target

INSIDE = [
    "127.0.0.1",
    "127.1.2.3",
    "0.0.0.0",
    "10.1.2.3",
    "172.16.0.1",
    "192.168.1.1",
    "100.64.0.1",
    "169.254.169.254",  # where clouds keep their credentials
    "192.0.0.1",
    "198.18.0.1",
    "192.0.2.1",
    "224.0.0.1",
    "255.255.255.255",
    "240.0.0.1",
    "::",
    "::1",
    "::ffff:127.0.0.1",
    "::ffff:7f00:1",
    "::ffff:169.254.169.254",
    "::127.0.0.1",
    "64:ff9b::7f00:1",
    "64:ff9b::a9fe:a9fe",
    "64:ff9b:1::1",
    "2002:7f00:1::1",
    "2002:a9fe:a9fe::",
    "2001:0:4136:e378:8000:63bf:80ff:fffe",
    "fe80::1",
    "fe80::1%eth0",
    "fc00::1",
    "fd00:ec2::254",
    "fec0::1",
    "ff02::1",
    "2001:db8::1",
]


@pytest.mark.parametrize("address", INSIDE)
def test_what_lies_inside_is_refused_in_whatever_clothes(address: str) -> None:
    said = refusal(address, (), secure=True)
    assert said is not None
    assert "DUBAN_WEBHOOK_NETWORKS" in said


@pytest.mark.parametrize("address", ["8.8.8.8", "2606:4700::1111", "::ffff:8.8.8.8", "64:ff9b::808:808"])
def test_what_is_public_may_be_called_by_https_alone(address: str) -> None:
    assert refusal(address, (), secure=True) is None
    assert refusal(address, (), secure=False) is not None
    assert refusal(address, networks("8.8.8.0/24, 2606::/16"), secure=False) is None


def test_a_network_that_is_named_may_be_called_and_no_other() -> None:
    trusted = networks("10.20.0.0/16, 127.0.0.1")
    for address, may in (
        ("10.20.3.4", True),
        ("::ffff:10.20.3.4", True),
        ("10.21.0.1", False),
        ("127.0.0.1", True),
        ("127.0.0.2", False),
        ("169.254.169.254", False),
    ):
        assert (refusal(address, trusted, secure=False) is None) is may, address


WRONG = [
    "",
    "example.org",
    "ftp://example.org/",
    "file:///etc/passwd",
    "gopher://example.org/",
    "https://",
    "https:///x",
    "http://example.org/",
    "https://user:secret@example.org/",
    "https://example.org@127.0.0.1/",
    "https://example.org/#x",
    "https://example.org:0/",
    "https://example.org:25/",
    "https://example.org:22/",
    "https://example.org:99999/",
    "https://example.org:x/",
    "https://exa mple.org/",
    "https://example.org/\r\nX-Evil: 1",
    "https://example.org\\@127.0.0.1/",
    "https://示例.example.org/",
    "https://[::1",
    "https://127.0.0.1/",
    "https://[::1]/",
    "https://[::ffff:127.0.0.1]/",
    "https://2130706433/",
    "https://0177.0.0.1/",
    "https://0x7f.0.0.1/",
    "https://0x7f000001/",
    "https://127.1/",
    "https://127.0.0.1./",
    "https://169.254.169.254/latest/meta-data/",
    "https://example.org/" + "x" * 2_000,
]


@pytest.mark.parametrize("url", WRONG)
def test_an_address_that_can_not_be_meant_well_is_refused_when_it_is_typed(url: str) -> None:
    with pytest.raises(Faulty):
        target(url, ())


def test_an_address_says_where_to_connect_and_what_to_ask_for() -> None:
    assert target("https://example.org", ()) == Target(True, "example.org", 443, "/")
    asked = target("https://Example.org.:8443/a/b?c=d", ())
    assert asked == Target(True, "example.org", 8443, "/a/b?c=d")
    inside = networks("10.0.0.0/8")
    assert target("http://10.1.2.3:8080/x", inside) == Target(False, "10.1.2.3", 8080, "/x")


def test_a_message_is_signed_as_the_published_vector_says() -> None:
    at = datetime.fromtimestamp(1614265330, UTC)
    told = signature.headers(
        "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
        "msg_p5jXN8AQM9LWM0D4loKWxJek",
        at,
        b'{"test": 2432232314}',
    )
    assert told == {
        "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
        "webhook-timestamp": "1614265330",
        "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
    }
    first, second = signature.new_secret(), signature.new_secret()
    assert first != second
    assert first.startswith("whsec_")
