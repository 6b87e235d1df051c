"""The destinations of a submit_multi: a message to each that can be reached, and why the others cannot."""

from smppcore.constants import CommandStatus
from smppcore.fields import DistributionList, SmeAddress, UnsuccessSme
from smppcore.pdu import SubmitMulti, SubmitSm


def single(pdu: SubmitMulti, destination: SmeAddress) -> SubmitSm:
    """The submit_sm to one destination of a submit_multi."""
    return SubmitSm(
        service_type=pdu.service_type,
        source_addr_ton=pdu.source_addr_ton,
        source_addr_npi=pdu.source_addr_npi,
        source_addr=pdu.source_addr,
        dest_addr_ton=destination.dest_addr_ton,
        dest_addr_npi=destination.dest_addr_npi,
        destination_addr=destination.destination_addr,
        esm_class=pdu.esm_class,
        protocol_id=pdu.protocol_id,
        priority_flag=pdu.priority_flag,
        schedule_delivery_time=pdu.schedule_delivery_time,
        validity_period=pdu.validity_period,
        registered_delivery=pdu.registered_delivery,
        replace_if_present_flag=pdu.replace_if_present_flag,
        data_coding=pdu.data_coding,
        sm_default_msg_id=pdu.sm_default_msg_id,
        short_message=pdu.short_message,
        tlvs=[*pdu.tlvs],
    )


def unreachable(entry: SmeAddress | DistributionList) -> UnsuccessSme | None:
    """Why a destination of submit_multi is refused; a list is reported in the shape of an address (section 4.5.2.1)."""
    if isinstance(entry, DistributionList):
        return UnsuccessSme(entry.dl_name, error_status_code=CommandStatus.ESME_RINVDLNAME)
    if not entry.destination_addr:
        return UnsuccessSme("", entry.dest_addr_ton, entry.dest_addr_npi, CommandStatus.ESME_RINVDSTADR)
    return None
