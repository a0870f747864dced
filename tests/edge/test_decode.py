"""`diemdanh-edge decode` against every recorded read that this version can decode."""

import argparse
import json
from pathlib import Path

import pytest

from edge.decode import DecodeError, add_arguments, decode_file, decode_frame, run

RECORDED = Path(__file__).parents[1] / "data" / "readers.json"
VECTORS = {vector["id"]: vector for vector in json.loads(RECORDED.read_text(encoding="utf-8"))["vectors"]}
ANSWERS = {answer["id"]: answer for answer in decode_file(RECORDED)}


@pytest.mark.parametrize("id_", VECTORS)
def test_a_recorded_read_is_decoded_as_expected(id_):
    answer, vector = ANSWERS[id_], VECTORS[id_]
    if "expect_error" in vector:
        assert (answer["reads"], answer["errors"]) == ([], [vector["expect_error"]])
        return
    expect = vector["expect"]
    assert answer["errors"] == expect.get("errors", [])
    assert answer["reads"] == expect.get("reads", answer["reads"])
    if "badge" in expect:
        assert expect["badge"] in answer["reads"]
    assert answer.get("accepted") == expect.get("accepted")
    assert answer.get("records") == expect.get("records")
    wanted = expect.get("other_forms", {})
    assert wanted.items() <= answer.get("forms", {}).items()


def test_every_vector_is_answered_and_other_protocols_say_so(tmp_path):
    assert list(ANSWERS) == list(VECTORS)
    [answer] = decode_file(written(tmp_path, {"id": "x", "protocol": "iclass", "bytes_hex": "00"}))
    assert answer == {"id": "x", "reads": [], "errors": ["unsupported_protocol"]}


def written(tmp_path, *vectors) -> Path:
    path = tmp_path / "reads.json"
    path.write_text(json.dumps({"vectors": vectors}), encoding="utf-8")
    return path


def test_separate_reads_are_one_stream(tmp_path):
    split = {"id": "x", "protocol": "rdm6300", "chunks_hex": ["023631", "30303845423246394134", "03"]}
    [answer] = decode_file(written(tmp_path, split))
    assert (answer["reads"], answer["errors"]) == (["em:008EB2F9"], [])


def test_the_policy_of_a_timeline_rules_and_what_it_does_not_say_is_the_default(tmp_path):
    hex_ = "0236313030384542324639413403"
    timeline = [{"t_ms": t, "hex": hex_} for t in (0, 65, 130, 2000, 2065, 2130)] + [{"t_ms": 9000, "hex": hex_[:10]}]
    strict = {"id": "x", "protocol": "timeline", "policy": {"confirm": 3, "new": 1}, "timeline": timeline}
    empty = {"id": "y", "protocol": "timeline", "timeline": []}
    answers = decode_file(written(tmp_path, strict, empty))
    assert answers[0]["accepted"] == [[130, "em:008EB2F9"]]
    assert answers[0]["errors"] == ["truncated"]
    assert answers[1]["accepted"] == []


@pytest.mark.parametrize(
    "vector",
    [
        {"protocol": "rdm6300"},
        {"protocol": "rdm6300", "bytes_hex": "0g"},
        {"protocol": "forms", "bytes_hex": "01"},
        {"protocol": "timeline", "timeline": [{"hex": "02"}]},
    ],
)
def test_a_malformed_vector_does_not_stop_the_others(tmp_path, vector):
    good = {"id": "good", "protocol": "forms", "bytes_hex": "61008EB2F9"}
    first, second = decode_file(written(tmp_path, {"id": "bad", **vector}, good))
    assert first == {"id": "bad", "reads": [], "errors": ["bad_vector"]}
    assert second["reads"] == ["em:008EB2F9"]


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"vectors": [1]}', '{"vectors": [{}]}', '{"vectors": null}'])
def test_a_file_that_is_no_recording_says_what_it_should_be(tmp_path, text):
    path = tmp_path / "reads.json"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(DecodeError, match='is no JSON object with a list "vectors"'):
        decode_file(path)


def test_a_file_that_is_not_there_is_named(tmp_path):
    with pytest.raises(DecodeError, match=r"reads\.json: cannot be read"):
        decode_file(tmp_path / "reads.json")


def test_one_frame_for_a_technician():
    answer = decode_frame("rdm6300", "02 36313030384542324639 4134 03")
    assert (answer["reads"], answer["forms"]["printed"]) == (["em:008EB2F9"], "0009351929")
    assert decode_frame("id12la", "0203") == {"reads": [], "errors": ["bad_length"]}
    with pytest.raises(DecodeError, match="reader 'x' is not known; there are rdm6300"):
        decode_frame("x", "00")
    with pytest.raises(DecodeError, match="pairs of hex digits"):
        decode_frame("rdm6300", "0")


def command(*words: str) -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    add_arguments(parser)
    return parser.parse_args(words)


def test_the_command_prints_json(capsys):
    assert run(command(str(RECORDED))) == 0
    assert json.loads(capsys.readouterr().out) == list(ANSWERS.values())
    assert run(command("--reader", "rdm6300", "0236313030384542324639413403")) == 0
    assert json.loads(capsys.readouterr().out)["reads"] == ["em:008EB2F9"]


def test_a_frame_without_a_badge_is_no_success(capsys):
    assert run(command("--reader", "id12la", "0203")) == 1
    told = capsys.readouterr()
    assert json.loads(told.out)["reads"] == []
    assert told.err == "diemdanh-edge: id12la reads no badge in these bytes (bad_length)\n"
