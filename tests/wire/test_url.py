"""smpp:// URLs."""

import pytest

from smppcore.url import SmppUrl


def test_everything() -> None:
    url = SmppUrl.parse("smpps://user%3Aname:p%40ss%2Fword@smsc.example.net:3551/")
    assert (url.host, url.port, url.system_id, url.password, url.tls) == (
        "smsc.example.net",
        3551,
        "user:name",
        "p@ss/word",
        True,
    )


def test_the_least() -> None:
    assert SmppUrl.parse("smpp://host") == SmppUrl("host", 2775)
    assert SmppUrl.parse("smpps://host").port == 3550
    assert SmppUrl.parse("smpp://[::1]:2776") == SmppUrl("::1", 2776)
    assert SmppUrl.parse("smpp://id@host").system_id == "id"
    assert SmppUrl.parse("smpp://host:0").port == 0


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("", "must begin with smpp://"),
        ("host:2775", "must begin with smpp://"),
        ("http://host", "not http://"),
        ("smpp://", "names no host"),
        ("smpp://id:pw@", "names no host"),
        ("smpp://host:port", "port"),
        ("smpp://host:65536", "port"),
        ("smpp://host:-1", "port"),
        ("smpp://host/path", "behind host and port"),
        ("smpp://host?window=1", "behind host and port"),
        ("smpp://host#top", "behind host and port"),
        ("smpp://[::1", "cannot be read"),
        ("smpp://id:topsecret℀@host", "cannot be read"),
    ],
)
def test_what_is_wrong_is_said(text: str, error: str) -> None:
    with pytest.raises(ValueError, match=error) as caught:
        SmppUrl.parse(text)
    assert "topsecret" not in str(caught.value)
    assert caught.value.__cause__ is None
    assert caught.value.__suppress_context__ or caught.value.__context__ is None


def test_the_password_is_not_shown() -> None:
    assert "secret" not in repr(SmppUrl.parse("smpp://id:secret@host"))
