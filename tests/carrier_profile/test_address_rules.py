"""Which TON and NPI leave, where a carrier does not want those that an address gets by itself."""

import pytest

from smppcore.address import Address, AddressError
from smppcore.address_rules import AddressRule, AddressRules, kind_of
from smppcore.config_error import ConfigError


@pytest.mark.parametrize(
    ("address", "kind"),
    [
        (Address.sender("+39 333 000 0001"), "international"),
        (Address.sender("72404"), "short"),
        (Address.sender("My Shop"), "name"),
        (Address.sender("0461234567"), "other"),
        (Address(2, 1, "3330000001"), "other"),
    ],
)
def test_the_kind_of_an_address(address: Address, kind: str) -> None:
    assert kind_of(address) == kind


def test_without_rules_an_address_is_what_it_is_by_itself() -> None:
    rules = AddressRules()
    for text in ("+39333000001", "72404", "My Shop", ""):
        assert rules.sender(text) == Address.sender(text)
    assert rules.recipient("0039 333000001") == Address.destination("0039 333000001")


def test_the_first_rule_that_fits_decides() -> None:
    rules = AddressRules(
        destination=(
            AddressRule(kind="short", ton=0, npi=1),
            AddressRule(prefix="3933", ton=2),
            AddressRule(prefix="39", ton=6, npi=9),
        )
    )
    assert rules.recipient("72404") == (0, 1, "72404")
    assert rules.recipient("+39333000001") == (2, 1, "39333000001")
    assert rules.recipient("+39046000001") == (6, 9, "39046000001")
    assert rules.recipient("+46701234567") == (1, 1, "46701234567")


def test_a_rule_may_write_the_national_form() -> None:
    rules = AddressRules(destination=(AddressRule(pattern="39(.*)", ton=2, write=r"0\1"),))
    assert rules.recipient("+39333000001") == (2, 1, "0333000001")
    assert rules.recipient("+46701234567") == (1, 1, "46701234567")


def test_a_pattern_is_for_the_whole_address() -> None:
    rule = AddressRule(pattern="[0-9]{5}", ton=0)
    assert rule.applied(Address(3, 0, "72404")) == (0, 0, "72404")
    assert rule.applied(Address(3, 0, "724045")) is None


def test_the_default_source_goes_through_the_rules_of_senders() -> None:
    rules = AddressRules(default_source="Shop", source=(AddressRule(kind="name", ton=5, npi=1),))
    assert rules.sender("") == (5, 1, "Shop")
    assert rules.sender("  ") == (5, 1, "Shop")
    assert rules.sender("+39333000001") == (1, 1, "39333000001")


def test_no_sender_at_all_matches_no_rule() -> None:
    assert AddressRules(source=(AddressRule(pattern=".*", ton=5),)).sender("") == (0, 0, "")


def test_a_carrier_that_takes_no_names() -> None:
    rules = AddressRules(names=False, default_source="72404")
    with pytest.raises(AddressError, match="takes no names"):
        rules.sender("Shop")
    assert rules.sender("") == (3, 0, "72404")
    with pytest.raises(ConfigError, match=r"^default_source: "):
        AddressRules(names=False, default_source="Shop")
