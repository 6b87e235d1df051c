"""The numbers of SMPP 3.4 (with those of 5.0) under the names that the specification prints.

Every enumeration here is an ``IntEnum`` or ``IntFlag``: a plain ``int`` works wherever a member does, and what a peer
sends stays a plain ``int`` in a PDU, so a number that nobody has named is data and never an error.
"""

from enum import IntEnum, IntFlag
from typing import Final

RESPONSE_BIT: Final = 0x80000000
HEADER_LENGTH: Final = 16
SEQUENCE_MIN: Final = 0x00000001
SEQUENCE_MAX: Final = 0x7FFFFFFF
DEFAULT_PORT: Final = 2775
VENDOR_STATUS: Final = range(0x400, 0x500)


class CommandId(IntEnum):
    """command_id, section 5.1.2.1; the broadcast PDUs are of 5.0."""

    GENERIC_NACK = 0x80000000
    BIND_RECEIVER = 0x00000001
    BIND_RECEIVER_RESP = 0x80000001
    BIND_TRANSMITTER = 0x00000002
    BIND_TRANSMITTER_RESP = 0x80000002
    QUERY_SM = 0x00000003
    QUERY_SM_RESP = 0x80000003
    SUBMIT_SM = 0x00000004
    SUBMIT_SM_RESP = 0x80000004
    DELIVER_SM = 0x00000005
    DELIVER_SM_RESP = 0x80000005
    UNBIND = 0x00000006
    UNBIND_RESP = 0x80000006
    REPLACE_SM = 0x00000007
    REPLACE_SM_RESP = 0x80000007
    CANCEL_SM = 0x00000008
    CANCEL_SM_RESP = 0x80000008
    BIND_TRANSCEIVER = 0x00000009
    BIND_TRANSCEIVER_RESP = 0x80000009
    OUTBIND = 0x0000000B
    ENQUIRE_LINK = 0x00000015
    ENQUIRE_LINK_RESP = 0x80000015
    SUBMIT_MULTI = 0x00000021
    SUBMIT_MULTI_RESP = 0x80000021
    ALERT_NOTIFICATION = 0x00000102
    DATA_SM = 0x00000103
    DATA_SM_RESP = 0x80000103
    BROADCAST_SM = 0x00000111
    BROADCAST_SM_RESP = 0x80000111
    QUERY_BROADCAST_SM = 0x00000112
    QUERY_BROADCAST_SM_RESP = 0x80000112
    CANCEL_BROADCAST_SM = 0x00000113
    CANCEL_BROADCAST_SM_RESP = 0x80000113


class CommandStatus(IntEnum):
    """command_status, section 5.1.3; 0x100 and up are of 5.0. 0xC0 to 0xC4 carry their 3.4 names."""

    ESME_ROK = 0x0  # success
    ESME_RINVMSGLEN = 0x1  # short_message or message_payload has an unacceptable length
    ESME_RINVCMDLEN = 0x2  # command_length is wrong for this PDU (too small or too large)
    ESME_RINVCMDID = 0x3  # command_id unknown or not supported
    ESME_RINVBNDSTS = 0x4  # PDU not allowed in the present session state
    ESME_RALYBND = 0x5  # bind sent on a session that is bound already
    ESME_RINVPRTFLG = 0x6  # priority_flag value not allowed
    ESME_RINVREGDLVFLG = 0x7  # registered_delivery value not allowed
    ESME_RSYSERR = 0x8  # internal failure of the SMSC
    ESME_RINVSRCADR = 0xA  # source address bad
    ESME_RINVDSTADR = 0xB  # destination address bad
    ESME_RINVMSGID = 0xC  # message_id bad or not known
    ESME_RBINDFAIL = 0xD  # bind refused, unspecified reason (wrong credentials included)
    ESME_RINVPASWD = 0xE  # password refused (strictly: bad length)
    ESME_RINVSYSID = 0xF  # system_id refused (strictly: bad length)
    ESME_RCANCELFAIL = 0x11  # cancel_sm failed
    ESME_RREPLACEFAIL = 0x13  # replace_sm failed
    ESME_RMSGQFUL = 0x14  # queue full, resource shortage; retry later
    ESME_RINVSERTYP = 0x15  # service_type bad or unknown
    ESME_RINVNUMDESTS = 0x33  # number_of_dests bad (submit_multi)
    ESME_RINVDLNAME = 0x34  # distribution list name bad or unknown
    ESME_RINVDESTFLAG = 0x40  # dest_flag is neither 1 nor 2 (submit_multi)
    ESME_RINVSUBREP = 0x42  # submit with replace not possible here
    ESME_RINVESMCLASS = 0x43  # esm_class value not supported
    ESME_RCNTSUBDL = 0x44  # submission to a distribution list not possible
    ESME_RSUBMITFAIL = 0x45  # submit_sm / submit_multi (5.0: also data_sm) failed
    ESME_RINVSRCTON = 0x48  # source TON bad
    ESME_RINVSRCNPI = 0x49  # source NPI bad
    ESME_RINVDSTTON = 0x50  # destination TON bad
    ESME_RINVDSTNPI = 0x51  # destination NPI bad
    ESME_RINVSYSTYP = 0x53  # system_type bad
    ESME_RINVREPFLAG = 0x54  # replace_if_present_flag bad
    ESME_RINVNUMMSGS = 0x55  # number_of_messages bad
    ESME_RTHROTTLED = 0x58  # ESME sends faster than it may; slow down and retry
    ESME_RINVSCHED = 0x61  # schedule_delivery_time bad (length or content)
    ESME_RINVEXPIRY = 0x62  # validity_period bad (length or content)
    ESME_RINVDFTMSGID = 0x63  # sm_default_msg_id bad or no such canned message
    ESME_RX_T_APPN = 0x64  # receiving ESME: temporary trouble, try again later
    ESME_RX_P_APPN = 0x65  # receiving ESME: permanent trouble with this destination, stop retrying its messages
    ESME_RX_R_APPN = 0x66  # receiving ESME: this one message is rejected, do not retry it
    ESME_RQUERYFAIL = 0x67  # query_sm failed
    ESME_RINVOPTPARSTREAM = (
        0xC0  # optional-parameter area cannot be parsed (1-3 octets left over, or a TLV longer than what is left)
    )
    ESME_ROPTPARNOTALLWD = 0xC1  # TLV not allowed in this PDU or barred
    ESME_RINVPARLEN = 0xC2  # a TLV (parameter) has an invalid length
    ESME_RMISSINGOPTPARAM = 0xC3  # a TLV needed in this context is absent
    ESME_RINVOPTPARAMVAL = 0xC4  # a TLV value is invalid
    ESME_RDELIVERYFAILURE = 0xFE  # transaction-mode delivery failed (data_sm_resp)
    ESME_RUNKNOWNERR = 0xFF  # unspecified error
    ESME_RSERTYPUNAUTH = 0x100  # ESME not authorised for that service_type
    ESME_RPROHIBITED = 0x101  # ESME not permitted to use that operation
    ESME_RSERTYPUNAVAIL = 0x102  # service_type out of service at present
    ESME_RSERTYPDENIED = 0x103  # service_type denied (content unsuitable)
    ESME_RINVDCS = 0x104  # data_coding bad or unsupported
    ESME_RINVSRCADDRSUBUNIT = 0x105  # source_addr_subunit bad
    ESME_RINVDSTADDRSUBUNIT = 0x106  # dest_addr_subunit bad
    ESME_RINVBCASTFREQINT = 0x107  # broadcast_frequency_interval bad
    ESME_RINVBCASTALIAS_NAME = 0x108  # broadcast alias name bad
    ESME_RINVBCASTAREAFMT = 0x109  # broadcast area format bad
    ESME_RINVNUMBCAST_AREAS = 0x10A  # number of broadcast areas bad
    ESME_RINVBCASTCNTTYPE = 0x10B  # broadcast_content_type bad
    ESME_RINVBCASTMSGCLASS = 0x10C  # broadcast_message_class bad
    ESME_RBCASTFAIL = 0x10D  # broadcast_sm failed
    ESME_RBCASTQUERYFAIL = 0x10E  # query_broadcast_sm failed
    ESME_RBCASTCANCELFAIL = 0x10F  # cancel_broadcast_sm failed
    ESME_RINVBCAST_REP = 0x110  # broadcast_rep_num bad
    ESME_RINVBCASTSRVGRP = 0x111  # broadcast_service_group bad
    ESME_RINVBCASTCHANIND = 0x112  # broadcast_channel_indicator bad


class InterfaceVersion(IntEnum):
    """interface_version, section 5.2.4."""

    V3_3 = 0x33
    V3_4 = 0x34
    V5_0 = 0x50


class Ton(IntEnum):
    """Type of number, section 5.2.5."""

    UNKNOWN = 0
    INTERNATIONAL = 1
    NATIONAL = 2
    NETWORK_SPECIFIC = 3
    SUBSCRIBER_NUMBER = 4
    ALPHANUMERIC = 5
    ABBREVIATED = 6


class Npi(IntEnum):
    """Numbering plan indicator, section 5.2.6."""

    UNKNOWN = 0
    ISDN = 1
    DATA = 3
    TELEX = 4
    LAND_MOBILE = 6
    NATIONAL = 8
    PRIVATE = 9
    ERMES = 10
    INTERNET = 14
    WAP = 18


class EsmClass(IntFlag):
    """esm_class, section 5.2.12. Bits 5 to 2 are a number, not flags: compare ``esm_class & MESSAGE_TYPE``."""

    DEFAULT_MODE = 0x00
    DATAGRAM = 0x01
    TRANSACTION = 0x02
    STORE_AND_FORWARD = 0x03
    MESSAGE_TYPE = 0x3C
    DELIVERY_RECEIPT = 0x04
    DELIVERY_ACKNOWLEDGEMENT = 0x08
    USER_ACKNOWLEDGEMENT = 0x10
    CONVERSATION_ABORT = 0x18
    INTERMEDIATE_NOTIFICATION = 0x20
    UDHI = 0x40
    REPLY_PATH = 0x80


class RegisteredDelivery(IntFlag):
    """registered_delivery, section 5.2.17. The lowest two bits are a number."""

    NONE = 0x00
    RECEIPT = 0x01
    RECEIPT_ON_FAILURE = 0x02
    RECEIPT_ON_SUCCESS = 0x03  # of 5.0
    RECEIPT_MASK = 0x03
    DELIVERY_ACKNOWLEDGEMENT = 0x04
    USER_ACKNOWLEDGEMENT = 0x08
    INTERMEDIATE_NOTIFICATION = 0x10


class MessageState(IntEnum):
    """message_state, section 5.2.28; SCHEDULED and SKIPPED are of 5.0."""

    SCHEDULED = 0
    ENROUTE = 1
    DELIVERED = 2
    EXPIRED = 3
    DELETED = 4
    UNDELIVERABLE = 5
    ACCEPTED = 6
    UNKNOWN = 7
    REJECTED = 8
    SKIPPED = 9


class DestFlag(IntEnum):
    """dest_flag of submit_multi, section 5.2.25."""

    SME_ADDRESS = 1
    DISTRIBUTION_LIST = 2
