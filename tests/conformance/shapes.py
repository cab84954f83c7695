"""The official SHACL shapes of European Digital Credentials, run with pyshacl.

JSON-LD -> N-Quads (PyLD, contexts from disk only) -> rdflib -> pyshacl with ``EDC-generic-no-cv`` and
``EDC-generic-full``.
"""

from __future__ import annotations

import json
from functools import cache
from typing import Any

from pyld import jsonld
from pyshacl import validate
from rdflib import OWL, RDF, Graph, Namespace

from tests.conftest import require_data

SH = Namespace("http://www.w3.org/ns/shacl#")
ELM = Namespace("http://data.europa.eu/snb/model/elm/")
VERSIONS = ("3.1", "3.2")


def violations(version: str, document: dict[str, Any]) -> list[str]:
    """Return what the shapes of ``version`` find, as ``path:constraint at node``; refuse a test of nothing."""
    graph = Graph().parse(data=_quads(version, document), format="nt")
    assert (None, RDF.type, ELM.EuropeanDigitalCredential) in graph, "nothing that the shapes would look at"
    _, results, _ = validate(graph, shacl_graph=shapes(version), inference=None, advanced=False)
    return sorted(_sentence(results, result) for result in results.subjects(RDF.type, SH.ValidationResult))


@cache
def shapes(version: str) -> Graph:
    """Return the shapes of one ELM version without their imports, which would reach for the network."""
    graph = Graph()
    for profile in ("EDC-generic-no-cv", "EDC-generic-full"):
        graph.parse(require_data(f"elm/{version}/shacl/{profile}.ttl"))
    graph.remove((None, OWL.imports, None))
    return graph


def _sentence(results: Graph, result: Any) -> str:
    path = str(results.value(result, SH.resultPath)).rpartition("/")[2]
    component = str(results.value(result, SH.sourceConstraintComponent)).rpartition("#")[2]
    return f"{path}:{component.removesuffix('ConstraintComponent')} at {results.value(result, SH.focusNode)}"


def _quads(version: str, document: dict[str, Any]) -> str:
    options = {"format": "application/n-quads", "documentLoader": _loader(version)}
    quads = jsonld.to_rdf(document, options)
    assert isinstance(quads, str)
    return quads


@cache
def _loader(version: str) -> Any:
    contexts = {
        "https://www.w3.org/2018/credentials/v1": "elm/w3c-credentials-v1.jsonld",
        "http://data.europa.eu/snb/model/context/edc-ap": f"elm/{version}/edc-ap-context.jsonld",
    }
    loaded = {url: json.loads(require_data(path).read_text()) for url, path in contexts.items()}

    def load(url: str, _options: Any) -> dict[str, Any]:
        return {"contextUrl": None, "documentUrl": url, "document": loaded[url]}

    return load
