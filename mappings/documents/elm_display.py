"""How a credential is shown to people, in ELM v3: ``displayParameter`` with a certificate image per language."""

from __future__ import annotations

from mappings.documents.certificate import Design, Stamp, certificate
from mappings.documents.elm_json import Node
from mappings.documents.elm_nodes import concept, concepts, png
from mappings.documents.envelope import Envelope
from mappings.documents.phrases import Phrase, in_languages
from mappings.elements import MicroCredential
from mappings.vocabularies.languages import language_term


def display_parameter(credential: MicroCredential, envelope: Envelope) -> Node:
    """Return the display of ``credential`` in each of its languages, the first being the primary one."""
    languages = concepts(language_term(language) for language in credential.languages)
    return {
        "id": f"urn:epass:displayParameter:{envelope.id}",
        "type": "DisplayParameter",
        "title": credential.title.value.as_map(),
        "description": in_languages(Phrase.MICRO_CREDENTIAL, credential.languages).as_map(),
        "primaryLanguage": languages[0],
        "language": languages,
        "individualDisplay": [_in_language(credential, envelope, language) for language in credential.languages],
    }


def _in_language(credential: MicroCredential, envelope: Envelope, language: str) -> Node:
    detail = {
        "id": f"urn:epass:displayDetail:{envelope.id}:{language}",
        "type": "DisplayDetail",
        "page": 1,
        "image": png(picture(credential, envelope, language), {language: alternative(credential, language)}),
    }
    return {
        "id": f"urn:epass:individualDisplay:{envelope.id}:{language}",
        "type": "IndividualDisplay",
        "language": concept(language_term(language)),
        "displayDetail": [detail],
    }


def picture(credential: MicroCredential, envelope: Envelope, language: str) -> bytes:
    """Return the certificate as PNG."""
    design = Design(
        language=language,
        institutions=tuple(body.legal_name.in_language(language) for body in credential.awarding_bodies.value),
        title=credential.title.value.in_language(language),
        outcomes=tuple(outcome.title.in_language(language) for outcome in credential.outcomes.value),
    )
    issued = credential.date_of_issue.value.date()
    return certificate(design, Stamp(credential.holder.value.full_name, issued, envelope.public_url))


def alternative(credential: MicroCredential, language: str) -> str:
    """Say in words what the image is, for those who cannot see it."""
    return f"{credential.title.value.in_language(language)}: {credential.holder.value.full_name}"
