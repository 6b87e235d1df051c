"""Octets to text and back, as data_coding and the user data header say (SMPP 3.4 section 5.2.19, TS 23.038)."""

from collections.abc import Mapping

from smppcore.text import gsm0338
from smppcore.text.data_coding import Alphabet, DataCoding
from smppcore.text.gsm0338 import TextError
from smppcore.text.septets import pack_text, unpack_text
from smppcore.text.udh import UserDataHeader

GSM = "gsm0338"
GSM_PACKED = "gsm0338-packed"
UCS2 = "utf-16-be"

# JIS X 0208 and 0212 are character sets whose octets the specification leaves open: a start, to be set per link.
_PYTHON_CODECS = {
    Alphabet.ASCII: "ascii",
    Alphabet.LATIN1: "latin-1",
    Alphabet.JIS: "shift_jis",
    Alphabet.CYRILLIC: "iso8859-5",
    Alphabet.HEBREW: "iso8859-8",
    # Everybody sends surrogate pairs under this name.
    Alphabet.UCS2: UCS2,
    Alphabet.ISO2022JP: "iso2022_jp",
    Alphabet.KANJI: "iso2022_jp_1",
    Alphabet.KSC5601: "euc_kr",
}

_NO_HEADER = UserDataHeader()


def codec_name(data_coding: int, default: str = GSM, codecs: Mapping[int, str] | None = None) -> str | None:
    """The name of the codec for a data_coding: "gsm0338", "gsm0338-packed" or one of Python's; None for no text.

    `default` is what the SMSC at the other end means by 0, and by reserved values; if that is packed, GSM text under
    other values is packed too.  `codecs` names a codec for single values, 0 and binary ones included.
    """
    if codecs and data_coding in codecs:
        return codecs[data_coding]
    if data_coding == 0:
        return default
    coding = DataCoding.parse(data_coding)
    if not coding.is_text:
        return None
    if coding.alphabet is Alphabet.GSM:
        return GSM_PACKED if default == GSM_PACKED else GSM
    return _PYTHON_CODECS.get(coding.alphabet, default)


def decode_text(
    octets: bytes,
    data_coding: int,
    *,
    default: str = GSM,
    udh: UserDataHeader | None = None,
    codecs: Mapping[int, str] | None = None,
) -> str | None:
    """The text in the octets after the header, None if they are binary or compressed.

    `udh` is the header that came before them, for its national languages and, in packed text, its fill bits.
    `default` and `codecs` are as in `codec_name`.  Never raises for any octets and data_coding: what cannot be read
    becomes U+FFFD, in GSM text what a handset would show.  A codec that Python does not know is a LookupError.
    """
    name = codec_name(data_coding, default, codecs)
    if name is None:
        return None
    if name not in (GSM, GSM_PACKED):
        return octets.decode(name, "replace")
    if name == GSM_PACKED:
        octets = unpack_text(octets, udh.size if udh else 0)
    udh = udh or _NO_HEADER
    return gsm0338.decode(octets, locking=udh.locking_shift, single=udh.single_shift)


def encode_text(
    text: str,
    data_coding: int,
    *,
    default: str = GSM,
    udh: UserDataHeader | None = None,
    codecs: Mapping[int, str] | None = None,
) -> bytes:
    """The octets of `text`, without the header `udh` that will stand before them.  Parameters as in `decode_text`.

    Raises TextError for the first character that the coding does not have (a lone surrogate is in none), and for a
    data_coding that carries no text.
    """
    name = codec_name(data_coding, default, codecs)
    if name is None:
        raise TextError(f"data_coding {data_coding} carries octets, not text", text)
    if name not in (GSM, GSM_PACKED):
        try:
            return text.encode(name)
        except UnicodeEncodeError as error:
            raise TextError.missing(text, error.start, name) from None
    languages = udh or _NO_HEADER
    octets = gsm0338.encode(text, locking=languages.locking_shift, single=languages.single_shift)
    if name == GSM_PACKED:
        return pack_text(octets, udh.size if udh else 0)
    return octets
