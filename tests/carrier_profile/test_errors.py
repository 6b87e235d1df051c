"""A profile with a mistake in it: the error names the file and the key, says what is allowed, and shows no password."""

import pathlib
from typing import Any

import pytest

from smppcore.profile import CarrierProfile, ConfigError

HOST = "smpp://smsc1.example:2775"
DLT = {"entity_id": {"tag": 0x1400}}

MISTAKES: list[tuple[dict[str, Any], str]] = [
    # Unknown keys, sections too.
    ({"hots": {}}, "hots: is not known; did you mean hosts?"),
    ({"xyzzy": 1}, "xyzzy: is not known; there are name, description, hosts, "),
    ({"file": "x"}, "file: is not known"),
    ({"hosts": {"primery": [HOST]}}, "hosts.primery: is not known; did you mean primary?"),
    ({"bind": {"modus": "pair"}}, "bind.modus: is not known; did you mean mode?"),
    ({"settings": {"enquire_link_intervall": 3}}, "settings.enquire_link_intervall: is not known; did you mean enqui"),
    ({"tlvs": {"entity_id": {"tag": 0x1400, "knd": "text"}}}, "tlvs.entity_id.knd: is not known; did you mean kind?"),
    ({"addresses": {"source": [{"tonn": 1}]}}, "addresses.source[0].tonn: is not known; did you mean ton?"),
    # Wrong types.
    ({"name": 7}, "name: must be a text, not 7"),
    ({"hosts": "smsc1"}, "hosts: must be a table"),
    ({"hosts": {"primary": [7]}}, "hosts.primary[0]: must be a text, not 7"),
    ({"bind": {"count": "two"}}, "bind.count: must be a whole number, not 'two'"),
    ({"bind": {"count": 1.5}}, "bind.count: must be a whole number, not 1.5"),
    ({"bind": {"count": True}}, "bind.count: must be a whole number, not True"),
    ({"pace": {"rate": "fast"}}, "pace.rate: must be a number, not 'fast'"),
    ({"text": {"transliterate": "yes"}}, "text.transliterate: must be true or false, not 'yes'"),
    ({"tlvs": []}, "tlvs: must be tables by name"),
    ({"tlvs": {"entity_id": 0x1400}}, "tlvs.entity_id: must be a table"),
    ({"statuses": []}, "statuses: must be a table"),
    ({"statuses": {"ACME_BUSY": "0x410"}}, "statuses.ACME_BUSY: must be a whole number, not '0x410'"),
    ({"addresses": {"source": {}}}, "addresses.source: must be a list, not {}"),
    ({"addresses": {"source": ["x"]}}, "addresses.source[0]: must be a table"),
    ({"tls": {"ca": 7}}, "tls.ca: must be a path, not 7"),
    ({"based_on": 7}, "based_on: must be the name of a profile"),
    # Wrong values.
    ({"hosts": {"primary": ["http://x"]}}, "hosts.primary[0]: the URL must begin with smpp:// or smpps://, not http"),
    ({"hosts": {"primary": ["smpp://x:99999"]}}, "hosts.primary[0]: the port of the URL is not a number"),
    ({"bind": {"mode": "tranceiver"}}, "bind.mode: must be one of transceiver, transmitter, receiver, pair, not 'tran"),
    ({"bind": {"mode": ["pair"]}}, "bind.mode: must be one of transceiver, "),
    ({"bind": {"count": 0}}, "bind.count: must be at least 1, not 0"),
    ({"bind": {"window": 0}}, "bind.window: must be at least 1, not 0"),
    ({"bind": {"addr_ton": 256}}, "bind.addr_ton: must be 0 to 255, not 256"),
    ({"bind": {"address_range": "x" * 41}}, "bind.address_range: must be at most 40 characters"),
    ({"credentials": {"system_id": "sixteen letters!"}}, "credentials.system_id: must be at most 15 characters"),
    ({"credentials": {"interface_version": "3.5"}}, "credentials.interface_version: must be one of 3.3, 3.4, 5.0, not"),
    ({"credentials": {"interface_version": 256}}, "credentials.interface_version: must be 3.3, 3.4, 5.0 or 0 to 0xFF"),
    ({"pace": {"rate": 0}}, "pace.rate: 0.0 is not above 0"),
    ({"pace": {"rate": float("inf")}}, "pace.rate: must be a number of at least 0, not inf"),
    ({"pace": {"rate": float("nan")}}, "pace.rate: must be a number of at least 0, not nan"),
    ({"pace": {"rate": 10, "decrease": 2}}, "pace.decrease: 2.0 is not between 0 and 1"),
    (
        {"pace": {"rate": 10, "slow_down": ["ESME_RTHROTLED"]}},
        "pace.slow_down[0]: is no command_status, nor one of [st",
    ),
    ({"text": {"long": "udh9"}}, "text.long: must be one of udh8, udh16, sar, payload, not 'udh9'; did you mean udh8?"),
    ({"text": {"default_alphabet": "morse"}}, "text.default_alphabet: must be gsm0338, gsm0338-packed or a codec"),
    ({"text": {"default_alphabet": "base64"}}, "text.default_alphabet: must be gsm0338, gsm0338-packed or a codec"),
    ({"text": {"data_coding": 256}}, "text.data_coding: must be 0 to 255, not 256"),
    ({"text": {"languages": ["Klingon"]}}, "text.languages[0]: must be one of turkish, spanish, "),
    ({"text": {"languages": [14]}}, "text.languages[0]: must be 1 to 13, not 14"),
    ({"message": {"registered_delivery": 32}}, "message.registered_delivery: must be 0 to 31, not 32"),
    ({"message": {"service_type": "toolong"}}, "message.service_type: must be ASCII and at most 5 characters"),
    ({"message": {"validity_period": "soon"}}, "message.validity_period: must be seconds, or a time of section 7.1.1"),
    ({"message": {"validity_period": -1}}, "message.validity_period: must be a number of at least 0, not -1"),
    ({"message": {"validity_period": 1e12}}, "message.validity_period: "),
    ({"message": {"never": ["text"]}}, "message.never[0]: must be one of service_type, schedule_delivery_time, "),
    (
        {"receipts": {"id_rule": "hex"}},
        "receipts.id_rule: must be one of learned, equal, case, zeros, hex_to_decimal, ",
    ),
    ({"receipts": {"final_states": []}}, "receipts.final_states: must be at least one state"),
    ({"receipts": {"final_states": ["deliverd"]}}, "receipts.final_states[0]: must be one of scheduled, "),
    ({"receipts": {"time_zone": "Europe/Rom"}}, "receipts.time_zone: must be a time zone that this machine knows"),
    ({"receipts": {"time_zone": "../etc"}}, "receipts.time_zone: must be a time zone that this machine knows"),
    ({"receipts": {"keep": 0}}, "receipts.keep: must be above 0, not 0"),
    ({"tolerance": {"base": "lax"}}, "tolerance.base: must be one of esme, smsc, strict, not 'lax'"),
    ({"tolerance": {"messages": ["tlv_strem"]}}, "tolerance.messages[0]: must be one of bad_command_length, "),
    ({"settings": {"response_timeout": 0}}, "settings.response_timeout: must be above 0, not 0"),
    ({"settings": {"response_timeout": "never"}}, "settings.response_timeout: must be a number, not 'never'"),
    ({"settings": {"longest_pdu": 15}}, "settings.longest_pdu: 15 is below 16"),
    ({"settings": {"backlog": -1}}, "settings.backlog: must be at least 0, not -1"),
    ({"settings": {"connect_timeout": "off"}}, "settings.connect_timeout: must be a number, not 'off'"),
    ({"retry": {"tries": 0}}, "retry.tries: 0 is below 1"),
    ({"retry": {"statuses": ["ACME_BUSY"]}}, "retry.statuses[0]: is no command_status, nor one of [statuses]"),
    ({"backoff": {"first": 90}}, "backoff.first: 90.0 is not above 0, or above longest: 60.0"),
    ({"calls": {"lanes": ["otp", "otp"]}}, "calls.lanes[1]: must be a name that no other lane has"),
    ({"calls": {"give_up_on": ["tlss"]}}, "calls.give_up_on[0]: must be one of unreachable, lost, "),
    ({"based_on": "hexids"}, "based_on: there is no profile 'hexids'; did you mean hex-ids?"),
    ({"addresses": {"default_source": "much too long a name"}}, "addresses.default_source: address "),
    ({"addresses": {"source": [{"kind": "names", "ton": 1}]}}, "addresses.source[0].kind: must be one of any, inter"),
    ({"addresses": {"source": [{"ton": 256}]}}, "addresses.source[0].ton: must be 0 to 255, not 256"),
    ({"addresses": {"source": [{"pattern": "(", "ton": 1}]}}, "addresses.source[0].pattern: must be a regular exp"),
    (
        {"addresses": {"destination": [{"prefix": "+39", "ton": 1}]}},
        "addresses.destination[0].prefix: must be without +",
    ),
    ({"tlvs": {"entity_id": {}}}, "tlvs.entity_id.tag: is missing"),
    ({"tlvs": {"entity_id": {"tag": 0x10000}}}, "tlvs.entity_id.tag: must be 0 to 0xFFFF, not 65536"),
    ({"tlvs": {"payload": {"tag": 0x0424}}}, "tlvs.payload.tag: 0x0424 is message_payload of the specification"),
    ({"tlvs": {"Entity": {"tag": 0x1400}}}, "tlvs.Entity: must be named with small letters"),
    ({"tlvs": {"cost": {"tag": 0x1400, "kind": "integer"}}}, "tlvs.cost.length: must be 1, 2, 4 or 8 for an integer"),
    (
        {"tlvs": {"cost": {"tag": 0x1400, "kind": "integer", "length": 1, "value": 256}}},
        "tlvs.cost.value: must be an i",
    ),
    ({"tlvs": {"cost": {"tag": 0x1400, "kind": "octets", "value": "xyz"}}}, "tlvs.cost.value: must be octets in hex"),
    ({"tlvs": {"cost": {"tag": 0x1400, "value": 7}}}, "tlvs.cost.value: must be a text"),
    ({"tlvs": {"cost": {"tag": 0x1400, "length": 2, "value": "abc"}}}, "tlvs.cost.value: must be "),
    ({"tlvs": {"cost": {"tag": 0x1400, "value": 1.5}}}, "tlvs.cost.value: must be a text, a whole number or true"),
    ({"tlvs": {"urgent": {"tag": 0x1400, "kind": "flag", "length": 1}}}, "tlvs.urgent.length: is for other kinds"),
    ({"statuses": {"ESME_ROK": 1024}}, "statuses.ESME_ROK: is a name of the specification"),
    ({"statuses": {"ACME": 0}}, "statuses.ACME: must be a command_status, 1 to 0xFFFFFFFF, not 0"),
    ({"commands": {"submit_sm": {"command_id": 0x10200}}}, "commands.submit_sm: has the name of a PDU"),
    ({"commands": {"ping": {"command_id": 4}}}, "commands.ping.command_id: is submit_sm of the specification"),
    ({"commands": {"ping": {"command_id": 0x80010200}}}, "commands.ping.command_id: must be that of the request"),
    (
        {"commands": {"ping": {"command_id": 0x10200, "fields": {"note": "CString22"}}}},
        "commands.ping.fields.note: must",
    ),
    (
        {"commands": {"ping": {"command_id": 0x10200, "fields": {"tlvs": "Octet"}}}},
        "commands.ping.fields.tlvs: must be a",
    ),
    # Keys that cannot go together.
    ({"hosts": {"primary": ["smpp://u:geheim@x"]}}, "hosts.primary[0]: must be without system_id and password"),
    ({"hosts": {"primary": [HOST, HOST]}}, "hosts.primary[1]: is the host of primary[0]"),
    ({"hosts": {"primary": [HOST], "standby": [HOST]}}, "hosts.standby[0]: is the host of primary[0]"),
    ({"hosts": {"standby": [HOST]}}, "hosts.primary: is missing"),
    ({"hosts": {"primary": [HOST]}, "tls": {"ca": "ca.pem"}}, "tls: is for smpps://, and hosts.primary[0] is smpp://"),
    (
        {"credentials": {"password": "a", "password_env": "b"}},
        "credentials.password_env: cannot go with password: give",
    ),
    (
        {"credentials": {"password_file": "a", "password_env": "b"}},
        "credentials.password_env: cannot go with password_f",
    ),
    ({"tls": {"key": "key.pem"}}, "tls.key: needs a certificate"),
    ({"tls": {"verify": False, "ca": "ca.pem"}}, "tls.ca: cannot go with verify = false"),
    ({"settings": {"window": 3}}, "settings.window: is said by bind.window"),
    ({"settings": {"default_alphabet": "latin-1"}}, "settings.default_alphabet: is said by text.default_alphabet"),
    ({"settings": {"receipt_time_zone": "UTC"}}, "settings.receipt_time_zone: is said by receipts.time_zone"),
    ({"message": {"validity_period": 60, "never": ["validity_period"]}}, "message.never: has validity_period, and"),
    ({"pace": {"burst": 3}}, "pace.rate: is missing"),
    ({"addresses": {"source": [{"kind": "short"}]}}, "addresses.source[0]: must have at least one of ton, npi and"),
    ({"addresses": {"source": [{"write": "0"}]}}, "addresses.source[0].write: needs a pattern"),
    ({"addresses": {"source": [{"pattern": "1", "write": r"\1"}]}}, "addresses.source[0].write: names what pattern"),
    (
        {"addresses": {"names": False, "default_source": "Shop"}},
        "addresses.default_source: address 'Shop': a name as s",
    ),
    ({"tlvs": DLT | {"other": {"tag": 0x1400}}}, "tlvs.other.tag: is that of entity_id"),
    ({"statuses": {"A": 1024, "B": 1024}}, "statuses.B: is the number of A"),
    (
        {"commands": {"a": {"command_id": 0x10200}, "b": {"command_id": 0x10200}}},
        "commands.b.command_id: is that of a",
    ),
    ({"templates": {"otp": {"template_id": "1"}}}, "templates.otp.template_id: is no TLV of [tlvs]; there are none"),
    ({"tlvs": DLT, "templates": {"otp": {"entity": "1"}}}, "templates.otp.entity: is no TLV of [tlvs]; did you mean"),
    ({"tlvs": DLT, "templates": {"otp": {"entity_id": 1}}}, "templates.otp.entity_id: must be a text"),
    ({"credentials": {"interface_version": "3.3"}, "text": {"long": "sar"}}, "text.long: must be udh8 or udh16, not"),
    (
        {"credentials": {"interface_version": "3.3"}, "tlvs": {"id": {"tag": 0x1400, "value": "1"}}},
        "tlvs.id.value: cannot be sent: SMPP 3.3, which credentials.interface_version asks for, has no TLVs",
    ),
]


@pytest.mark.parametrize(("table", "message"), MISTAKES, ids=[message for _, message in MISTAKES])
def test_an_error_names_its_key_and_what_is_allowed(table: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigError) as caught:
        CarrierProfile.read(table)
    assert str(caught.value).startswith(message)
    assert caught.value.key == message.partition(": ")[0]
    assert isinstance(caught.value, ValueError)


def test_an_error_names_the_file(tmp_path: pathlib.Path) -> None:
    path = tmp_path / "acme.toml"
    path.write_text("[bind]\ncount = 0\n", "utf-8")
    with pytest.raises(ConfigError) as caught:
        CarrierProfile.load(path)
    assert str(caught.value) == f"{path}: bind.count: must be at least 1, not 0"
    assert (caught.value.file, caught.value.key) == (str(path), "bind.count")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "hosts.primary: is missing"),
        ('[hosts]\nprimary = ["smpp://x"]', "credentials.system_id: is missing"),
        ("seed = = 1", "is no TOML: "),
    ],
)
def test_a_file_of_a_link_says_where_to_bind_and_as_whom(tmp_path: pathlib.Path, text: str, message: str) -> None:
    path = tmp_path / "acme.toml"
    path.write_text(text, "utf-8")
    with pytest.raises(ConfigError) as caught:
        CarrierProfile.load(path)
    assert str(caught.value).startswith(f"{path}: {message}")


def test_what_is_not_there_and_what_is_no_text(tmp_path: pathlib.Path) -> None:
    with pytest.raises(FileNotFoundError):
        CarrierProfile.load(tmp_path / "missing.toml")
    path = tmp_path / "acme.toml"
    path.write_bytes(b'[credentials]\npassword = "geheim\xff"')
    with pytest.raises(ConfigError, match="is no TOML: ") as caught:
        CarrierProfile.load(path)
    assert "geheim" not in str(caught.value)


@pytest.mark.parametrize(
    "table",
    [
        {"credentials": "geheim"},
        {"credentials": {"password": ["geheim"]}},
        {"credentials": {"password": "geheimnis"}},
        {"credentials": {"password": "geheim\0"}},
        {"credentials": {"password": "geheim", "password_env": "SECRET"}},
        {"credentials": {"passwort": "geheim"}},
        {"hosts": {"primary": ["smpp://u:geheim@x"]}},
        {"hosts": {"primary": ["smpp://u:geheim@x:port"]}},
        {"hosts": {"primary": ["smpp://u:geheim@[x"]}},
        {"hosts": {"primary": ["smpp://u:geheim@x/path"]}},
        {"tlvs": {"token": {"tag": 0x1500, "length": 2, "value": "geheim"}}},
    ],
)
def test_no_error_shows_a_password(table: dict[str, Any]) -> None:
    with pytest.raises(ConfigError) as caught:
        CarrierProfile.read(table)
    assert "geheim" not in str(caught.value)
    assert caught.value.__cause__ is None
    assert caught.value.__suppress_context__


def test_a_base_with_a_mistake_and_one_that_leads_back(tmp_path: pathlib.Path) -> None:
    one, other = tmp_path / "one.toml", tmp_path / "other.toml"
    one.write_text('based_on = "other.toml"', "utf-8")
    other.write_text("name = = 1", "utf-8")
    with pytest.raises(ConfigError, match="is no TOML") as caught:
        CarrierProfile.load(one)
    assert caught.value.file == str(other)
    other.write_text('based_on = "one.toml"', "utf-8")
    with pytest.raises(ConfigError, match="based_on: leads back to this file"):
        CarrierProfile.load(one)
