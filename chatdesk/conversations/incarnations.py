"""Which database this is, and that a restored one is another.

A client that resumes says of which database its numbers are. After a restore from a backup the same
numbers may stand for other lines, so the id must differ; then every client takes a snapshot.

Who may write the row: whoever finds that the database's own marks are not those of the row, by an UPDATE
that names the old ones. When two try, one changes it and the other reads what it became.
"""

from __future__ import annotations

from django.db import connection

from chatdesk.conversations.models import Incarnation, new_id

# A dump that is restored makes new objects; a base backup that is rolled forward, and a replica that is
# promoted, begin a new timeline; another cluster has another identifier.
_MARKS = (
    "SELECT concat_ws('/', (SELECT system_identifier FROM pg_control_system()), "
    "(SELECT timeline_id FROM pg_control_checkpoint()), "
    "(SELECT oid FROM pg_database WHERE datname = current_database()), "
    "'conversations_event'::regclass::oid)"
)


def current() -> str:
    """The id as it stands."""
    row = Incarnation.objects.order_by("pk").first()
    return row.db if row is not None else "none"


def settle() -> str:
    """Compares the database's marks with those it had, and returns the id that holds from now on.
    SQLite's file has none; ``serving/restored.py`` keeps its own beside the file."""
    row = Incarnation.objects.order_by("pk").first()
    if row is None or connection.vendor != "postgresql":
        return row.db if row is not None else "none"
    with connection.cursor() as cursor:
        cursor.execute(_MARKS)
        marks = str(cursor.fetchone()[0])
    if row.marks == marks:
        return row.db
    db = new_id() if row.marks else row.db
    Incarnation.objects.filter(pk=row.pk, marks=row.marks).update(db=db, marks=marks)
    return current()


def renew() -> str:
    """A new id, for whoever knows that the contents were restored; returns it."""
    Incarnation.objects.update(db=new_id())
    return current()
