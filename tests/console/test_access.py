"""Who gets in: nobody from elsewhere without the token, and no page of somebody else."""

import pytest

from smppcore.console import Console
from smppcore.console.access import Access, AccessError
from smppcore.networks import is_loopback
from smppcore.simulator import Simulator

from .room import room


@pytest.mark.parametrize("host", ["127.0.0.1", "127.8.8.8", "::1", "localhost"])
def test_loopback_needs_no_token(host: str) -> None:
    assert is_loopback(host)
    Access(host).check_token({})


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.7", "example.com", "localhost.example.com", ""])
async def test_beyond_loopback_nothing_starts_without_a_token(host: str) -> None:
    with pytest.raises(ValueError, match="needs a token"):
        Console(Simulator(), host=host)
    Console(Simulator(), host=host, token="secret")


@pytest.mark.parametrize("token", ["two words", "tökén", "new\nline"])
def test_a_token_that_no_header_can_bear(token: str) -> None:
    with pytest.raises(ValueError, match="ASCII"):
        Access("127.0.0.1", token)


@pytest.mark.parametrize(
    "authorization",
    [
        None,
        "",
        "Bearer",
        "Bearer ",
        "Bearer wrong",
        "Bearer secretly",
        "Bearer secre",
        "Basic secret",
        "secret",
        "Bearer \udcff",
    ],
)
def test_the_token_must_be_right(authorization: str | None) -> None:
    headers = {} if authorization is None else {"Authorization": authorization}
    with pytest.raises(AccessError) as caught:
        Access("0.0.0.0", "secret").check_token(headers)
    assert caught.value.status == 401


@pytest.mark.parametrize("authorization", ["Bearer secret", "bearer  secret"])
def test_the_right_token(authorization: str) -> None:
    Access("0.0.0.0", "secret").check_token({"Authorization": authorization})


@pytest.mark.parametrize("host", ["127.0.0.1:8775", "localhost:1", "localhost", "[::1]:8775", "127.0.0.1"])
def test_names_of_this_machine(host: str) -> None:
    Access("127.0.0.1").check({"Host": host, "Origin": f"http://{host}", "Sec-Fetch-Site": "same-origin"})


@pytest.mark.parametrize("host", ["", "evil.example", "evil.example:8775", "127.0.0.1.evil.example", "[::1", "[evil]"])
def test_a_name_that_was_bent_to_lead_here(host: str) -> None:
    with pytest.raises(AccessError, match="Host"):
        Access("127.0.0.1").check({"Host": host})


def test_with_a_token_any_name_will_do() -> None:
    Access("0.0.0.0", "secret").check({"Host": "smsc.example:8775"})


@pytest.mark.parametrize("token", ["", "secret"])
@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "http://evil.example"},
        {"Origin": "http://localhost:3000"},
        {"Origin": "null"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
    ],
)
def test_pages_of_somebody_else(headers: dict[str, str], token: str) -> None:
    with pytest.raises(AccessError) as caught:
        Access("127.0.0.1", token).check({"Host": "localhost:8775", **headers})
    assert caught.value.status == 403


@pytest.mark.parametrize(
    "headers",
    [{"Origin": "http://evil.example"}, {"Host": "evil.example"}, {"Sec-Fetch-Site": "cross-site"}],
)
async def test_they_can_neither_read_nor_do_anything(headers: dict[str, str]) -> None:
    async with room() as here:
        for method, path in (("GET", "/api/live"), ("POST", "/api/pause"), ("GET", "/static/page.js")):
            refused = await here.call(method, path, headers=headers)
            assert (refused.status, refused.value["key"]) == (403, "")
        assert not here.simulator.paused


async def test_a_link_on_another_page_may_lead_to_the_console() -> None:
    async with room() as here:
        headers = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate"}
        assert (await here.call("GET", "/", headers=headers)).status == 200
        assert (await here.call("POST", "/", headers=headers)).status == 405


async def test_a_form_of_another_page_cannot_send_json() -> None:
    async with room() as here:
        refused = await here.call(
            "POST", "/api/deliveries", data=b'{"to": "1", "text": "x"}', headers={"Content-Type": "text/plain"}
        )
        assert (refused.status, refused.value["error"]) == (415, "Content-Type must be application/json")
        assert here.simulator.mobile_originated == 0


async def test_over_http_the_token_opens_the_api() -> None:
    async with room(token="secret", console_host="0.0.0.0") as here:
        refused = await here.call("GET", "/api/live")
        assert (refused.status, refused.headers["WWW-Authenticate"]) == (401, "Bearer")
        assert (await here.call("POST", "/api/pause", headers={"Authorization": "Bearer wrong"})).status == 401
        assert not here.simulator.paused
        await here.get("/api/live", headers={"Authorization": "Bearer secret"})
        page = await here.call("GET", "/")
        assert page.status == 200
        assert "<title>smppcore simulator</title>" in page.text  # which asks for the token


async def test_no_answer_may_be_framed_kept_or_sniffed() -> None:
    async with room() as here:
        for path in ("/", "/static/console.js", "/api/live", "/api/nothing", "/api/messages.csv"):
            headers = (await here.call("GET", path)).headers
            policy = headers["Content-Security-Policy"]
            assert "default-src 'none'" in policy
            assert "frame-ancestors 'none'" in policy
            assert headers["X-Content-Type-Options"] == "nosniff"
            assert headers["Cache-Control"] == "no-store"
            assert "Access-Control-Allow-Origin" not in headers


@pytest.mark.parametrize("path", ["/static/../server.py", "/static/%2e%2e/server.py", "/static/", "/static/nothing"])
async def test_only_the_page_is_served(path: str) -> None:
    async with room() as here:
        assert (await here.call("GET", path)).status in (403, 404)
