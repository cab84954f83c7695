"""The one error family of sealing: why a document was not sealed.

``str()`` is a sentence for the operator; it names institutions and certificates, never a learner or a key.
"""

from __future__ import annotations


class SealError(Exception):
    """Nothing was sealed. ``code`` is stable; ``retryable`` says that the same call may succeed later."""

    code = "seal_error"
    retryable = False


class KeyUnreadable(SealError):
    """The key file is not what its name says, or its password is wrong."""

    code = "key_unreadable"


class KeyUnsuitable(SealError):
    """Neither P-256 nor RSA of at least 2048 bits, or a certificate that is not for sealing."""

    code = "key_unsuitable"


class KeyMismatch(SealError):
    """No certificate of the file belongs to the private key."""

    code = "key_mismatch"


class CertificateNotYetValid(SealError):
    """The seal certificate begins later than the seal would."""

    code = "certificate_not_yet_valid"


class CertificateExpired(SealError):
    """The seal certificate has ended."""

    code = "certificate_expired"


class IssuerDisagrees(SealError):
    """The credential names another issuer than the seal certificate."""

    code = "issuer_disagrees"


class DocumentUnsuitable(SealError):
    """The document is not of the sealer's format, or is not what that format says."""

    code = "document_unsuitable"


class TimestampUnavailable(SealError):
    """The timestamp authority did not answer."""

    code = "timestamp_unavailable"
    retryable = True


class TimestampRefused(SealError):
    """The timestamp authority answered, but not with a timestamp of what was sent."""

    code = "timestamp_refused"


class IssuerUnnamed(SealError):
    """The institution profile lacks what a seal certificate must name."""

    code = "issuer_unnamed"


class ContextUnknown(SealError):
    """A JSON-LD context that is not installed and pinned here."""

    code = "context_unknown"


class TermUndefined(SealError):
    """A member, type or identifier that no context defines: it would not be under the signature."""

    code = "term_undefined"


class SealCompromised(SealError):
    """The seal's key was declared to be in wrong hands: it seals nothing more."""

    code = "seal_compromised"


class SealDeviceUnavailable(SealError):
    """The device that holds the seal's key did not sign: it is away, or gave no new session for a lost one."""

    code = "seal_device_unavailable"
    retryable = True


class SealDeviceRefused(SealError):
    """The device refuses the PIN. It is not tried again by this process: three wrong ones lock a token."""

    code = "seal_device_refused"


class NoCredentialKey(SealError):
    """No key for credentials was made, or every one was compromised."""

    code = "no_credential_key"
