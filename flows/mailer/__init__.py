"""Handing a letter to the post: one `send`, and three answers.

`mailer(url, sender)` makes the mailer that an address names:

- `smtp://user:password@host:port` — STARTTLS when the server offers it, always before a login (port 587, or 25
  without a user); special characters in user and password are written as `%40`
- `smtps://user:password@host:port` — TLS from the first byte (port 465)
- `maildir:FOLDER` — a file per mail in FOLDER/new
- `memory:` — a list, for tests and simulations

Options of the first two, after a `?`: `ca=FILE` trusts the certificates in FILE only, `verify=no` takes any
certificate (a closed network; anybody in between can read along), `helo=NAME` greets with this name, `timeout=SECONDS`
is how long an answer may take (20).
"""

from flows.mailer.answer import Answer, AnswerKind, Mailer
from flows.mailer.line import Server
from flows.mailer.maildir import Maildir
from flows.mailer.memory import Memory
from flows.mailer.opening import mailer
from flows.mailer.smtp import Smtp

__all__ = ["Answer", "AnswerKind", "Maildir", "Mailer", "Memory", "Server", "Smtp", "mailer"]
