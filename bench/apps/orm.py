"""A move as one would first write it: get the row, set its fields, add a journal row, commit.

Annotations are evaluated here, since FastAPI has to find the session of an inner function in them.
"""

import os
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Annotated, Any

from fastapi import Depends, FastAPI, HTTPException
from pydantic import BaseModel
from sqlmodel import Session, create_engine

from states.records.tables import Journal, UnitRun

MOVES = {"suspend": "one.suspended", "resume": "one"}


class Wish(BaseModel):
    """What is asked for."""

    move: str
    reason: str | None = None


def create_app() -> FastAPI:
    """Against the database BENCH_DATABASE_URL."""
    app = FastAPI()
    engine = create_engine(os.environ["BENCH_DATABASE_URL"])

    def session() -> Iterator[Session]:
        with Session(engine) as opened:
            yield opened

    @app.post("/campaigns/{campaign_id}/units/{unit_id}/moves")
    def move(
        campaign_id: int, unit_id: int, wish: Wish, database: Annotated[Session, Depends(session)]
    ) -> dict[str, Any]:
        row = database.get(UnitRun, (campaign_id, unit_id))
        if row is None:
            raise HTTPException(404)
        before, now = row.state, datetime.now(UTC)
        row.state, row.since = MOVES[wish.move], now
        row.version += 1
        database.add(row)
        database.add(
            Journal(
                at=now,
                campaign_id=campaign_id,
                unit_id=unit_id,
                kind="unit.moved",
                actor="bench",
                before=before,
                after=row.state,
                reason=wish.reason,
                payload={"move": wish.move},
            )
        )
        database.commit()
        database.refresh(row)
        return {"unit": unit_id, "state": row.state, "version": row.version}

    return app
