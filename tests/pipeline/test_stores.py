"""What passes is tried again, what does not pass is said at once."""

import errno

import aiohttp
import pytest
import requests
from botocore import exceptions as boto
from botocore.exceptions import ClientError
from s3fs.errors import translate_boto_error

from pipeline import stores
from pipeline.errors import AssayError, UserError
from pipeline.stores import each_at_once, is_transient, reach, retried


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    monkeypatch.setattr(stores, "FIRST_WAIT", 0.001)


def of_s3(code: str) -> BaseException:
    """As s3fs reports an answer of S3."""
    return translate_boto_error(ClientError({"Error": {"Code": code, "Message": "m"}}, "GetObject"))


class OfGcs(Exception):
    """Like gcsfs.retry.HttpError."""

    def __init__(self, code: int) -> None:
        self.code = code


@pytest.mark.parametrize(
    "error",
    [
        *map(of_s3, ["InternalError", "SlowDown", "ServiceUnavailable", "500", "503", "RequestTimeout"]),
        *map(of_s3, ["BadDigest", "IncompleteBody"]),
        *map(OfGcs, [408, 429, 500, 503]),
        ConnectionResetError(errno.ECONNRESET, "reset"),
        TimeoutError(),
        aiohttp.ClientPayloadError(),
        aiohttp.ServerDisconnectedError(),
        boto.EndpointConnectionError(endpoint_url="u"),
        boto.ReadTimeoutError(endpoint_url="u"),
        requests.exceptions.ChunkedEncodingError(),
        OSError(errno.EIO, "input/output"),
    ],
    ids=repr,
)
def test_what_may_pass(error):
    assert is_transient(error)


@pytest.mark.parametrize(
    "error",
    [
        *map(of_s3, ["NoSuchKey", "NoSuchBucket", "AccessDenied", "InvalidRange", "EntityTooLarge"]),
        *map(OfGcs, [400, 412]),
        FileNotFoundError("k"),
        PermissionError("k"),
        OSError(errno.ENOSPC, "full"),
        ValueError("v"),
        boto.NoCredentialsError(),
    ],
    ids=repr,
)
def test_what_does_not_pass(error):
    assert not is_transient(error)


@pytest.mark.parametrize("failures", range(5))
def test_it_is_tried_until_it_works_or_the_attempts_are_over(failures):
    causes = [of_s3("SlowDown")] * failures

    def action():
        if causes:
            raise causes.pop()
        return "done"

    if failures < 4:
        assert retried("s3://b/k", action, attempts=4) == "done"
    else:
        with pytest.raises(
            AssayError, match=r"s3://b/k: the store failed 4 times in 0 s, at last with OSError"
        ):
            retried("s3://b/k", action, attempts=4)
    assert causes == []


@pytest.mark.parametrize(
    "error",
    [of_s3("AccessDenied"), of_s3("InvalidAccessKeyId"), boto.NoCredentialsError(), OSError("Forbidden: k")],
)
def test_a_refusal_is_the_user_s_to_mend_and_not_tried_again(error):
    calls = []

    def action():
        calls.append(1)
        raise error

    with pytest.raises(UserError, match=r"s3://b/k: the store refuses access .* credentials"):
        retried("s3://b/k", action)
    assert len(calls) == 1


def test_an_unknown_protocol_is_the_user_s_mistake():
    with pytest.raises(UserError, match=r"s4://b/k: .*s4"):
        reach("s4://b/k")


def test_what_the_user_configured_stays(monkeypatch):
    pytest.importorskip("s3fs")
    monkeypatch.setitem(stores.fsspec.config.conf, "s3", {"max_concurrency": 7})
    assert reach("s3://b/k")[0].max_concurrency == 7
    monkeypatch.setitem(stores.fsspec.config.conf, "s3", {})
    assert reach("s3://b/k")[0].max_concurrency == 2


def test_many_at_once_keep_their_order_and_stop_at_an_error():
    assert list(each_at_once(lambda number: number * number, range(100))) == [n * n for n in range(100)]
    with pytest.raises(ZeroDivisionError):
        list(each_at_once(lambda number: 1 // (5 - number), range(1000)))
