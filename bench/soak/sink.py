"""`python -m bench.soak.sink PORT`: a mail server that takes everything; told to end, it prints what it took."""

from __future__ import annotations

import json
import signal
import sys
import threading
from collections import Counter
from email import message_from_bytes
from email.message import Message

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope
from aiosmtpd.smtp import Session as Conversation


class Sink:
    """Counts Message-IDs."""

    def __init__(self) -> None:
        self.taken: Counter[str] = Counter()

    async def handle_DATA(self, _server: SMTP, _session: Conversation, envelope: Envelope) -> str:  # noqa: N802
        mail: Message = message_from_bytes(bytes(envelope.content or b""))
        self.taken[str(mail["Message-ID"])] += 1
        return "250 taken"


def main(port: int) -> None:
    sink, over = Sink(), threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: over.set())
    controller = Controller(sink, hostname="127.0.0.1", port=port)
    controller.start()
    over.wait()
    controller.stop()
    print(json.dumps({"mails": sink.taken.total(), "doubled": sum(n > 1 for n in sink.taken.values())}))


if __name__ == "__main__":
    main(int(sys.argv[1]))
