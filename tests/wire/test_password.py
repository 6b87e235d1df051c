"""Passwords from the environment or a file: read anew for each bind, and shown nowhere."""

import pathlib
from collections.abc import Callable

import pytest

from smppcore.errors import BindRefused
from smppcore.esme import connect
from smppcore.password import PasswordError, password_from_environment, password_from_file
from smppcore.smsc import Smsc
from wire.ends import ACCOUNTS, QUICK, RawSmsc


async def test_a_password_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    async with Smsc(accounts=ACCOUNTS, settings=QUICK) as smsc:
        monkeypatch.setenv("SMPP_PASSWORD", "secret")
        password = password_from_environment("SMPP_PASSWORD")
        async with connect(f"smpp://id@127.0.0.1:{smsc.port}", password=password, settings=QUICK) as esme:
            await esme.enquire_link()


async def test_a_password_that_is_changed_while_we_run(tmp_path: pathlib.Path) -> None:
    accounts = {"id": "old"}
    file = tmp_path / "password"
    file.write_text("old\n")
    password = password_from_file(file)
    async with Smsc(authenticate=lambda _, bind: bind.password == accounts[bind.system_id], settings=QUICK) as smsc:
        target = f"smpp://id@127.0.0.1:{smsc.port}"
        async with connect(target, password=password, settings=QUICK):
            accounts["id"] = "new"
        with pytest.raises(BindRefused):
            await connect(target, password=password, settings=QUICK)
        file.write_text("new\n")
        async with connect(target, password=password, settings=QUICK):
            pass


async def test_a_password_beside_the_url_goes_before_the_one_in_it() -> None:
    async with (
        Smsc(accounts=ACCOUNTS, settings=QUICK) as smsc,
        connect(f"smpp://id:wrong@127.0.0.1:{smsc.port}", password="secret", settings=QUICK) as esme,
    ):
        await esme.enquire_link()


async def test_without_the_password_nothing_is_sent() -> None:
    password = password_from_environment("SMPP_PASSWORD_THAT_IS_NOT_SET")
    with RawSmsc() as smsc, pytest.raises(PasswordError, match="SMPP_PASSWORD_THAT_IS_NOT_SET"):
        await connect(f"smpp://id@127.0.0.1:{smsc.port}", password=password, settings=QUICK)


@pytest.mark.parametrize(
    ("text", "password"), [("pw", "pw"), ("pw\n", "pw"), ("pw\r\n", "pw"), (" p w \n\n", " p w \n")]
)
def test_one_newline_at_the_end_of_a_file_is_left_out(tmp_path: pathlib.Path, text: str, password: str) -> None:
    file = tmp_path / "password"
    file.write_bytes(text.encode())
    assert password_from_file(file)() == password


def no_file(file: pathlib.Path) -> None: ...


def empty(file: pathlib.Path) -> None:
    file.write_text("\n")


def directory(file: pathlib.Path) -> None:
    file.mkdir()


def no_text(file: pathlib.Path) -> None:
    file.write_bytes(b"s3cr\xfft")


@pytest.mark.parametrize(
    ("make", "says"),
    [(no_file, "No such file"), (empty, "is empty"), (directory, "directory"), (no_text, "no text in UTF-8")],
)
def test_a_file_that_holds_no_password(tmp_path: pathlib.Path, make: Callable[[pathlib.Path], None], says: str) -> None:
    file = tmp_path / "password"
    make(file)
    with pytest.raises(PasswordError, match=says) as caught:
        password_from_file(file)()
    assert str(file) in str(caught.value)
    assert "s3cr" not in str(caught.value)
    assert caught.value.__context__ is None or caught.value.__suppress_context__


def test_the_source_is_shown_and_the_value_is_not(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SMPP_PASSWORD", "s3cr3t")
    file = tmp_path / "password"
    file.write_text("s3cr3t")
    from_environment, from_file = password_from_environment("SMPP_PASSWORD"), password_from_file(str(file))
    assert from_environment() == from_file() == "s3cr3t"
    shown = repr(from_environment) + repr(from_file)
    assert "SMPP_PASSWORD" in shown
    assert str(file) in shown
    assert "s3cr3t" not in shown
