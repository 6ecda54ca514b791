"""The revisions of the label database: they make what ``schema.py`` says, once, and take over what was made before."""

import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Engine, create_engine, inspect, text

from tiefvision_assets.box import Box
from tiefvision_assets.store.labels.database import LabelDatabaseError, parsed_url
from tiefvision_assets.store.labels.migrations import HEAD, VERSION_TABLE, revision_of
from tiefvision_assets.store.labels.schema import METADATA
from tiefvision_assets.store.labels.store import BoxLabel, LabelStore

LABEL = BoxLabel("a", Box(1, 2, 3, 4))


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest) -> str:
    """An empty database of either kind."""
    return request.getfixturevalue("url" if request.param == "sqlite" else "postgres_url")


@pytest.fixture
def engine(url: str) -> Iterator[Engine]:
    """The database without the store."""
    engine = create_engine(parsed_url(url))
    yield engine
    engine.dispose()


def differences(engine: Engine) -> list[object]:
    with engine.connect() as connection:
        options = {"compare_type": True, "compare_server_default": True, "version_table": VERSION_TABLE}
        return compare_metadata(MigrationContext.configure(connection, opts=options), METADATA)


def test_the_newest_revision_is_the_one_that_is_wanted():
    config = Config()
    config.set_main_option("script_location", "tiefvision_assets.store.labels:migrations")
    config.set_main_option("path_separator", "os")
    scripts = ScriptDirectory.from_config(config)
    assert scripts.get_heads() == [HEAD]
    numbers = [script.revision for script in scripts.walk_revisions()]
    assert sorted(numbers, reverse=True) == numbers, "databases are compared by number"
    assert all(len(number) == 4 and number.isdigit() for number in numbers)


def test_the_revisions_make_the_tables_that_the_code_uses(labels, engine):
    labels.counts()
    assert differences(engine) == []
    with engine.begin() as connection:
        connection.execute(text("ALTER TABLE label_lease ADD COLUMN more INTEGER"))
    assert len(differences(engine)) == 1


def test_a_database_of_before_is_taken_over_as_it_is(labels, engine, url):
    labels.add_boxes([LABEL], annotator="ann")
    name = labels.database_id()
    labels.close()
    with engine.begin() as connection:  # as the code left it before there were revisions
        connection.execute(text(f"DROP TABLE {VERSION_TABLE}"))
        for table in set(inspect(connection).get_table_names()) - {"label_event", "label_lease", "label_database"}:
            connection.execute(text(f"DROP TABLE {table}"))
    again = LabelStore(url)
    assert (again.counts()["boxes"], again.database_id()) == (1, name)
    assert differences(engine) == []
    again.close()


def test_a_database_of_a_newer_version_is_refused_untouched(labels, engine, url):
    labels.add_boxes([LABEL], annotator="ann")
    labels.close()
    with engine.begin() as connection:
        connection.execute(text(f"UPDATE {VERSION_TABLE} SET version_num = '9999'"))
    with pytest.raises(LabelDatabaseError, match=r"newer version.*revision 9999.*install that version"):
        LabelStore(url).add_boxes([LABEL], annotator="ann")
    assert revision_of(engine) == "9999"


def test_those_who_open_it_at_once_do_it_once(url, engine):
    barrier = Barrier(4)

    def open_it(writer: int) -> str:
        store = LabelStore(url)
        barrier.wait()
        store.add_boxes([BoxLabel(f"{writer}", Box(0, 0, 1, 1))], annotator="ann")
        name = store.database_id()
        store.close()
        return name

    with ThreadPoolExecutor(4) as threads:
        assert len(set(threads.map(open_it, range(4)))) == 1
    with engine.connect() as connection:
        assert connection.execute(text(f"SELECT count(*) FROM {VERSION_TABLE}")).scalar() == 1
        assert connection.execute(text("SELECT count(*) FROM label_database")).scalar() == 1
        assert connection.execute(text("SELECT count(*) FROM label_event")).scalar() == 4


def test_a_revision_that_fails_leaves_nothing_behind(url, engine, monkeypatch):
    monkeypatch.setattr("uuid.uuid4", lambda: None)  # the last that the first revision wants
    with pytest.raises(AttributeError):
        LabelStore(url).counts()
    assert inspect(engine).get_table_names() == []


OPEN = """
import sys
from tiefvision_assets.store.labels.store import LabelStore
LabelStore(sys.argv[1]).counts()
print(*sorted({"alembic", "mako"} & set(sys.modules)))
"""


def test_alembic_is_loaded_only_where_something_is_to_be_done(url):
    loaded = [subprocess.check_output([sys.executable, "-c", OPEN, url], text=True).split() for _ in range(2)]
    assert loaded[0][0] == "alembic"
    assert loaded[1] == []
