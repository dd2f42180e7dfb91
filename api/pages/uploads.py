"""A form with files: they come in as with the API, and what was typed beside them is kept whatever becomes of them."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace

from anyio import to_thread

from api import upload
from api.deps import Desk
from api.pages.forms import Typed, typed
from states.errors import DubanError, Fault, Faulty, NoRoom, TooLarge
from states.records.handing_in import Arrived, Whole
from states.records.vault import Vault

FILES = "_files"  # what they contain, so that the same form with other files is another one


@dataclass(frozen=True)
class Came:
    """What was typed, the files, and what was wrong with them. `arrived`: those that may be handed in."""

    typed: Typed
    files: tuple[Whole, ...] = ()
    arrived: tuple[Arrived, ...] = ()
    wrong: DubanError | None = None


@asynccontextmanager
async def received(desk: Desk, *, to_read: bool = False) -> AsyncIterator[Came]:
    """The whole form of a request. Leave, and files that were not kept are gone.

    `to_read`: the files are no material to be handed in; who reads them here says in his own words what is wrong with them.
    """
    settings, request = desk.house.settings, desk.request
    form = upload.begun(request, Vault(settings.files), settings.file_bytes)
    try:
        wrong: DubanError | None = None
        files: tuple[Whole, ...] = ()
        arrived: tuple[Arrived, ...] = ()
        try:
            await upload.take(request, form, to_the_end=True)
            if to_read:
                files = await to_thread.run_sync(form.whole)
            else:
                files = arrived = await to_thread.run_sync(form.arrived)
        except (Faulty, TooLarge, NoRoom) as error:
            wrong = _at_field(error)
        pairs = [(name, value) for name, values in form.fields.items() for value in values]
        came = typed(pairs, request.url.path)
        hashes = tuple(one.content.sha256 for one in files)
        yield Came(replace(came, values={**came.values, FILES: hashes}), files, arrived, wrong)
    finally:
        form.close()


def _at_field(error: DubanError) -> DubanError:
    """What is wrong with a file stands at the field where files are chosen, with the name of the file."""
    if not isinstance(error, Faulty):
        return Faulty([Fault(upload.FILE, error.detail)]) if isinstance(error, TooLarge) else error
    known = (upload.FILE, "body")
    return Faulty(
        [
            one if one.place in known else Fault(upload.FILE, f"{one.place}：{one.says}")
            for one in error.faults
        ]
    )
