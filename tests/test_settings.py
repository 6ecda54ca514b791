from pathlib import Path

import pytest
from pydantic import ValidationError

from tiefvision_assets.errors import TiefVisionError
from tiefvision_assets.settings import Settings
from tiefvision_assets.store.labels.database import labels_url


@pytest.fixture(autouse=True)
def bare_environment(settings, monkeypatch, tmp_path):
    """Without TIEFVISION_… variables, in an empty folder."""
    monkeypatch.chdir(tmp_path)


def test_everything_lies_below_the_data_folder_by_default(tmp_path):
    settings = Settings()
    data = tmp_path / "data"
    assert settings.data_dir == data
    assert settings.raw_dir == data / "raw"
    assert labels_url(settings).render_as_string() == f"sqlite:///{data}/labels.db"
    assert settings.dagster_home == data / "dagster"
    assert settings.cache_dir == Path.home() / ".cache/tiefvision"
    assert settings.weights_path is None
    assert (settings.encoder, settings.index, settings.device, settings.retrain_after) == (
        None,
        "auto",
        "auto",
        50,
    )
    assert settings.engine == "auto"


def test_the_environment_sets_each(monkeypatch, tmp_path):
    values = {
        "DATA": "elsewhere",
        "RAW": "/photos",
        "DATABASE_URL": "postgresql+psycopg://db/labels",
        "ENCODER": "tiny",
        "WEIGHTS": "~/weights",
        "CACHE": "cache",
        "INDEX": "faiss",
        "ENGINE": "torch",
        "DEVICE": "cuda:1",
        "RETRAIN_AFTER": "7",
    }
    for name, value in values.items():
        monkeypatch.setenv(f"TIEFVISION_{name}", value)
    settings = Settings()
    assert settings.data_dir == tmp_path / "elsewhere" and settings.raw_dir == Path("/photos")
    assert labels_url(settings).render_as_string() == "postgresql+psycopg://db/labels"
    assert settings.weights_path == Path.home() / "weights" and settings.cache_dir == tmp_path / "cache"
    assert (settings.encoder, settings.index, settings.device, settings.retrain_after) == ("tiny", "faiss", "cuda:1", 7)
    assert settings.engine == "torch"


def test_photos_may_lie_in_object_storage(monkeypatch):
    monkeypatch.setenv("TIEFVISION_RAW", "s3://shop/all photos/")
    monkeypatch.setenv("TIEFVISION_CACHE_GB", "0.5")
    settings = Settings()
    assert (settings.raw_url, settings.raw_place, settings.cache_gb) == ("s3://shop/all photos", settings.raw_url, 0.5)
    with pytest.raises(TiefVisionError, match=r"The photos lie at s3://shop/all photos, and this works in a folder on"):
        _ = settings.raw_dir


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        (
            "foo://shop/photos",
            r"there is no foo://; give a folder, a URL such as s3://bucket/prefix, or .*, ftp, .*, sftp,",
        ),
        ("file:///srv/photos", "it is a folder of this machine; give its path"),
        ("s3:///photos", "the URL names no place; give a bucket and a prefix behind s3://"),
        ("sftp://", "the URL names no place; give a host and a folder"),
        ("sftp://me:secret@shop/photos", r"holds more than a host and a folder; credentials come from fsspec's conf"),
        ("zip://a.zip::ftp://shop/photos", "holds more than a host and a folder"),
        ("s3://key:secret@shop/photos", "credentials come from the environment"),
        ("s3://shop/photos?versionId=3", "the URL holds more than a bucket and a prefix"),
    ],
)
def test_a_url_that_names_no_bucket_is_refused(monkeypatch, url: str, reason: str):
    monkeypatch.setenv("TIEFVISION_RAW", url)
    with pytest.raises(ValidationError, match=reason):
        Settings()


def test_photos_may_lie_where_fsspec_reads_and_data_may_not(monkeypatch):
    monkeypatch.setenv("TIEFVISION_RAW", "sftp://shop:2022/all photos/")
    assert Settings().raw_url == "sftp://shop:2022/all photos"
    monkeypatch.setenv("TIEFVISION_DATA", "sftp://shop/data")
    with pytest.raises(ValidationError, match=r"sftp:// will not do, since .* under a condition, .*give a folder, or"):
        Settings()


def test_an_empty_variable_is_as_good_as_none(monkeypatch, tmp_path):
    for name in ("DATA", "RAW", "DATABASE_URL", "WEIGHTS", "RETRAIN_AFTER"):
        monkeypatch.setenv(f"TIEFVISION_{name}", "")
    settings = Settings()
    assert settings.raw_dir == tmp_path / "data/raw"
    assert settings.weights_path is None and settings.retrain_after == 50


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("INDEX", "annoy"),
        ("ENGINE", "steam"),
        ("RETRAIN_AFTER", "0"),
        ("RETRAIN_AFTER", "many"),
        ("SCAN_CRON", "every night"),
        ("SCAN_CRON", "99 3 * * *"),
        ("SCAN_CRON", "0 3 * *"),
        ("TIME_ZONE", "Mars/Olympus"),
        ("TIME_ZONE", "../../etc/passwd"),
        ("RAW", "~nobody-of-that-name/photos"),
    ],
)
def test_a_value_that_cannot_be_is_refused(monkeypatch, name, value):
    monkeypatch.setenv(f"TIEFVISION_{name}", value)
    with pytest.raises(ValidationError, match=name.lower()):
        Settings()


def test_later_changes_of_the_folder_do_not_move_the_data(monkeypatch, tmp_path):
    settings = Settings()
    before = settings.data_dir
    monkeypatch.chdir("/")
    assert settings.data_dir == before


def test_settings_do_not_change():
    with pytest.raises(ValidationError):
        Settings().data = Path("other")


@pytest.mark.parametrize(
    "text",
    [
        "ann@x.org=admin, Bob=annotator,",
        '{"Ann@x.org": "admin", "bob": "annotator"}',
        " bob =annotator,ANN@x.org= admin",
    ],
)
def test_roles_are_pairs_or_an_object(monkeypatch, text):
    monkeypatch.setenv("TIEFVISION_ROLES", text)
    assert Settings().roles == {"ann@x.org": "admin", "bob": "annotator"}


@pytest.mark.parametrize("text", ["ann", "ann=boss", "=admin", '{"ann": 1}', "{broken"])
def test_roles_that_cannot_be_are_refused(monkeypatch, text):
    monkeypatch.setenv("TIEFVISION_ROLES", text)
    with pytest.raises(ValidationError, match="roles"):
        Settings()


def test_the_app_listens_on_this_machine_alone_and_knows_nobody():
    settings = Settings()
    assert (settings.ui_address, settings.ui_without_login) == ("127.0.0.1", False)
    assert (settings.roles, settings.default_role) == ({}, None)
    assert settings.dagster_url == "http://127.0.0.1:3000"


def test_a_copy_has_the_folders_of_what_it_changes(tmp_path):
    settings = Settings(data=tmp_path / "first")
    assert (settings.data_dir, settings.raw_dir) == (tmp_path / "first", tmp_path / "first" / "raw")
    copied = settings.model_copy(update={"data": tmp_path / "second"})
    assert (copied.data_dir, copied.raw_dir) == (tmp_path / "second", tmp_path / "second" / "raw")
