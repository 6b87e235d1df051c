"""One clear error for each way in which TLS fails.

OpenSSL tells what went wrong in reasons such as TLSV1_ALERT_UNKNOWN_CA; ``tls_error`` turns them into a TlsError that
says in plain words what it is and what to do. An alert is what the other end thinks of us, everything else what we
think of it.
"""

import ssl
from collections.abc import Mapping
from os import PathLike, fspath
from typing import Final

from smppcore.errors import TlsError, TlsFault

File = str | PathLike[str]

ADVICE: Final[Mapping[TlsFault, str]] = {
    TlsFault.UNKNOWN_CA: "nobody that we trust vouches for the certificate of the other end; "
    "if it is right, name the file of its CA (ca=, on an SMSC client_ca=)",
    TlsFault.WRONG_HOST: "the certificate of the other end is for another host name; connect to a name that stands in "
    "it, or say with server_hostname= which name it has",
    TlsFault.EXPIRED: "the certificate of the other end has expired; it has to be renewed there, or our clock is wrong",
    TlsFault.NOT_YET_VALID: "the certificate of the other end is not valid yet; look at the clocks of both ends",
    TlsFault.REVOKED: "the certificate of the other end has been revoked by its CA; it needs a new one",
    TlsFault.CERTIFICATE: "the certificate of the other end is not acceptable",
    TlsFault.NO_TLS: "the other end speaks no TLS here but plain text; use smpp://, or the port that it has for TLS",
    TlsFault.PEER_SPEAKS_TLS: "the other end speaks TLS here; use smpps://, or the port that it has for plain SMPP",
    TlsFault.NO_COMMON_PROTOCOL: "the two ends have no version of TLS or no cipher in common; at least TLS 1.2 is "
    "asked for unless the context says otherwise",
    TlsFault.CERTIFICATE_REQUIRED: "a client certificate is demanded, and none was sent; give certificate= and key=",
    TlsFault.CERTIFICATE_REFUSED: "the other end does not accept our certificate; it must be valid, and the other end "
    "must know its CA",
    TlsFault.TIMEOUT: "the TLS handshake did not end in time; perhaps the other end speaks no TLS here",
    TlsFault.BROKEN_OFF: "the other end broke off the TLS handshake without saying why; perhaps it speaks no TLS here, "
    "or does not accept our certificate or address",
    TlsFault.NO_FILE: "cannot be read",
    TlsFault.NO_PEM: "holds no PEM of the kind that is needed, or it is damaged",
    TlsFault.KEY_MISMATCH: "holds a key that does not belong to the certificate",
    TlsFault.KEY_PASSWORD: "holds an encrypted key, and key_password is missing or wrong",
    TlsFault.OTHER: "the TLS handshake failed",
}
"""What each fault means and what to do. Those about files follow the name of the file."""

_OF_VERIFICATION: Final = {
    2: TlsFault.UNKNOWN_CA,
    18: TlsFault.UNKNOWN_CA,
    19: TlsFault.UNKNOWN_CA,
    20: TlsFault.UNKNOWN_CA,
    21: TlsFault.UNKNOWN_CA,
    9: TlsFault.NOT_YET_VALID,
    10: TlsFault.EXPIRED,
    23: TlsFault.REVOKED,
    62: TlsFault.WRONG_HOST,
    64: TlsFault.WRONG_HOST,
}
"""The X509_V_ERR numbers of OpenSSL."""

_OF_ALERT: Final = {
    "PROTOCOL_VERSION": TlsFault.NO_COMMON_PROTOCOL,
    "INSUFFICIENT_SECURITY": TlsFault.NO_COMMON_PROTOCOL,
    "INAPPROPRIATE_FALLBACK": TlsFault.NO_COMMON_PROTOCOL,
    "HANDSHAKE_FAILURE": TlsFault.NO_COMMON_PROTOCOL,
    "CERTIFICATE_REQUIRED": TlsFault.CERTIFICATE_REQUIRED,
    "NO_CERTIFICATE": TlsFault.CERTIFICATE_REQUIRED,
    "UNKNOWN_CA": TlsFault.CERTIFICATE_REFUSED,
    "BAD_CERTIFICATE": TlsFault.CERTIFICATE_REFUSED,
    "UNSUPPORTED_CERTIFICATE": TlsFault.CERTIFICATE_REFUSED,
    "CERTIFICATE_REVOKED": TlsFault.CERTIFICATE_REFUSED,
    "CERTIFICATE_EXPIRED": TlsFault.CERTIFICATE_REFUSED,
    "CERTIFICATE_UNKNOWN": TlsFault.CERTIFICATE_REFUSED,
    "ACCESS_DENIED": TlsFault.CERTIFICATE_REFUSED,
    "DECRYPT_ERROR": TlsFault.CERTIFICATE_REFUSED,
}
"""What stands behind ALERT_ in the reason: the alert descriptions of RFC 8446, section 6."""

_OF_REASON: Final = {
    "WRONG_VERSION_NUMBER": TlsFault.NO_TLS,
    "HTTP_REQUEST": TlsFault.NO_TLS,
    "HTTPS_PROXY_REQUEST": TlsFault.NO_TLS,
    "UNKNOWN_PROTOCOL": TlsFault.NO_TLS,
    "RECORD_LAYER_FAILURE": TlsFault.NO_TLS,
    "PACKET_LENGTH_TOO_LONG": TlsFault.NO_TLS,
    "UNSUPPORTED_PROTOCOL": TlsFault.NO_COMMON_PROTOCOL,
    "UNSUPPORTED_SSL_VERSION": TlsFault.NO_COMMON_PROTOCOL,
    "WRONG_SSL_VERSION": TlsFault.NO_COMMON_PROTOCOL,
    "VERSION_TOO_LOW": TlsFault.NO_COMMON_PROTOCOL,
    "NO_PROTOCOLS_AVAILABLE": TlsFault.NO_COMMON_PROTOCOL,
    "NO_SHARED_CIPHER": TlsFault.NO_COMMON_PROTOCOL,
    "NO_CIPHERS_AVAILABLE": TlsFault.NO_COMMON_PROTOCOL,
    "NO_SUITABLE_KEY_SHARE": TlsFault.NO_COMMON_PROTOCOL,
    "NO_SHARED_SIGNATURE_ALGORITHMS": TlsFault.NO_COMMON_PROTOCOL,
    "PEER_DID_NOT_RETURN_A_CERTIFICATE": TlsFault.CERTIFICATE_REQUIRED,
    "UNEXPECTED_EOF_WHILE_READING": TlsFault.BROKEN_OFF,
}


def tls_fault(error: OSError) -> TlsFault:
    """Which fault an error of a handshake, or of the stream behind it, is."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return _OF_VERIFICATION.get(error.verify_code, TlsFault.CERTIFICATE)
    if isinstance(error, TimeoutError) or str(error).startswith("SSL handshake is taking longer"):
        return TlsFault.TIMEOUT  # asyncio and uvloop have a ConnectionAbortedError for that
    if not isinstance(error, ssl.SSLError):
        return TlsFault.BROKEN_OFF
    reason = error.reason or ""
    before, alert, description = reason.partition("ALERT_")
    if alert and before != "INVALID_":
        if description == "HANDSHAKE_FAILURE" and getattr(error, "cipher", None) is not None:
            # Up to TLS 1.2 this alert also stands for a client certificate that is missing; that one comes after the
            # cipher was agreed upon.
            return TlsFault.CERTIFICATE_REQUIRED
        return _OF_ALERT.get(description, TlsFault.OTHER)
    return _OF_REASON.get(reason, TlsFault.BROKEN_OFF if isinstance(error, ssl.SSLEOFError) else TlsFault.OTHER)


def tls_error(error: OSError, where: str) -> TlsError:
    """The TlsError for what went wrong on the connection to ``where``; OpenSSL's own words stand in brackets."""
    return tls_failure(tls_fault(error), where, words_of(error))


def tls_failure(fault: TlsFault, where: str, words: str = "") -> TlsError:
    """The TlsError for a fault; ``words`` are what else is known."""
    return TlsError(fault, f"TLS with {where}: {ADVICE[fault]}" + (f" ({words})" if words else ""))


def file_error(fault: TlsFault, file: File, words: str = "") -> TlsError:
    """The TlsError for a file of certificates or keys that does not serve."""
    return TlsError(fault, f"TLS: {fspath(file)} {ADVICE[fault]}" + (f" ({words})" if words else ""))


def words_of(error: OSError) -> str:
    """What OpenSSL or the system says."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return error.verify_message
    if isinstance(error, ssl.SSLError):
        return (error.reason or str(error)).replace("_", " ").lower()
    return error.strerror or str(error)
