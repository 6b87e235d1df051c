"""``smppcore bind``: bind, say what the SMSC answered or why it did not, and show what it sends."""

import argparse
import asyncio
import signal
import sys
from collections.abc import Awaitable
from dataclasses import replace
from typing import Any, Final, TypeVar

from smppcore.cli.bind_failure import Explanation, explain, lost
from smppcore.cli.bind_report import BindReport
from smppcore.cli.incoming_view import IncomingView
from smppcore.cli.loop import run_loop
from smppcore.cli.profile_option import add_profile_option, profile_of, url_or_default
from smppcore.constants import CommandStatus
from smppcore.errors import DecodeError, Refuse, SmppError
from smppcore.esme import BIND_PDUS, Connecting, Esme, connect
from smppcore.link import Link
from smppcore.link_event import LinkEvent, LinkState
from smppcore.notice import BadPdu, Finished, Notice, StateChange
from smppcore.password import Password, password_from_environment, password_from_file
from smppcore.pdu import AlertNotification, DataSm, DeliverSm
from smppcore.profile import CarrierProfile
from smppcore.settings import Settings
from smppcore.tls import client_context
from smppcore.url import SmppUrl

T = TypeVar("T")
VERSIONS: Final = {"3.3": 0x33, "3.4": 0x34, "5.0": 0x50}
_SAID_BY_PROFILE: Final = {
    "bind": "transceiver",
    "interface_version": 0x34,
    "insecure": False,
    **dict.fromkeys(("system_type", "address_range"), ""),
    **dict.fromkeys(("password_env", "password_file", "ca", "certificate", "key", "local_address")),
}
"""Options that cannot go with a profile, and what they are where nobody gives them."""


def configure(parser: argparse.ArgumentParser) -> None:
    configure_connection(parser)
    parser.add_argument("--no-listen", action="store_true", help="unbind and end after the check")


def configure_connection(parser: argparse.ArgumentParser) -> None:
    """The options that ``bind`` and ``listen`` share."""
    add = parser.add_argument
    add(
        "url",
        nargs="?",
        metavar="URL",
        help="smpp:// or smpps://ID:PASSWORD@HOST:PORT (default: SMPPCORE_URL, else the simulator of this machine)",
    )
    add_profile_option(parser)
    add("--bind", choices=list(BIND_PDUS), default="transceiver", help="what to bind as (default: %(default)s)")
    add("--system-type", default="", metavar="TEXT", help="some SMSCs want a certain one")
    add("--interface-version", type=version, default=0x34, metavar="VERSION", help="3.3, 3.4 (default), 5.0 or 0xNN")
    add("--address-range", default="", metavar="TEXT", help="which addresses are ours, where the SMSC wants to know")
    secret = parser.add_mutually_exclusive_group()
    secret.add_argument("--password-env", metavar="NAME", help="the password is in this environment variable")
    secret.add_argument("--password-file", metavar="PATH", help="the password is in this file")
    add("--ca", metavar="PEM", help="trust this CA and no other (smpps:// only, as the next three)")
    add("--certificate", metavar="PEM", help="our own certificate, for SMSCs that demand one")
    add("--key", metavar="PEM", help="its key, where that is in another file")
    add("--insecure", action="store_true", help="accept any certificate")
    add("--local-address", type=local_address, metavar="HOST[:PORT]", help="connect from this address of ours")
    add("--timeout", type=seconds, default=10.0, metavar="SECONDS", help="for each step (default: %(default)g)")
    add("--reconnect", action="store_true", help="connect again when the connection is lost, or cannot be made")
    add("--json", action="store_true", help="one JSON object a line")


def version(text: str) -> int:
    try:
        number = VERSIONS.get(text) or int(text, 0)
    except ValueError:
        number = -1
    if not 0 <= number <= 0xFF:
        raise argparse.ArgumentTypeError("a version is 3.3, 3.4, 5.0 or a number such as 0x34")
    return number


def seconds(text: str) -> float:
    try:
        number = float(text)
    except ValueError:
        number = 0.0
    if not 0 < number < float("inf"):
        raise argparse.ArgumentTypeError("a number of seconds above 0")
    return number


def local_address(text: str) -> str | tuple[str, int]:
    """HOST, HOST:PORT, or an IPv6 address, with a port in brackets."""
    if text.count(":") > 1 and not text.startswith("["):
        return text
    host, _, port = text.rpartition(":") if ":" in text.rpartition("]")[2] else (text, "", "")
    host = host.strip("[]")
    if not port:
        return host
    if not port.isdecimal() or int(port) > 65535:
        raise argparse.ArgumentTypeError("an address of ours is HOST or HOST:PORT")
    return host, int(port)


def run(options: argparse.Namespace) -> int:
    return run_bind(options, listen=not options.no_listen, quiet=False)


def run_bind(options: argparse.Namespace, *, listen: bool, quiet: bool) -> int:
    """Bind and do what is asked for; ``quiet`` leaves out what the SMSC answered."""
    session = BindSession(options, listen=listen, quiet=quiet)
    return run_loop(session.run())


class BindSession:
    """One run of the command."""

    def __init__(self, options: argparse.Namespace, *, listen: bool, quiet: bool) -> None:
        self._options = options
        self._listen = listen
        self._quiet = quiet
        self._view = IncomingView(options.json)
        self._report = BindReport(self._view)
        self._fault: DecodeError | None = None
        self._stopped: asyncio.Future[None]

    async def run(self) -> int:
        """The exit status."""
        loop = asyncio.get_running_loop()
        self._stopped = loop.create_future()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, self._stop)
        self._report.begin()
        try:
            if self._options.reconnect:
                return await self._keep_bound(self._link())
            return await self._bind_once(connect(**self._arguments()))
        except (SmppError, OSError, ValueError) as error:
            return self._failed(explain(error, self._fault))

    def _stop(self) -> None:
        if not self._stopped.done():
            self._stopped.set_result(None)

    def _link(self) -> Link:
        """A link to all hosts that there are. Raises ValueError, TlsError."""
        if self._options.profile:
            profile = self._profile()
            return profile.link(**self._own_arguments(profile.link_settings), on_event=self._on_event)
        arguments = self._arguments()
        return Link(arguments.pop("url"), **arguments, on_event=self._on_event)

    def _profile(self) -> CarrierProfile:
        options = self._options
        for name, usual in _SAID_BY_PROFILE.items():
            if getattr(options, name) != usual:
                raise ValueError(f"--{name.replace('_', '-')} cannot go with --profile, which says it")
        profile = profile_of(options.profile, options.url)
        target = SmppUrl.parse(profile.hosts.primary[0])
        self._report.where = f"{target.host}:{target.port}"
        self._view.registry = profile.codec.registry
        return profile

    def _own_arguments(self, settings: Settings) -> dict[str, Any]:
        """What this command says of any bind."""
        timeout = self._options.timeout
        return {
            "settings": replace(settings, connect_timeout=timeout, response_timeout=timeout),
            "handlers": dict.fromkeys((DeliverSm, DataSm, AlertNotification), self._on_pdu),
            "on_notice": self._on_notice,
        }

    def _arguments(self) -> dict[str, Any]:
        """The arguments of connect. Raises ValueError, TlsError."""
        options = self._options
        if options.profile:
            profile = self._profile()
            return profile.connect_options() | self._own_arguments(profile.link_settings)
        url = url_or_default(options.url)
        target = SmppUrl.parse(url)
        self._report.where = f"{target.host}:{target.port}"
        files = {"ca": options.ca, "certificate": options.certificate, "key": options.key}
        with_tls = options.insecure or any(files.values())
        if with_tls and not target.tls:
            raise ValueError("--ca, --certificate, --key and --insecure are for TLS: the URL must begin with smpps://")
        if options.key and not options.certificate:
            raise ValueError("--key needs --certificate")
        return {
            "url": url,
            "bind": options.bind,
            "system_type": options.system_type,
            "interface_version": options.interface_version,
            "address_range": options.address_range,
            "password": _password(options),
            "ssl": client_context(**files, verify=not options.insecure) if with_tls else None,
            "local_address": options.local_address,
            **self._own_arguments(Settings()),
        }

    async def _bind_once(self, connecting: Connecting) -> int:
        esme = await self._unless_stopped(connecting)
        if esme is None:
            return 130
        try:
            return await self._use(esme)
        finally:
            await esme.close()

    async def _use(self, esme: Esme) -> int:
        if not self._quiet and await self._unless_stopped(self._report.show(esme)) is None:
            return 0
        if not self._listen and not esme.ending:
            return 0
        self._say_listening()
        reason = await self._unless_stopped(esme.wait_closed())
        if reason is None:
            return 0
        return self._failed(lost(reason))

    async def _keep_bound(self, link: Link) -> int:
        async with link:
            esme = await self._unless_stopped(link.wait_up())
            if esme is None:
                return 130
            if not self._quiet and await self._unless_stopped(self._report.show(esme)) is None:
                return 0
            if self._listen:
                self._say_listening()
                await self._stopped
        return 0

    async def _unless_stopped(self, work: Awaitable[T]) -> T | None:
        """What it gives; None if a signal comes first, after which it is cancelled."""
        task = asyncio.ensure_future(work)
        both: set[asyncio.Future[Any]] = {task, self._stopped}
        await asyncio.wait(both, return_when=asyncio.FIRST_COMPLETED)
        if task.done():
            return task.result()
        task.cancel()
        await asyncio.wait([task])
        return None

    # -- what happens meanwhile

    def _on_pdu(self, end: Esme | Link, pdu: DeliverSm | DataSm | AlertNotification) -> None:
        """Show it; it is answered with success if whoever reads our output is still there."""
        try:
            self._view.show(end, pdu)
        except BrokenPipeError:
            self._stop()
            raise Refuse(CommandStatus.ESME_RX_T_APPN) from None

    def _on_notice(self, notice: Notice) -> None:
        if isinstance(notice, StateChange):
            self._report.changed(notice)
        elif isinstance(notice, Finished | BadPdu) and notice.error is not None:
            self._fault = notice.error
            if isinstance(notice, BadPdu):
                print(f"cannot be read: {notice.error}", file=sys.stderr)

    def _on_event(self, event: LinkEvent) -> None:
        """Of a link: say when it is lost and when it is back."""
        if event.state is LinkState.DOWN:
            found = explain(event.error, self._fault) if event.error is not None else None
            self._fault = None
            reason = found.found if found is not None else event.reason
            print(f"no bind: {reason}; trying again in {event.wait:.1f} s", file=sys.stderr)
            self._view.event("down", reason=reason, wait=round(event.wait, 1))
        elif event.state is LinkState.UP:
            print(f"bound at {self._report.where}", file=sys.stderr)
            self._view.event("up")

    def _say_listening(self) -> None:
        print("listening; Ctrl-C ends it", file=sys.stderr, flush=True)

    def _failed(self, explanation: Explanation) -> int:
        print(f"smppcore: {explanation.found}\n  {explanation.advice}", file=sys.stderr)
        kind = explanation.exit.name.lower()
        self._view.event(
            "failed", status=int(explanation.exit), reason=kind, found=explanation.found, advice=explanation.advice
        )
        return int(explanation.exit)


def _password(options: argparse.Namespace) -> Password | None:
    if options.password_env is not None:
        return password_from_environment(options.password_env)
    return password_from_file(options.password_file) if options.password_file is not None else None
