"""Who a seal certificate says that it belongs to, and whether a credential names the same.

ETSI EN 319 412-3 clause 4.2.1: the subject of a seal certificate carries countryName, organizationName,
organizationIdentifier (OID 2.5.4.97, ETSI EN 319 412-1 clause 5.1.4) and commonName. The issuer of a European
Digital Credential carries the same as ``legalName``, ``eIDASIdentifier.notation`` and ``eIDASIdentifier.spatial``.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from babel.core import get_global
from cryptography import x509
from cryptography.x509.oid import NameOID

from mappings.profile import Issuer

DEVELOPMENT = "DEVELOPMENT SEAL - NOT FOR REAL CREDENTIALS"
"""Common name of every development seal; verification says it as loudly."""

_COUNTRIES = "http://publications.europa.eu/resource/authority/country/"
_SHOWN = 200  # characters of a stranger's words in one sentence
_OUTSIDE_ISO = {"1A0": "XK"}  # Kosovo: the EU table has its own code, certificates the user-assigned one of ISO 3166


@dataclass(frozen=True, slots=True)
class Identity:
    """An organisation as one side states it; several names are languages of one, ``countries`` are ISO alpha-2."""

    names: tuple[str, ...]
    identifiers: tuple[str, ...]
    countries: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Disagreement:
    """What the two sides state for one ``field``: ``organisation``, ``identifier`` or ``country``."""

    field: str
    stated: tuple[str, ...]
    certified: tuple[str, ...]

    def __str__(self) -> str:
        stated, certified = (shown(values) or "nothing" for values in (self.stated, self.certified))
        return f"{self.field}: the credential says «{stated}», the certificate says «{certified}»"


def shown(values: Iterable[str]) -> str:
    """Join words of strangers for a sentence: no control characters, no flood."""
    text = " / ".join(values)
    clean = "".join(sign if sign.isprintable() else "�" for sign in text[:_SHOWN])
    return clean if len(text) <= _SHOWN else f"{clean}…"


def disagreements(stated: Identity, certified: Identity) -> tuple[Disagreement, ...]:
    """Compare a credential's issuer with a certificate; a value that one side lacks does not agree."""
    pairs = (
        Disagreement("organisation", stated.names, certified.names),
        Disagreement("identifier", stated.identifiers, certified.identifiers),
        Disagreement("country", stated.countries, certified.countries),
    )
    return tuple(pair for pair in pairs if not set(pair.stated) & set(pair.certified))


def certified_identity(certificate: x509.Certificate) -> Identity:
    """Read the subject of a seal certificate."""

    def values(oid: x509.ObjectIdentifier) -> tuple[str, ...]:
        return tuple(str(attribute.value) for attribute in certificate.subject.get_attributes_for_oid(oid))

    return Identity(
        names=values(NameOID.ORGANIZATION_NAME),
        identifiers=values(NameOID.ORGANIZATION_IDENTIFIER),
        countries=values(NameOID.COUNTRY_NAME),
    )


def profiled_identity(issuer: Issuer) -> Identity:
    """Read an institution profile: what its credentials will state."""
    names = tuple(text for _, text in issuer.legal_name.by_language) if issuer.legal_name else ()
    country = alpha2(issuer.country.iri) if issuer.country else ""
    identifier = issuer.eidas_identifier
    return Identity(names, (identifier,) if identifier else (), (country,) if country else ())


def is_development(certificate: x509.Certificate) -> bool:
    """Tell whether the certificate says of itself that it is worth nothing."""
    names = certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
    return any(str(name.value).startswith("DEVELOPMENT SEAL") for name in names)


def stated_identity(issuer: object) -> Identity:
    """Read the ``issuer`` node of a European Digital Credential, however it is shaped.

    ``{"legalName": {"en": "..."}, "eIDASIdentifier": {"notation": "VATBE-...", "spatial": {"id": ".../country/BEL"}}}``
    """
    node = issuer if isinstance(issuer, Mapping) else {}
    identifiers = [identifier for identifier in _many(node.get("eIDASIdentifier")) if isinstance(identifier, Mapping)]
    places = [place for identifier in identifiers for place in _many(identifier.get("spatial"))]
    return Identity(
        names=_texts(node.get("legalName")),
        identifiers=tuple(text for identifier in identifiers for text in _texts(identifier.get("notation"))),
        countries=tuple(code for place in places if isinstance(place, Mapping) and (code := _alpha2(place.get("id")))),
    )


def alpha2(iri: str) -> str:
    """Return the ISO 3166-1 alpha-2 code of an EU country term, empty where it has none."""
    code = iri.removeprefix(_COUNTRIES)
    aliases: tuple[str, ...] = tuple(get_global("territory_aliases").get(code, ()))
    return _OUTSIDE_ISO.get(code) or next((alias for alias in aliases if len(aliases) == 1 and len(alias) == 2), "")


def _alpha2(iri: object) -> str:
    return alpha2(iri) if isinstance(iri, str) and iri.startswith(_COUNTRIES) else ""


def _many(value: object) -> Iterable[object]:
    return value if isinstance(value, list) else () if value is None else (value,)


def _texts(value: object) -> tuple[str, ...]:
    """Flatten a string, a language map of strings or lists, or a list of them."""
    values = value.values() if isinstance(value, Mapping) else _many(value)
    return tuple(text for item in values for text in _many(item) if isinstance(text, str))
