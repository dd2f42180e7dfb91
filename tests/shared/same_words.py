"""What an answer says, apart from the number of its request, which no two share."""

from __future__ import annotations

import re
from typing import Any


def words(answer: Any) -> str:
    return re.sub(r'"request_id":"[0-9a-f]+",?', "", answer.text)
