"""A file that is looked at first and then taken: sent once, kept aside for whoever sent it, and found again by its token.

So nobody takes in another file than the one he looked at. See `states.records.aside`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any

from anyio import to_thread
from pydantic import Field
from sqlmodel import Session
from starlette.responses import Response

from api.deps import Desk
from api.pages import forms, uploads
from api.pages.forms import Done, Form, Shape, Sheet, Typed
from api.pages.uploads import Came
from api.shapes import NO_ZERO, Sent
from states.documents.sheet import beside
from states.errors import DubanError, Fault, Faulty
from states.records import aside
from states.records.vault import Vault

FILE, KEPT, NAME, LOOK = "file", "kept", "filename", "look"
ONE_FILE = "请选择一个文件"
GONE = "看过的文件已经不在（只留一天，也只留最近几个）；请重新选择文件"
UNREAD = "文件里有几张工作表，只读了第一张“{}”；没有读的：{}"
LED_ON = 303
LABELS = {FILE: "文件", KEPT: "", NAME: "", LOOK: ""}


class KeptFile(Sent):
    """A file that was looked at, and what it would have done then (`look`: a mark of it)."""

    kept: Annotated[str, Field(min_length=1, max_length=64, pattern=NO_ZERO)]
    filename: Annotated[str, Field(max_length=200, pattern=NO_ZERO)] = ""
    look: Annotated[str, Field(max_length=64, pattern=NO_ZERO)] = ""


async def sent(
    desk: Desk,
    form: Form[Any],
    what: str,
    look: Callable[[Typed], Response],
    again: Callable[[Sheet, int], Response],
    one_file: str = ONE_FILE,
) -> Response:
    """The one file that comes is kept for `what`, and looked at by its token; what is wrong with it is shown above the form."""
    async with uploads.received(desk, to_read=True) as came:
        return await to_thread.run_sync(_sent, desk, form, came, what, look, again, one_file)


def _sent(
    desk: Desk,
    form: Form[Any],
    came: Came,
    what: str,
    look: Callable[[Typed], Response],
    again: Callable[[Sheet, int], Response],
    one_file: str,
) -> Response:
    try:
        typed = _kept(desk, came, what, one_file)
    except DubanError as error:
        return again(forms.refused(form, came.typed, error), forms.status(error))
    return look(typed)


def take(
    desk: Desk,
    form: Form[Shape],
    typed: Typed,
    what: str,
    work: Callable[[Session, Shape], Done],
    again: Callable[[Sheet, int], Response],
) -> Response:
    """As `forms.act`; the file goes once it was taken."""
    answer = forms.act(desk, form, typed, work, again)
    if answer.status_code == LED_ON:
        aside.drop(_vault(desk), _owner(desk, what), typed.text(KEPT))
    return answer


def _kept(desk: Desk, came: Came, what: str, one_file: str) -> Typed:
    """What was typed, with the mark of the file instead of it. Raises what was wrong; Faulty where there is none, or several."""
    if came.wrong is not None:
        raise came.wrong
    if len(came.files) != 1:
        raise Faulty([Fault(FILE, one_file)])
    (file,) = came.files
    token = aside.keep(_vault(desk), file.content, _owner(desk, what))
    values = {**came.typed.values, KEPT: (token,), NAME: (file.name,), forms.ONCE: (forms.fresh(),)}
    values.pop(uploads.FILES, None)
    return Typed(values, came.typed.path)


def content(desk: Desk, token: str, what: str) -> bytes:
    """The file again. Raises Faulty at the field where files are chosen."""
    found = aside.kept(_vault(desk), _owner(desk, what), token)
    if found is None:
        raise Faulty([Fault(FILE, GONE)])
    return found


def unread(desk: Desk, sheet: Sheet, what: str) -> str:
    """Which sheet of the workbook that was read just now was read, and which were not; "" where there is only one."""
    found = aside.kept(_vault(desk), _owner(desk, what), sheet.text(KEPT)) or b""
    first, others = beside(found, sheet.text(NAME))
    return UNREAD.format(first, "、".join(f"“{one}”" for one in others)) if others else ""


def looked(form: Form[Any], typed: Typed, mark: str, refused: Sheet | None = None) -> Sheet:
    """The form as it was sent, to be taken now; `mark`: of what it would do. `refused`: why it was not taken just now."""
    values = {**typed.values, LOOK: (mark,)}
    if refused is not None:
        return Sheet(form.labels, values, refused.errors, refused.token)
    return Sheet(form.labels, values, {}, typed.text(forms.ONCE) or forms.fresh())


def at_file(error: Faulty) -> Faulty:
    """What is wrong with a file as a whole stands at the field where files are chosen."""
    return Faulty([Fault(FILE, str(one)) for one in error.faults])


def _vault(desk: Desk) -> Vault:
    return Vault(desk.house.settings.files)


def _owner(desk: Desk, what: str) -> str:
    return f"{desk.scope.key_id} {what}"
