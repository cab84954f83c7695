"""The compiled path says what the general path says, byte for byte, or says nothing."""

from __future__ import annotations

import json
import os
from dataclasses import replace
from hashlib import sha256

import pytest

from mappings.documents.open_badges import BadgeDocument, badge, render_open_badge
from mappings.documents.templates import serialise
from mappings.elements import AwardingBody
from plugin.sealing.canonical import canonicalise
from plugin.sealing.compiled import compile_shape, escape
from tests.mappings.documents.samples import assessed, credential, envelope, generated

EXAMPLES = int(os.environ.get("CONFORMANCE_EXAMPLES", "100"))


def general(document: BadgeDocument) -> bytes:
    """Return the canonical form by way of the document's JSON."""
    return canonicalise(json.loads(document.body)).encode()


@pytest.mark.generated
def test_compiled_equals_general_for_generated_credentials() -> None:
    """Byte identity of the canonical form and of its digest, CONFORMANCE_EXAMPLES times."""
    compiled = 0
    for seed in range(EXAMPLES):
        document = render_open_badge(*generated(seed))
        shape = compile_shape(document.shape)
        if (text := shape.text(document.leaves)) is not None:
            compiled += 1

            assert text == general(document)
            assert shape.digest(document.leaves) == sha256(text).digest()

    assert compiled == EXAMPLES


def test_one_shape_serves_learner_after_learner() -> None:
    """Names that sort elsewhere renumber the blank nodes; every one is right."""
    for number in range(40):
        holder = replace(credential().holder.value, full_name=f"Learner {number * 7919}", student_number=str(number))
        document = render_open_badge(credential(holder=holder), envelope())

        assert compile_shape(document.shape).text(document.leaves) == general(document)


def test_equal_lines_are_one_line() -> None:
    """An RDF dataset is a set: evidence at one address, said twice, is said once."""
    twice = (assessed("a", url="https://lms.example.edu/1"), assessed("b", url="https://lms.example.edu/1"))
    outcome = replace(credential().outcomes.value[0], assessed_by=("a", "b"))
    document = render_open_badge(credential(assessments=twice, outcomes=(outcome,)), envelope())

    assert compile_shape(document.shape).text(document.leaves) == general(document)


def test_blank_nodes_that_look_alike_take_the_general_path() -> None:
    """N-degree hashing is the general algorithm's business."""
    document = render_open_badge(credential(), envelope())
    leaves = dict(document.leaves) | {"student_number": document.leaves["full_name"]}
    twins = compile_shape(document.shape)
    alike = replace(twins, unhashed={label: next(iter(twins.unhashed.values())) for label in twins.unhashed})

    assert twins.text(leaves) is not None
    assert alike.text(leaves) is None
    assert alike.digest(leaves) is None


@pytest.mark.parametrize("url", ["lms.example.edu/7", "https://lms.example.edu/[7]", "https://lms.example.edu/%zz"])
def test_an_unusual_identifier_takes_the_general_path(url: str) -> None:
    """Whether it is an IRI at all is for the general path to say."""
    document = render_open_badge(credential(assessments=(assessed(url=url),)), envelope())

    assert compile_shape(document.shape).digest(document.leaves) is None


def test_a_leaf_that_only_ends_an_identifier_is_checked_too() -> None:
    """The index of the status list stands behind the address of the list."""
    document = render_open_badge(credential(), envelope())
    leaves = dict(document.leaves) | {"status_index": "1>2"}

    assert compile_shape(document.shape).digest(leaves) is None


@pytest.mark.parametrize(
    ("text", "escaped"),
    [
        ("plain Ω 漢", "plain Ω 漢"),
        ('a "b" \\ c', 'a \\"b\\" \\\\ c'),
        ("\n\r\t\b\f", "\\n\\r\\t\\b\\f"),
        ("\x01\x1f\x7f", "\\u0001\\u001F\\u007F"),
    ],
)
def test_literals_are_escaped_as_canonical_n_quads_do(text: str, escaped: str) -> None:
    """RDF-canon, clause 5.1."""
    assert escape(text) == escaped


def test_text_with_labels_and_quotes_is_only_text() -> None:
    """A title that looks like N-Quads is a title."""
    body = credential().awarding_bodies.value[0]
    trick = replace(body, address='Main _:c14n0 "street" \\ 1')
    document = render_open_badge(credential(awarding_bodies=(trick,)), envelope())

    assert isinstance(trick, AwardingBody)
    assert compile_shape(document.shape).text(document.leaves) == general(document)
    assert document.body.decode() == serialise(badge(document.shape, document.leaves))
