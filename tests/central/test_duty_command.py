"""`duty credits | missed` as a person meets them; what they list is told by the recorded week."""

import pytest

from central.__main__ import main
from central.store import open_store

PERIOD = ["--from", "2018-11-12", "--to", "2018-11-18"]


@pytest.fixture
def database(tmp_path):
    url = f"sqlite:///{tmp_path}/a.db"
    store = open_store(url)
    store.upgrade()
    store.close()
    return url


@pytest.mark.parametrize(
    ("verb", "head", "said"),
    [
        ("credits", "staff,date,start,end,kind,minutes,done_by,outcome,doc_no", "no duty that earns a credit was done"),
        ("missed", "staff,date,start,end,kind,outcome,stand_in,deputy", "every slot was kept, or is not judged yet"),
    ],
)
def test_where_there_is_nothing_to_list_it_says_so(database, verb, head, said, capsys):
    assert main(["--db", database, "duty", verb, *PERIOD]) == 0
    told = capsys.readouterr()
    assert told.out.splitlines() == [head]
    assert told.err.startswith(f"note: {said} from 2018-11-12 to 2018-11-18")


def test_a_unit_that_there_is_not_and_a_period_that_ends_before_it_begins_are_refused(database, capsys):
    assert main(["--db", database, "duty", "credits", *PERIOD, "--unit", "X"]) == 1
    assert "there is no unit 'X'" in capsys.readouterr().err
    assert main(["--db", database, "duty", "missed", "--from", "2018-11-18", "--to", "2018-11-12"]) == 1
    assert "exchange them" in capsys.readouterr().err
