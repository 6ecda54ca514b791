import pytest

from tests.store.labels.eight_annotators import check_that_nothing_was_lost_or_doubled, label_at_once


@pytest.mark.acceptance
def test_eight_annotators_at_once_on_sqlite(tmp_path):
    url = f"sqlite:///{tmp_path}/labels.db"
    check_that_nothing_was_lost_or_doubled(url, label_at_once(url))
