"""Tables with the columns and indexes of ours, for the raw statements that ours are measured beside."""

from __future__ import annotations

import sqlalchemy as sa

from states.records.session import Store


def twin(store: Store, table: sa.Table) -> sa.Table:
    """An empty table like `table`, named `twin_…`."""
    copy = table.to_metadata(sa.MetaData(), name=f"twin_{table.name}")
    for index in copy.indexes:
        index.name = sa.sql.quoted_name(f"twin_{index.name}", None)
    copy.create(store.engine)
    return copy
