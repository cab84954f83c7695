"""A timestamp authority for tests: speaks RFC 3161 over HTTP on this machine, and can be told to misbehave."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from asn1crypto import algos, cms, core, tsp
from asn1crypto import x509 as asn1_x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding

from tests.simulators.certificate_authority import NOW, CertificateAuthority, Issued, Key

REJECTION = bytes.fromhex("30053003020102")
"""TimeStampResp with PKIStatus 2 and no token."""

GRANTED_NOTHING = bytes.fromhex("30053003020100")
"""TimeStampResp with PKIStatus 0 and no token all the same."""


class TimestampAuthoritySimulator:
    """What the server answers; tests change the attributes.

    ``status`` is the HTTP status, ``answer`` replaces the body, ``refuses`` gives PKIStatus rejection, ``nonce`` and
    ``imprint`` replace what the client sent, ``damages`` breaks the signature.
    """

    def __init__(self, authority: CertificateAuthority, key: Key | None = None) -> None:
        self.issued: Issued = authority.timestamps(key)
        self.root = authority.certificate
        self.url = ""
        self.now: datetime = NOW
        self.status = 200
        self.answer: bytes | None = None
        self.refuses = False
        self.nonce: int | None = None
        self.imprint: bytes | None = None
        self.damages = False
        self.pss = False
        self.alone = False
        self.requests = 0

    def reply(self, query: bytes) -> bytes:
        """Answer one TimeStampReq."""
        self.requests += 1
        if self.answer is not None:
            return self.answer
        if self.refuses:
            return REJECTION
        token = self.token(tsp.TimeStampReq.load(query))
        return bytes(tsp.TimeStampResp({"status": {"status": "granted"}, "time_stamp_token": token}).dump())

    def token(self, request: tsp.TimeStampReq) -> cms.ContentInfo:
        """Make a TimeStampToken (RFC 3161 clause 2.4.2)."""
        info = self._info(request).dump()
        certificate = asn1_x509.Certificate.load(self.issued.certificate.public_bytes(Encoding.DER))
        root = asn1_x509.Certificate.load(self.root.public_bytes(Encoding.DER))
        signed = cms.SignedData(
            {
                "version": "v3",
                "digest_algorithms": [{"algorithm": "sha256"}],
                "encap_content_info": {"content_type": "tst_info", "content": core.ParsableOctetString(info)},
                "certificates": [root] if self.alone else [root, certificate],
                "signer_infos": [self._signer(certificate, info)],
            }
        )
        return cms.ContentInfo({"content_type": "signed_data", "content": signed})

    def _info(self, request: tsp.TimeStampReq) -> tsp.TSTInfo:
        imprint = request["message_imprint"].native | {}
        values = {
            "version": "v1",
            "policy": "1.3.6.1.4.1.99999.1",
            "message_imprint": {
                "hash_algorithm": {"algorithm": imprint["hash_algorithm"]["algorithm"]},
                "hashed_message": self.imprint or imprint["hashed_message"],
            },
            "serial_number": self.requests + 1,
            "gen_time": self.now,
            "accuracy": {"seconds": 1},
        }
        nonce = self.nonce if self.nonce is not None else request["nonce"].native
        return tsp.TSTInfo(values | ({"nonce": nonce} if nonce is not None else {}))

    def _signer(self, certificate: asn1_x509.Certificate, info: bytes) -> cms.SignerInfo:
        reference = tsp.SigningCertificateV2({"certs": [{"cert_hash": hashlib.sha256(certificate.dump()).digest()}]})
        attributes = cms.CMSAttributes(
            [
                {"type": "content_type", "values": ["tst_info"]},
                {"type": "message_digest", "values": [hashlib.sha256(info).digest()]},
                {"type": "signing_certificate_v2", "values": [reference]},
            ]
        )
        signature = self._sign(attributes.dump())
        return cms.SignerInfo(
            {
                "version": "v1",
                "sid": {"issuer_and_serial_number": _serial(certificate)},
                "digest_algorithm": {"algorithm": "sha256"},
                "signed_attrs": attributes,
                "signature_algorithm": self._algorithm(),
                "signature": bytes(64) if self.damages else signature,
            }
        )

    def _algorithm(self) -> algos.SignedDigestAlgorithm:
        if self.pss:
            hashing = {"algorithm": "sha256"}
            mask = {"algorithm": "mgf1", "parameters": hashing}
            parameters = {"hash_algorithm": hashing, "mask_gen_algorithm": mask, "salt_length": 32}
            return algos.SignedDigestAlgorithm({"algorithm": "rsassa_pss", "parameters": parameters})
        names = {ec.EllipticCurvePrivateKey: "sha256_ecdsa", rsa.RSAPrivateKey: "sha256_rsa"}
        name = next((name for kind, name in names.items() if isinstance(self.issued.key, kind)), "ed25519")
        return algos.SignedDigestAlgorithm({"algorithm": name})

    def _sign(self, data: bytes) -> bytes:
        key = self.issued.key
        if isinstance(key, rsa.RSAPrivateKey):
            scheme = padding.PSS(padding.MGF1(hashes.SHA256()), 32) if self.pss else padding.PKCS1v15()
            return key.sign(data, scheme, hashes.SHA256())
        if isinstance(key, ec.EllipticCurvePrivateKey):
            return key.sign(data, ec.ECDSA(hashes.SHA256()))
        return key.sign(data)


def _serial(certificate: asn1_x509.Certificate) -> cms.IssuerAndSerialNumber:
    return cms.IssuerAndSerialNumber({"issuer": certificate.issuer, "serial_number": certificate.serial_number})


@contextmanager
def serving(authority: TimestampAuthoritySimulator) -> Iterator[TimestampAuthoritySimulator]:
    """Serve on a free port of the loopback until the block ends; ``authority.url`` says where."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            query = self.rfile.read(int(self.headers["Content-Length"]))
            body = authority.reply(query)
            self.send_response(authority.status)
            self.send_header("Content-Type", "application/timestamp-reply")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Stay silent."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        authority.url = f"http://127.0.0.1:{server.server_port}/"
        try:
            yield authority
        finally:
            server.shutdown()
            thread.join()
