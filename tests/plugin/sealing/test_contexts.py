"""Contexts are pinned, and never fetched."""

from __future__ import annotations

import json

import pytest

from mappings.documents.open_badges import CREDENTIALS_V2, OPEN_BADGES_3, OPEN_BADGES_EXTENSIONS, OWN_CONTEXT_PATH
from plugin.sealing import contexts
from plugin.sealing.contexts import context, own_context
from plugin.sealing.errors import ContextUnknown
from tests.conftest import require_data


@pytest.mark.conformance
@pytest.mark.parametrize(
    ("url", "name"),
    [
        (CREDENTIALS_V2, "credentials-v2"),
        (OPEN_BADGES_3, "ob-v3p0-context-3.0.3"),
        (OPEN_BADGES_EXTENSIONS, "ob-v3p0-extensions"),
        ("https://w3id.org/security/data-integrity/v2", "security-data-integrity-v2"),
        ("https://w3id.org/security/multikey/v1", "security-multikey-v1"),
    ],
)
def test_installed_contexts_are_the_published_ones(url: str, name: str) -> None:
    """The packages carry what W3C and 1EdTech publish."""
    published = json.loads(require_data(f"contexts/{name}.json").read_text())

    assert context(url) == published


def test_our_context_is_the_same_at_every_issuer() -> None:
    """Whoever serves it, serves this file."""
    assert context(f"https://one.example{OWN_CONTEXT_PATH}") == json.loads(own_context())
    assert context(f"https://two.example/tenant{OWN_CONTEXT_PATH}") == json.loads(own_context())


@pytest.mark.parametrize("url", ["https://example.org/context", f"http://one.example{OWN_CONTEXT_PATH}", ""])
def test_other_contexts_are_unknown(url: str) -> None:
    """Nobody is asked for them."""
    with pytest.raises(ContextUnknown):
        context(url)


def test_every_pinned_context_is_installed() -> None:
    """A pin without its file would fail on the first credential only."""
    assert all(isinstance(context(url), dict) for url in contexts._PINS)


def test_a_changed_file_is_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    """An update of a package cannot change what our signatures mean."""
    monkeypatch.setattr(contexts, "_OWN_SHA256", "0" * 64)
    context.cache_clear()

    with pytest.raises(ContextUnknown, match="not the pinned one"):
        context(f"https://three.example{OWN_CONTEXT_PATH}")
