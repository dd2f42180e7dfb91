"""What may be read by one role only: sealed with a key that is not in the database.

The key is `DUBAN_CLUE_KEY` (several separated by commas: the first seals, all open), or else `clue.key` in the data
folder, made at first need and readable by its owner alone. Without it the sealed is lost, so it belongs into the backup.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Mapping

from states.errors import DubanError
from states.records import keyfile
from states.settings import Settings

NAME = "clue.key"
LOST = "举报人信息是用另一把密钥加密的，现在的密钥打不开；请找回原来的密钥（DUBAN_CLUE_KEY 或数据文件夹中的 {name}）"

DAMAGED = "{path} 不是完好的密钥：请用备份替换，或在 DUBAN_CLUE_KEY 中写明原来的密钥"


class Unreadable(DubanError):
    """加密的内容打不开"""


class Seal:
    """Seals and opens; knows nothing of what it seals."""

    def __init__(self, keys: list[str]) -> None:
        from cryptography.fernet import Fernet, MultiFernet  # 7 MB, of no use before the first clue

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
            raise Unreadable(LOST.format(name=NAME)) from error
        if content["about"] != about:
            raise Unreadable("加密的内容不属于这条线索，可能被人移动过")
        return dict(content["parts"])

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
