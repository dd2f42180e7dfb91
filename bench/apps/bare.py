"""The least that FastAPI does: one async route that answers a ready object as JSON."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

from fastapi import FastAPI


def create_app() -> FastAPI:
    """Answers the JSON in the file BENCH_BODY."""
    app = FastAPI()
    body = json.loads(Path(os.environ["BENCH_BODY"]).read_text())

    @app.get("/body")
    async def answer() -> Any:
        return body

    return app
