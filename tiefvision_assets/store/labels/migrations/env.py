"""What Alembic runs for each of its commands: on the connection that it is given, in that connection's transaction."""

from alembic import context

from tiefvision_assets.store.labels.migrations import VERSION_TABLE
from tiefvision_assets.store.labels.schema import METADATA

context.configure(
    connection=context.config.attributes["connection"], target_metadata=METADATA, version_table=VERSION_TABLE
)
with context.begin_transaction():
    context.run_migrations()
