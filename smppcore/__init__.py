"""SMPP 3.4 in pure Python: an ESME client, an SMSC, and a mini-SMSC simulator on one asyncio session engine."""

from smppcore.access_log import AccessLog, JsonLines
from smppcore.account import Account
from smppcore.address import Address, AddressError
from smppcore.address_rules import AddressRule, AddressRules
from smppcore.admission import AccountUsage
from smppcore.backoff import BackoffSettings, Failure
from smppcore.codec import ESME_TOLERANCE, SMSC_TOLERANCE, STRICT, Codec, Registry, Tolerance
from smppcore.config_error import ConfigError
from smppcore.constants import (
    CommandId,
    CommandStatus,
    EsmClass,
    InterfaceVersion,
    MessageState,
    Npi,
    RegisteredDelivery,
    Ton,
)
from smppcore.correlation import Correlation, Receipted, TrackedMessage
from smppcore.dispatch import UNHANDLED, Unhandled
from smppcore.errors import (
    BindRefused,
    DecodeError,
    EncodeError,
    Fault,
    FramingError,
    NotSent,
    OutcomeUnknown,
    Refuse,
    Refused,
    SmppError,
    StateError,
    StoreError,
    TlsError,
    TlsFault,
    Verdict,
)
from smppcore.esme import Esme, connect
from smppcore.fields import DistributionList, SmeAddress, UnsuccessSme
from smppcore.gathering import Gathering
from smppcore.guard import GuardSettings
from smppcore.incoming import Incoming
from smppcore.link import Link
from smppcore.link_event import LinkEvent, LinkState
from smppcore.link_status import BindStatus, LinkStatus
from smppcore.link_view import LinkView
from smppcore.message import receipt_of, text_of
from smppcore.metrics import Metrics
from smppcore.middleware import Drop, Middleware
from smppcore.outbind import OutbindListener
from smppcore.outcome import Outcome, PartOutcome
from smppcore.password import PasswordError, password_from_environment, password_from_file
from smppcore.pdu import (
    AlertNotification,
    Bind,
    BindReceiver,
    BindReceiverResp,
    BindResponse,
    BindTransceiver,
    BindTransceiverResp,
    BindTransmitter,
    BindTransmitterResp,
    BroadcastSm,
    BroadcastSmResp,
    CancelBroadcastSm,
    CancelBroadcastSmResp,
    CancelSm,
    CancelSmResp,
    DataSm,
    DataSmResp,
    DeliverSm,
    DeliverSmResp,
    EnquireLink,
    EnquireLinkResp,
    GenericNack,
    Outbind,
    Pdu,
    QueryBroadcastSm,
    QueryBroadcastSmResp,
    QuerySm,
    QuerySmResp,
    ReplaceSm,
    ReplaceSmResp,
    Request,
    Response,
    SubmitMulti,
    SubmitMultiResp,
    SubmitSm,
    SubmitSmResp,
    Unbind,
    UnbindResp,
)
from smppcore.privacy import Privacy
from smppcore.profile import CarrierProfile
from smppcore.quarantine import Quarantine, Quarantined
from smppcore.reassembly import Reassembled, Reassembly
from smppcore.receipt import DeliveryReceipt
from smppcore.requests import Requests
from smppcore.retry import Retry
from smppcore.send_defaults import SendDefaults
from smppcore.sent import Sent, SentPart
from smppcore.session import Session
from smppcore.settings import Settings
from smppcore.smsc import Peer, Smsc
from smppcore.state import Role, SessionState
from smppcore.store import MemoryStore, Record, SqliteStore, Store
from smppcore.tap import Tap, Tapping
from smppcore.text import TextError
from smppcore.throttle import Throttle, ThrottleSettings
from smppcore.tls import client_context, server_context
from smppcore.tlv import Tlv
from smppcore.trace import Trace

__version__ = "0.1.0"

__all__ = [
    "ESME_TOLERANCE",
    "SMSC_TOLERANCE",
    "STRICT",
    "UNHANDLED",
    "AccessLog",
    "Account",
    "AccountUsage",
    "Address",
    "AddressError",
    "AddressRule",
    "AddressRules",
    "AlertNotification",
    "BackoffSettings",
    "Bind",
    "BindReceiver",
    "BindReceiverResp",
    "BindRefused",
    "BindResponse",
    "BindStatus",
    "BindTransceiver",
    "BindTransceiverResp",
    "BindTransmitter",
    "BindTransmitterResp",
    "BroadcastSm",
    "BroadcastSmResp",
    "CancelBroadcastSm",
    "CancelBroadcastSmResp",
    "CancelSm",
    "CancelSmResp",
    "CarrierProfile",
    "Codec",
    "CommandId",
    "CommandStatus",
    "ConfigError",
    "Correlation",
    "DataSm",
    "DataSmResp",
    "DecodeError",
    "DeliverSm",
    "DeliverSmResp",
    "DeliveryReceipt",
    "DistributionList",
    "Drop",
    "EncodeError",
    "EnquireLink",
    "EnquireLinkResp",
    "EsmClass",
    "Esme",
    "Failure",
    "Fault",
    "FramingError",
    "Gathering",
    "GenericNack",
    "GuardSettings",
    "Incoming",
    "InterfaceVersion",
    "JsonLines",
    "Link",
    "LinkEvent",
    "LinkState",
    "LinkStatus",
    "LinkView",
    "MemoryStore",
    "MessageState",
    "Metrics",
    "Middleware",
    "NotSent",
    "Npi",
    "Outbind",
    "OutbindListener",
    "Outcome",
    "OutcomeUnknown",
    "PartOutcome",
    "PasswordError",
    "Pdu",
    "Peer",
    "Privacy",
    "Quarantine",
    "Quarantined",
    "QueryBroadcastSm",
    "QueryBroadcastSmResp",
    "QuerySm",
    "QuerySmResp",
    "Reassembled",
    "Reassembly",
    "Receipted",
    "Record",
    "Refuse",
    "Refused",
    "RegisteredDelivery",
    "Registry",
    "ReplaceSm",
    "ReplaceSmResp",
    "Request",
    "Requests",
    "Response",
    "Retry",
    "Role",
    "SendDefaults",
    "Sent",
    "SentPart",
    "Session",
    "SessionState",
    "Settings",
    "SmeAddress",
    "SmppError",
    "Smsc",
    "SqliteStore",
    "StateError",
    "Store",
    "StoreError",
    "SubmitMulti",
    "SubmitMultiResp",
    "SubmitSm",
    "SubmitSmResp",
    "Tap",
    "Tapping",
    "TextError",
    "Throttle",
    "ThrottleSettings",
    "TlsError",
    "TlsFault",
    "Tlv",
    "Tolerance",
    "Ton",
    "Trace",
    "TrackedMessage",
    "Unbind",
    "UnbindResp",
    "Unhandled",
    "UnsuccessSme",
    "Verdict",
    "__version__",
    "client_context",
    "connect",
    "password_from_environment",
    "password_from_file",
    "receipt_of",
    "server_context",
    "text_of",
]
