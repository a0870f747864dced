"""What comes from strangers before anybody is let in: claims, certificate requests, answers, and a kept enrolment."""

import json
import tempfile
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

from hypothesis import strategies as st

from central.trust.authority import RequestError, read_request
from edge.enrolment import FILE, Enrolment, EnrolmentError, read_enrolment
from edge.https import AnswerError, read_answer
from edge.identity import Identity, IdentityError, open_identity
from edge.wire.claim import Claim, decode_claim
from edge.wire.text import WireError
from tests.fuzz.inputs import damaged
from tests.fuzz.target import Target

CLAIM = Claim("10.1.2.3", 8443, bytes(range(16)), bytes(range(10))).text.encode()


def _refusing(parse: Callable[[Any], object], *declared: type[Exception]) -> Callable[[Any], None]:
    def attempt(one: Any) -> None:
        try:
            parse(one)
        except declared as error:
            assert str(error)

    return attempt


def _claim() -> Target:
    return Target(damaged([CLAIM]), _refusing(lambda one: decode_claim(one.decode("utf-8", "replace")), WireError))


def _identity(folder: str) -> Identity:
    return open_identity(Path(folder), "d1aa")


def _request() -> Target:
    with tempfile.TemporaryDirectory() as folder:
        pem = _identity(folder).certificate_request().encode()
    return Target(damaged([pem]), _refusing(lambda one: read_request(one.decode("utf-8", "replace")), RequestError))


def _answer() -> Target:
    whole = b'HTTP/1.1 200 OK\r\nContent-Length: 17\r\n\r\n{"state":"asked"}'
    return Target(damaged([whole]), _refusing(lambda one: read_answer(one, "10.1.2.3:8443"), AnswerError))


def _enrolment() -> Target:
    holder = tempfile.TemporaryDirectory()
    folder = Path(holder.name)
    key = _identity(holder.name).public_key
    kept = Enrolment("d1aa", "10.1.2.3", 8443, "ca", "certificate", 1, 2, "10.1.2.3", 8883, key)

    def parse(content: bytes) -> object:
        (folder / FILE).write_bytes(content)
        return read_enrolment(folder, "d1aa")

    whole = json.dumps(asdict(kept)).encode()
    odd = st.recursive(st.none() | st.integers() | st.text(), lambda x: st.dictionaries(st.text(), x) | st.lists(x))
    inputs = damaged([whole]) | odd.map(lambda one: json.dumps(one).encode())
    return Target(inputs, _refusing(parse, EnrolmentError, IdentityError), holder.cleanup)


TARGETS = {"claim": _claim, "certificate_request": _request, "https_answer": _answer, "enrolment": _enrolment}
