"""The SD-JWT test cases of the specification's authors (RFC 9901): what is disclosed adds up to what they expect.

A case says what is disclosable (``!sd``), what the holder shows and what a verifier has to see. The small issuer here
hides whatever a case marks, in objects, lists and nested ones; our own issuer hides top-level claims only.
"""

from __future__ import annotations

from itertools import count
from typing import Any, NamedTuple

import pytest
import yaml

from plugin.sealing.compact import compact_json, sign
from plugin.sealing.credential_keys import new_key
from plugin.sealing.disclosures import read_sd_jwt
from plugin.sealing.multikey import Algorithm, base64url
from plugin.sealing.sd_jwt import digest
from tests.conftest import CONFORMANCE_DATA, require_data

pytestmark = pytest.mark.conformance
FOLDER = "ob3/vectors/sd-jwt"
KEY = new_key(Algorithm.ES256)


class Hidden(NamedTuple):
    """A key or a value that a case marks with ``!sd``."""

    value: Any


class _Loader(yaml.SafeLoader):
    """YAML with ``!sd``."""


def _hidden(loader: yaml.SafeLoader, node: yaml.Node) -> Hidden:
    if isinstance(node, yaml.ScalarNode):
        plain = yaml.ScalarNode(loader.resolve(yaml.ScalarNode, node.value, (True, False)), node.value)
        return Hidden(node.value if node.style else loader.construct_object(plain))
    if isinstance(node, yaml.SequenceNode):
        return Hidden(loader.construct_sequence(node, deep=True))
    assert isinstance(node, yaml.MappingNode)
    return Hidden(loader.construct_mapping(node, deep=True))


_Loader.add_constructor("!sd", _hidden)


class Issuer:
    """Hides what a case marks, and collects the disclosures that its holder shows."""

    def __init__(self) -> None:
        self.shown: list[str] = []
        self._salts = count()

    def hide(self, value: Any, show: Any, *, open_: bool = True) -> Any:
        """Return ``value`` with digests; ``show`` says what of it is shown, where it is itself (``open_``)."""
        if isinstance(value, dict):
            return self._object(value, show if isinstance(show, dict) else {}, open_)
        if isinstance(value, list):
            given = show if isinstance(show, list) else []
            return [
                self._element(each, given[number] if number < len(given) else None, open_)
                for number, each in enumerate(value)
            ]
        return value

    def _object(self, value: dict[Any, Any], show: dict[str, Any], open_: bool) -> dict[str, Any]:
        plain: dict[str, Any] = {}
        digests = []
        for key, inner in value.items():
            name = key.value if isinstance(key, Hidden) else key
            wanted = show.get(name)
            is_open = open_ and (bool(wanted) or not isinstance(key, Hidden))
            hidden = self.hide(inner, wanted, open_=is_open)
            if isinstance(key, Hidden):
                digests.append(self._disclose([name, hidden], is_open))
            else:
                plain[name] = hidden
        return {**plain, "_sd": sorted(digests)} if digests else plain

    def _element(self, value: Any, wanted: Any, open_: bool) -> Any:
        if not isinstance(value, Hidden):
            return self.hide(value, wanted, open_=open_)
        is_open = open_ and bool(wanted)
        return {"...": self._disclose([self.hide(value.value, wanted, open_=is_open)], is_open)}

    def _disclose(self, what: list[Any], is_shown: bool) -> str:
        disclosure = base64url(compact_json([f"salt{next(self._salts)}", *what]))
        if is_shown:
            self.shown.append(disclosure)
        return digest(disclosure)


def cases() -> list[str]:
    """Return the names of the cases; one that says so where they are not there."""
    folder = CONFORMANCE_DATA / FOLDER
    return sorted(path.parent.name for path in folder.glob("*/specification.yml")) or ["absent"]


@pytest.mark.parametrize("name", cases())
def test_case(name: str) -> None:
    """Issued as the case says, shown as its holder shows it, read by us."""
    case = yaml.load(require_data(f"{FOLDER}/{name}/specification.yml").read_text(), _Loader)
    issuer = Issuer()
    payload = issuer.hide(case["user_claims"], case["holder_disclosed_claims"])
    token = sign(case.get("extra_header_parameters", {}), compact_json({**payload, "_sd_alg": "sha-256"}), KEY)

    read = read_sd_jwt("~".join([token, *issuer.shown, ""]))

    assert read.token.verified_by(KEY.public)
    assert read.claims == case["expect_verified_user_claims"]


def test_all_cases_are_there() -> None:
    """17; two of them differ in the serialisation only, which SD-JWT VC does not use."""
    require_data(FOLDER)

    assert len(cases()) == 17
