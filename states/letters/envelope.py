"""A letter as an e-mail: headers, both bodies, attachments."""

from __future__ import annotations

import hashlib
import re
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP, SMTPUTF8

from states.errors import Fault, Faulty
from states.letters.cleaning import file_name, plain
from states.letters.message import Attachment, Letter

SENDER_NAME = "督办提醒"
NAME_LIMIT = 60
SUBJECT_LIMIT = 150
LONGEST = 254  # bytes of an address
# One @, no white space, controls or characters that end an address in a header or an SMTP command.
ADDRESS = re.compile(
    r"(?P<user>[^@\s\x00-\x1f\x7f<>()\[\]\\,;:\"]{1,64})@(?P<domain>[^@\s\x00-\x20<>()\[\]\\,;:\"]+)"
)


def check_address(address: str) -> str:
    """The address with its domain in ASCII; raises Faulty when no mail can go to it."""
    match = ADDRESS.fullmatch(address)
    if not match or plain(address, LONGEST) != address or len(address.encode()) > LONGEST:
        raise Faulty(
            [Fault("收件地址", f"“{plain(address, NAME_LIMIT)}”不是可用的邮箱地址，请在单位联系人中更正")]
        )
    try:
        domain = match["domain"].encode("idna").decode("ascii")
    except UnicodeError as error:
        raise Faulty(
            [Fault("收件地址", f"“{plain(address, NAME_LIMIT)}”的域名写法有误，请在单位联系人中更正")]
        ) from error
    return f"{match['user']}@{domain}"


def message_id(key: str, sender: str) -> str:
    """The Message-ID of the mail with this unique key: the same for ever, so that a repeat is recognised."""
    domain = check_address(sender).rpartition("@")[2]
    return f"<{hashlib.sha256(key.encode()).hexdigest()[:40]}@{domain}>"


def to_email(letter: Letter, sender: str) -> EmailMessage:
    """The mail as headers and MIME parts; raises Faulty when the address of the receiver is none.

    No Precedence header: Auto-Submitted says the same to vacation programs, and Precedence marks junk to some.
    """
    to, origin = check_address(letter.to), check_address(sender)
    mail = EmailMessage(policy=SMTP if (to + origin).isascii() else SMTPUTF8)
    mail["From"] = _mailbox(SENDER_NAME, origin)
    mail["To"] = _mailbox(letter.name, to)
    mail["Subject"] = plain(letter.subject, SUBJECT_LIMIT)
    mail["Date"] = letter.date
    mail["Message-ID"] = letter.message_id
    mail["Auto-Submitted"] = "auto-generated"
    mail["X-Auto-Response-Suppress"] = "All"
    mail.set_content(letter.text, cte="base64")
    mail.add_alternative(letter.html, subtype="html", cte="base64")
    for attachment in letter.attachments:
        _attach(mail, attachment)
    return mail


def _mailbox(name: str, address: str) -> Address:
    user, _, domain = address.rpartition("@")
    return Address(display_name=plain(name, NAME_LIMIT), username=user, domain=domain)


def _attach(mail: EmailMessage, attachment: Attachment) -> None:
    main, _, sub = attachment.media.partition("/")
    mail.add_attachment(
        attachment.content, maintype=main, subtype=sub, filename=file_name(attachment.filename)
    )
