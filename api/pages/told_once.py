"""What is told once and kept nowhere: a new key, a first password. It stands on the page that answers the form, and on no other."""

from __future__ import annotations

from collections.abc import Callable

from sqlmodel import Session
from starlette.responses import Response

from api.deps import Desk
from api.pages import forms
from api.pages.forms import Form, Shape, Sheet, Typed
from states.errors import DubanError, Refused
from states.records import once

ALREADY = "这张表已经办过，只显示那一次。没有记下的，请作废后重新生成"


def tell(
    desk: Desk,
    form: Form[Shape],
    sent: Typed,
    work: Callable[[Session, Shape], str],
    shown: Callable[[str], Response],
    again: Callable[[Sheet, int], Response],
) -> Response:
    """Do `work` in one transaction, once, and show what it made; sent a second time the same form makes nothing and tells
    nothing. Raises what is no matter of the form: NotAllowed, NotFound."""
    try:
        asked = sent.shaped(form.shape)
        secret = _once(desk, sent, lambda session: work(session, asked))
    except DubanError as error:
        if not forms.about_form(error):
            raise
        return again(forms.refused(form, sent, error), forms.status(error))
    return shown(secret)


def _once(desk: Desk, sent: Typed, work: Callable[[Session], str]) -> str:
    """The token is taken as with any form; what was made is not kept beside it."""
    key, token = desk.scope.key_id, sent.token
    with desk.write() as session:
        if once.begin(session, key, token, sent.digest(), desk.now) is not None:
            raise Refused(ALREADY)
        secret = work(session)
        once.finish(session, key, token, 200, "")
    return secret
