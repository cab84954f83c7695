"""Who a certificate says that it is, and whom a credential names."""

from __future__ import annotations

import pytest
from cryptography.x509.oid import NameOID

from plugin.sealing.identity import (
    Disagreement,
    Identity,
    alpha2,
    certified_identity,
    disagreements,
    is_development,
    shown,
    stated_identity,
)
from tests.simulators.certificate_authority import OWNER, CertificateAuthority
from tests.simulators.credentials import issuer

CA = CertificateAuthority()
COUNTRY = "http://publications.europa.eu/resource/authority/country/"
NOBODY = Identity((), (), ())


def test_the_certificate_names_organisation_identifier_and_country() -> None:
    """ETSI EN 319 412-3 clause 4.2.1."""
    identity = certified_identity(CA.seal().certificate)

    assert identity == Identity(("Universiteit Voorbeeld",), ("VATBE-0123456789",), ("BE",))


def test_the_credential_names_its_issuer_in_several_languages() -> None:
    """One of the legal names must be the certificate's, whichever language."""
    identity = stated_identity(issuer())

    assert identity == Identity(("Universiteit Voorbeeld", "Example University"), ("VATBE-0123456789",), ("BE",))


@pytest.mark.parametrize("node", [None, "urn:epass:org:1", [], 7, {}, {"eIDASIdentifier": "VATBE-0123456789"}])
def test_an_issuer_without_identity_names_nobody(node: object) -> None:
    """A bare IRI or a node of another shape identifies no organisation."""
    assert stated_identity(node) == NOBODY


def test_shapes_of_other_issuers_are_read() -> None:
    """Plain strings, lists in a language map and several identifiers occur in the field."""
    place = {"id": f"{COUNTRY}BEL"}
    node = {
        "legalName": {"en": ["One", "Two"], "nl": 3},
        "eIDASIdentifier": [{"notation": "A", "spatial": [place, "x", {"id": "urn:x"}, {}]}, {"notation": ["B"]}],
    }

    assert stated_identity(node) == Identity(("One", "Two"), ("A", "B"), ("BE",))


@pytest.mark.parametrize(("code", "expected"), [("BEL", "BE"), ("GRC", "GR"), ("1A0", "XK"), ("EUR", ""), ("", "")])
def test_countries_of_the_eu_table_become_those_of_certificates(code: str, expected: str) -> None:
    """The EU authority table has three letters, X.520 countryName two; some entries are no country."""
    assert alpha2(f"{COUNTRY}{code}") == expected


def test_the_same_identity_agrees() -> None:
    """One name in common is enough, in any language."""
    stated = Identity(("Universiteit", "University"), ("1",), ("BE", "NL"))

    assert disagreements(stated, Identity(("University",), ("1",), ("BE",))) == ()


def test_what_one_side_lacks_does_not_agree() -> None:
    """Nothing compared with nothing is no agreement."""
    fields = [one.field for one in disagreements(NOBODY, NOBODY)]

    assert fields == ["organisation", "identifier", "country"]


def test_a_disagreement_shows_both_values() -> None:
    """The operator sees at once what to correct."""
    text = str(Disagreement("country", (), ("BE",)))

    assert text == "country: the credential says «nothing», the certificate says «BE»"


def test_words_of_strangers_cannot_write_on_the_terminal() -> None:
    """Control characters are replaced and floods cut."""
    assert shown(["a\x1b[2Jb", "c\n"]) == "a�[2Jb / c�"
    assert shown(["x" * 1000]) == "x" * 200 + "…"


def test_only_a_development_seal_says_so() -> None:
    """The common name tells."""
    loud = OWNER | {NameOID.COMMON_NAME: "DEVELOPMENT SEAL - NOT FOR REAL CREDENTIALS"}

    assert is_development(CA.seal(loud).certificate)
    assert not is_development(CA.seal().certificate)
