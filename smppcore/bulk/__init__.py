"""Sending to a list of recipients so that a run that was killed at any moment can be taken up again.

Intent is committed before an octet leaves, the verdict after the answer has come. What is found with an intent and
without a verdict was in flight when a run ended: at most a window of recipients, which are named and left alone.
"""

from smppcore.bulk.campaign import Bad, Campaign, Recipient, Summary
from smppcore.bulk.journal import Journal
from smppcore.bulk.late_answers import LateAnswers
from smppcore.bulk.receipts import Receipts
from smppcore.bulk.recipient_list import ListError, RecipientList
from smppcore.bulk.result import write_result
from smppcore.bulk.sending import Sending
from smppcore.bulk.steps import Decide, Intend, PartVerdict, RecipientVerdict
from smppcore.bulk.submission import Submission
from smppcore.bulk.template import Template

__all__ = [
    "Bad",
    "Campaign",
    "Decide",
    "Intend",
    "Journal",
    "LateAnswers",
    "ListError",
    "PartVerdict",
    "Receipts",
    "Recipient",
    "RecipientList",
    "RecipientVerdict",
    "Sending",
    "Submission",
    "Summary",
    "Template",
    "write_result",
]
