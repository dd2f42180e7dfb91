"""What must not be read in the database: sealed with a key that is not in it.

Who gave a clue, and the secrets of webhooks, each under a key of its own made from one.

The key is `DUBAN_CLUE_KEY` (several separated by commas: the first seals, all open), or else `clue.key` in the data
folder, made at first need and readable by its owner alone. Without it the sealed is lost, so it belongs into the backup.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Mapping

from sqlmodel import Session

from states.errors import DubanError
from states.records import keyfile
from states.settings import Settings

NAME = "clue.key"
BOX = "box"  # what a session carries: how to get the seal
LOST = (
    "{what}是用另一把密钥加密的，现在的密钥打不开；请找回原来的密钥（DUBAN_CLUE_KEY 或数据文件夹中的 {name}）"
)
INFORMANTS, SECRETS = "举报人信息", "推送的签名密钥"

DAMAGED = "{path} 不是完好的密钥：请用备份替换，或在 DUBAN_CLUE_KEY 中写明原来的密钥"


class Unreadable(DubanError):
    """加密的内容打不开"""


class Seal:
    """Seals and opens; of what it seals it knows how to call it where it can't be opened."""

    def __init__(self, keys: list[str], what: str = INFORMANTS) -> None:
        from cryptography.fernet import Fernet, MultiFernet  # 7 MB, of no use before the first clue

        self._keys, self._what = keys, what
        self._boxes = MultiFernet([Fernet(key) for key in keys])
        self._secret = hashlib.sha256(b"digest" + keys[0].encode()).digest()

    def close(self, about: str, parts: Mapping[str, str]) -> str:
        """`parts` as text that says nothing; `about` binds it to its row."""
        content = json.dumps({"about": about, "parts": dict(parts)}, ensure_ascii=False)
        return self._boxes.encrypt(content.encode()).decode()

    def open(self, about: str, sealed: str) -> dict[str, str]:
        """What was sealed. Raises Unreadable for another key, or where it was moved to another row."""
        from cryptography.fernet import InvalidToken

        try:
            content = json.loads(self._boxes.decrypt(sealed.encode()))
        except InvalidToken as error:
            raise Unreadable(LOST.format(what=self._what, name=NAME)) from error
        if content["about"] != about:
            raise Unreadable(f"加密的{self._what}不属于这一条，可能被人移动过")
        return dict(content["parts"])

    def apart(self, purpose: str, what: str) -> Seal:
        """One for something else: what the one has sealed the other can't open."""
        made = (hmac.new(key.encode(), purpose.encode(), hashlib.sha256).digest() for key in self._keys)
        return Seal([base64.urlsafe_b64encode(key).decode() for key in made], what)

    def digest(self, content: str) -> str:
        """A digest that can't be guessed back without the key."""
        return hmac.new(self._secret, content.encode(), hashlib.sha256).hexdigest()


def seal(settings: Settings) -> Seal:
    """The seal of this installation; makes its key file when there is none. Raises Unreadable."""
    if settings.clue_key:
        return Seal(settings.clue_keys)
    path = settings.home / NAME
    try:
        return Seal([keyfile.kept(path)])
    except ValueError as error:  # cut short, or other than ASCII
        raise Unreadable(DAMAGED.format(path=path)) from error


def carried(session: Session) -> Seal:
    """The seal of the store that this session belongs to. Raises Unreadable where it has none."""
    box = session.info.get(BOX)
    if box is None:
        raise Unreadable("这里没有密钥，不能加密也不能解密")
    made: Seal = box()
    return made
