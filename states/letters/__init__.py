"""The words of the mails: facts in, a finished letter out. Pure: no database, no server, no clock.

`render` turns a Message (what one person must hear) into a Letter (subject, text, html); `to_email` puts a
Letter into the form a mail server takes.
"""

from states.letters.cleaning import plain
from states.letters.envelope import check_address, message_id, to_email
from states.letters.listing import EARLIER, LISTED, is_shortened
from states.letters.message import Attachment, Figures, Kind, Letter, Line, Message, Tasks
from states.letters.wording import first_sentence
from states.letters.writing import render

__all__ = [
    "EARLIER",
    "LISTED",
    "Attachment",
    "Figures",
    "Kind",
    "Letter",
    "Line",
    "Message",
    "Tasks",
    "check_address",
    "first_sentence",
    "is_shortened",
    "message_id",
    "plain",
    "render",
    "to_email",
]
