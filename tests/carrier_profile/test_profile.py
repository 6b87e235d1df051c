"""A profile that is right: what is read from it, and what a link is made of."""

import inspect
import logging
import pathlib
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import trustme

import smppcore
from smppcore.address_rules import AddressRule
from smppcore.backoff import BackoffSettings, Failure
from smppcore.codec import ESME_TOLERANCE, SMSC_TOLERANCE, STRICT
from smppcore.constants import CommandStatus
from smppcore.errors import Fault, TlsError
from smppcore.link import Link
from smppcore.password import PasswordError
from smppcore.pdu import DeliverSm, SubmitSm
from smppcore.profile import CarrierProfile, ConfigError, known_names
from smppcore.retry import Retry
from smppcore.settings import Settings
from smppcore.smpptime import parse
from smppcore.throttle import ThrottleSettings

ROOT = pathlib.Path(__file__).parents[2]
ACME = ROOT / "docs" / "profiles" / "acme.toml"
HERE: dict[str, Any] = {"hosts": {"primary": ["smpp://localhost"]}, "credentials": {"system_id": "shop"}}


@pytest.fixture
def acme() -> CarrierProfile:
    return CarrierProfile.load(ACME)


def test_every_section_of_the_example(acme: CarrierProfile) -> None:
    assert acme.name == "acme"
    assert acme.hosts.primary == ("smpps://smsc1.acme.example:3550", "smpps://smsc2.acme.example:3550")
    assert (acme.credentials.system_id, acme.credentials.interface_version) == ("shop", 0x34)
    assert acme.pace == ThrottleSettings(
        rate=50.0, burst=5.0, slow_down=frozenset({0x410, int(CommandStatus.ESME_RTHROTTLED)})
    )
    assert acme.text.languages == (1, 2)
    assert parse(acme.message.validity_period) == parse("000001000000000R")
    assert acme.addresses.source == (AddressRule(kind="short", ton=0, npi=1),)
    assert acme.receipts.final_states == {2, 3, 4, 5, 8}
    assert acme.retry is not None
    assert acme.retry.statuses == {0x410, CommandStatus.ESME_RTHROTTLED, CommandStatus.ESME_RMSGQFUL}
    assert acme.backoff == BackoffSettings(already_bound=120.0)
    assert acme.calls.give_up_on == (Failure.CREDENTIALS,)


def test_what_it_is_based_on_says_the_rest(acme: CarrierProfile) -> None:
    assert acme.receipts.id_rule == "decimal_to_hex"
    assert acme.message.registered_delivery == 1
    assert acme.description.startswith("two hosts")


def test_nothing_said_is_the_defaults_of_the_library() -> None:
    profile = CarrierProfile.read({})
    assert profile == CarrierProfile()
    assert profile.link_settings == Settings()
    assert profile.defaults == Link.defaults
    assert profile.middleware == ()
    assert profile.codec.tolerate == ESME_TOLERANCE


def test_the_settings_of_a_link_come_from_several_sections(acme: CarrierProfile) -> None:
    assert acme.link_settings == Settings(
        window=20,
        response_timeout=30.0,
        enquire_link_interval=20.0,
        inactivity_timeout=None,
        final_states=frozenset({2, 3, 4, 5, 8}),
        receipt_time_zone=ZoneInfo("Europe/Rome"),
    )


def test_off_turns_a_timer_off() -> None:
    settings = CarrierProfile.read({"settings": {"response_timeout": "off", "suspect_after": "off"}}).link_settings
    assert (settings.response_timeout, settings.suspect_after) == (None, None)


def test_link_options_are_arguments_of_a_link(acme: CarrierProfile) -> None:
    options = acme.link_options()
    assert set(options) <= set(inspect.signature(Link).parameters)
    assert options["urls"] == ["smpps://shop@smsc1.acme.example:3550", "smpps://shop@smsc2.acme.example:3550"]
    assert options["standby"] == ["smpps://shop@backup.acme.example:3550"]
    assert (options["binds"], options["bind"], options["lanes"]) == (2, "transceiver", ("otp", "campaign"))
    assert options["server_hostname"] == "smsc.acme.example"
    assert options["ssl"].check_hostname


def test_a_system_id_of_any_letters_stands_in_the_url() -> None:
    options = CarrierProfile.read(HERE | {"credentials": {"system_id": "a:b@c/d e"}}).link_options()
    assert smppcore.Link(options["urls"][0]).name == "a:b@c/d e@localhost:2775"


def test_without_hosts_there_are_no_link_options() -> None:
    with pytest.raises(ConfigError, match=r"^hosts\.primary: is missing"):
        CarrierProfile.read({}).link_options()


def test_keys_become_the_codec_of_the_carrier(acme: CarrierProfile) -> None:
    registry = acme.codec.registry
    assert registry.status_name(0x410) == "ACME_RATE_EXCEEDED"
    assert [tlv.name for tlv in (registry.tlv_named("campaign"), registry.tlv_named("template_id")) if tlv] == [
        "campaign",
        "template_id",
    ]
    request, response = acme.pdus["acme_balance"], acme.pdus["acme_balance_resp"]
    octets = request(account="shop").encode(7)
    assert octets == bytes.fromhex("00000015 00010200 00000000 00000007") + b"shop\0"
    assert acme.codec.decode(octets) == request(account="shop")
    octets = response(currency="EUR", level=3).encode(7)
    assert octets[4:8] == bytes.fromhex("80010200")
    assert acme.codec.decode(octets) == response(currency="EUR", level=3)
    assert acme.pdus["acme_balance"] is request
    assert isinstance(request().answer(), response)


@pytest.mark.parametrize(
    ("tlv", "octets"),
    [
        ({"kind": "text", "value": "110"}, b"110"),
        ({"kind": "c-string", "value": "110"}, b"110\0"),
        ({"kind": "integer", "length": 4, "value": 258}, b"\0\0\1\2"),
        ({"kind": "octets", "value": "01 ff"}, b"\x01\xff"),
        ({"kind": "flag", "value": True}, b""),
    ],
)
def test_a_tlv_of_each_kind(tlv: dict[str, Any], octets: bytes) -> None:
    profile = CarrierProfile.read({"tlvs": {"mine": {"tag": 0x1500, **tlv}}})
    vendor = profile.tlvs["mine"]
    assert vendor.value is not None
    assert vendor.raw(vendor.value, "value") == (0x1500, octets)
    received = profile.codec.decode(DeliverSm(tlvs=[(0x1500, octets)]).encode(1))
    assert received.get(vendor.definition) == (bytes.fromhex("01ff") if tlv["kind"] == "octets" else tlv["value"])
    assert received.anomalies == ()


def test_a_template_is_the_tlvs_that_it_names(acme: CarrierProfile) -> None:
    assert acme.template("otp") == [(0x1401, b"1107123456789012345")]
    with pytest.raises(ConfigError, match=r"templates.opt: is not known; did you mean otp\?"):
        acme.template("opt")


@pytest.mark.parametrize(
    ("table", "tolerance"),
    [({}, ESME_TOLERANCE), ({"base": "smsc"}, SMSC_TOLERANCE), ({"base": "strict"}, STRICT)],
)
def test_what_is_borne_with(table: dict[str, Any], tolerance: smppcore.Tolerance) -> None:
    assert CarrierProfile.read({"tolerance": table}).codec.tolerate == tolerance


def test_one_set_of_faults_replaces_that_of_the_base() -> None:
    tolerate = CarrierProfile.read({"tolerance": {"base": "strict", "messages": ["tlv_stream"]}}).codec.tolerate
    assert tolerate.messages == {Fault.TLV_STREAM}
    assert tolerate.responses == frozenset()
    assert not tolerate.error_bodies


# -- secrets


def test_a_password_is_in_no_repr() -> None:
    profile = CarrierProfile.read(HERE | {"credentials": {"system_id": "shop", "password": "geheim"}})
    assert "geheim" not in repr(profile)
    assert "geheim" not in repr(profile.link_options())
    assert profile.link_options()["password"]() == "geheim"


def test_a_password_is_read_when_it_is_needed(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    by_name = CarrierProfile.read(HERE | {"credentials": {"system_id": "shop", "password_env": "ACME_PASSWORD"}})
    monkeypatch.delenv("ACME_PASSWORD", raising=False)
    with pytest.raises(PasswordError, match="ACME_PASSWORD"):
        by_name.credentials.secret()
    monkeypatch.setenv("ACME_PASSWORD", "first")
    assert by_name.credentials.secret() == "first"
    kept = tmp_path / "secret"
    kept.write_text("second\n", "utf-8")
    by_file = CarrierProfile.read(
        HERE | {"credentials": {"system_id": "shop", "password_file": "secret"}}, directory=tmp_path
    )
    assert by_file.credentials.secret() == "second"


# -- files


def test_paths_count_from_the_directory_of_the_file_that_names_them(tmp_path: pathlib.Path) -> None:
    (tmp_path / "house").mkdir()
    (tmp_path / "house" / "base.toml").write_text('[credentials]\nsystem_id = "x"\npassword_file = "secret"', "utf-8")
    (tmp_path / "acme.toml").write_text(
        'based_on = "house/base.toml"\n[hosts]\nprimary = ["smpps://smsc1"]\n[tls]\nca = "ca.pem"', "utf-8"
    )
    profile = CarrierProfile.load(tmp_path / "acme.toml")
    assert profile.credentials.password_file == tmp_path / "house" / "secret"
    assert profile.tls.ca == tmp_path / "ca.pem"


def test_a_file_without_a_name_is_called_as_the_file(tmp_path: pathlib.Path) -> None:
    (tmp_path / "acme.toml").write_text('[hosts]\nprimary = ["smpp://x"]\n[credentials]\nsystem_id = "x"', "utf-8")
    assert CarrierProfile.load(tmp_path / "acme.toml").name == "acme"


def test_a_table_is_laid_over_the_base_key_by_key() -> None:
    profile = CarrierProfile.read({"based_on": "india-dlt", "tlvs": {"entity_id": {"value": "1101"}}})
    assert profile.tlvs["entity_id"].tag == 0x1400
    assert profile.middleware != ()
    assert set(profile.tlvs) == {"entity_id", "template_id", "telemarketer_id"}


def test_files_of_tls_are_read_when_the_link_is_made(tmp_path: pathlib.Path) -> None:
    table: dict[str, Any] = HERE | {"hosts": {"primary": ["smpps://localhost"]}, "tls": {"ca": "ca.pem"}}
    with pytest.raises(TlsError, match=r"ca\.pem"):
        CarrierProfile.read(table, tmp_path).link_options()
    trustme.CA().cert_pem.write_to_path(tmp_path / "ca.pem")
    assert CarrierProfile.read(table, tmp_path).link_options()["ssl"].check_hostname


# -- the link


def test_a_link_of_a_profile_and_what_its_caller_says_otherwise(acme: CarrierProfile) -> None:
    link = acme.link(queue=5, fail_fast=True)
    assert link.name == "shop@smsc1.acme.example:3550"
    assert link.settings == acme.link_settings
    assert link.defaults == acme.defaults
    assert link._retry == Retry(tries=3, statuses=acme.retry.statuses if acme.retry else frozenset())


async def test_what_send_makes_of_a_text(acme: CarrierProfile) -> None:
    def pdus(text: str, **options: Any) -> list[SubmitSm]:
        given = dict.fromkeys(("receipt", "data_coding", "languages", "long", "transliterate"))
        options = {"source": "", **given, "default": "gsm0338", "fields": {}, **options}
        return list(acme.defaults.messages(text, 7, to="+39333000001", **options))

    (pdu,) = pdus("hello")
    assert (pdu.source_addr_ton, pdu.source_addr) == (5, "Shop")
    assert (pdu.dest_addr_ton, pdu.dest_addr_npi, pdu.destination_addr) == (2, 1, "0333000001")
    assert (pdu.registered_delivery, pdu.validity_period) == (1, "000001000000000R")
    first, *_ = pdus("x" * 200)
    assert first.short_message[:3] == bytes([6, 8, 4])
    (turkish,) = pdus("ğ" * 100)
    assert turkish.data_coding == 0
    (pdu,) = pdus("hello", source="72404", receipt=False, fields={"validity_period": "", "priority_flag": 1})
    assert (pdu.source_addr_ton, pdu.source_addr_npi) == (0, 1)
    assert (pdu.registered_delivery, pdu.validity_period, pdu.priority_flag) == (0, "", 1)
    (pdu,) = pdus("hello", source=smppcore.Address(3, 0, "72404"), receipt=True)
    assert (pdu.source_addr_ton, pdu.source_addr_npi, pdu.registered_delivery) == (3, 0, 1)


def test_a_known_profile_is_found_by_its_name_and_takes_what_it_lacks() -> None:
    profile = CarrierProfile.named("hex-ids", **HERE)
    assert (profile.name, profile.receipts.pinned) == ("hex-ids", "decimal_to_hex")
    assert profile.link_options()["urls"] == ["smpp://shop@localhost"]
    with pytest.raises(ConfigError, match="there is no profile 'hexids'; did you mean hex-ids"):
        CarrierProfile.named("hexids")
    assert "plain-3.4" in known_names()


def test_a_profile_says_nothing_in_the_log(acme: CarrierProfile, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    acme.link_options()
    assert caplog.records == []


# -- dates of receipts


def receipt(text: str) -> DeliverSm:
    return DeliverSm(esm_class=4, short_message=text.encode())


async def test_dates_of_receipts_are_in_the_time_zone_of_the_carrier() -> None:
    link = CarrierProfile.read(HERE | {"receipts": {"time_zone": "Europe/Rome"}}).link()
    read = link.receipt_of(receipt("id:1 submit date:2607011200 done date:2601011200 stat:DELIVRD err:000"))
    assert read is not None
    assert (read.submit_time, read.done_time) == (
        datetime(2026, 7, 1, 12, tzinfo=ZoneInfo("Europe/Rome")),
        datetime(2026, 1, 1, 12, tzinfo=ZoneInfo("Europe/Rome")),
    )
    assert read.submit_time is not None
    assert read.submit_time.isoformat() == "2026-07-01T12:00:00+02:00"
    assert read.to_json()["done_time"] == "2026-01-01T12:00:00+01:00"


async def test_a_date_with_an_offset_of_its_own_keeps_it() -> None:
    link = CarrierProfile.read(HERE | {"receipts": {"time_zone": "Europe/Rome"}}).link()
    read = link.receipt_of(receipt("id:1 submit date:260701120000020+ done date:0 stat:DELIVRD"))
    assert read is not None
    assert read.submit_time is not None
    assert read.submit_time.isoformat() == "2026-07-01T12:00:00+05:00"
    assert read.done_time is None


async def test_without_a_time_zone_dates_stay_naive() -> None:
    read = CarrierProfile.read(HERE).link().receipt_of(receipt("id:1 submit date:2607011200 stat:DELIVRD"))
    assert read is not None
    assert read.submit_time == datetime(2026, 7, 1, 12)
