"""What tests set up or ask on loopback: a post office, and whether a database takes questions."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import sqlalchemy as sa
from aiosmtpd.controller import Controller

from flows.prefect_child import free_port


@contextmanager
def served(handler: object, port: int = 0, **options: object) -> Iterator[int]:
    """The port (a free one for 0) at which an SMTP server hands what it gets to `handler`; `options` are aiosmtpd's."""
    controller = Controller(handler, hostname="127.0.0.1", port=port or free_port(), **options)
    controller.start()
    try:
        yield controller.port
    finally:
        controller.stop()


def takes_questions(url: str | sa.URL) -> bool:
    """Whether a database answers at present."""
    engine = sa.create_engine(url)
    try:
        with engine.connect() as connection:
            return connection.execute(sa.text("SELECT 1")).scalar() == 1
    except sa.exc.SQLAlchemyError:
        return False
    finally:
        engine.dispose()
