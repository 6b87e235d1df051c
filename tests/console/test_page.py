"""The page in a real browser: what people see, and what they can do with a mouse and without one."""

import asyncio
import re
from typing import Any

import pytest
from playwright.async_api import expect
from simulator.clients import Inbox

import smppcore
from smppcore.simulator import VirtualClock
from smppcore.simulator.config import FaultConfig

from .browser import visit
from .room import LIMIT, room

pytestmark = [pytest.mark.soak, pytest.mark.timeout(180)]
RULES: dict[str, Any] = {"no stop": {"text": "STOP", "status": "ESME_RSYSERR"}}
FAULTS: dict[str, Any] = {"busy hour": {"kind": "throttled", "enabled": False}}
KEYS: dict[str, Any] = {"rules": RULES, "faults": FAULTS}


async def test_it_shows_sessions_messages_and_numbers() -> None:
    async with room(delay=0.05) as here, here.esme(Inbox()) as client, visit(here.console.url) as visited:
        page = visited.page
        await expect(page.locator("#sessions tbody tr")).to_have_count(1)
        await expect(page.locator("#sessions tbody")).to_contain_text("smppclient1")
        await client.send("Già fatto €", to="+393331234567", source="Shop", receipt=True)
        row = page.locator("#message-rows tbody tr")
        await expect(row).to_contain_text("Già fatto €")
        await expect(row).to_contain_text("DELIVERED")
        await expect(page.locator("#numbers")).to_contain_text("Delivered")
        await expect(page.locator("#messages-count")).to_have_text("1 kept")
        await expect(page.locator("#throughput svg polyline")).to_have_count(4)
        await expect(page.locator("#throughput svg")).to_have_attribute("aria-label", re.compile("messages [0-9]"))
        await client.close()
        await expect(page.locator("#sessions-empty")).to_be_visible()


async def test_a_text_is_shown_and_never_run() -> None:
    async with room() as here, visit(here.console.url) as visited:
        await here.send("<img src=x onerror=alert(1)><b>x</b>")
        row = visited.page.locator("#message-rows tbody tr")
        await expect(row).to_contain_text("<b>x</b>")
        assert await row.locator("img, b").count() == 0


async def test_the_pdu_of_a_message() -> None:
    async with room() as here, visit(here.console.url) as visited:
        (message_id,) = await here.send("hello")
        page = visited.page
        await page.get_by_role("button", name=message_id).click()
        details = page.get_by_role("dialog")
        await expect(details).to_contain_text("submit_sm")
        await expect(details.get_by_role("row", name="destination_addr")).to_contain_text("393331234567")
        await page.keyboard.press("Escape")
        await expect(details).to_be_hidden()
        await expect(page.get_by_role("button", name=message_id)).to_be_focused()


async def test_a_message_that_was_forgotten_meanwhile() -> None:
    async with room() as here, visit(here.console.url) as visited:
        (message_id,) = await here.send("hello")
        row = visited.page.get_by_role("button", name=message_id)
        button = await row.element_handle()
        assert button is not None
        here.simulator.messages.clear()
        await button.evaluate("button => button.click()")
        await expect(visited.page.get_by_role("dialog")).to_contain_text("there is no such message")
        assert all("404" in each for each in visited.errors)
        visited.errors.clear()


async def test_messages_are_searched_paged_and_saved() -> None:
    async with room() as here, visit(here.console.url) as visited:
        await here.send(*(f"message {number}" for number in range(60)))
        page, rows = visited.page, visited.page.locator("#message-rows tbody tr")
        await expect(rows).to_have_count(50)
        await page.get_by_role("button", name="Older").click()
        await expect(rows).to_have_count(10)
        await expect(page.locator("#range")).to_have_text("51 to 60")
        await page.get_by_role("button", name="Newer").click()
        await expect(rows).to_have_count(50)
        await page.get_by_label("Text contains").fill("MESSAGE 7")
        await page.keyboard.press("Enter")
        await expect(rows).to_have_count(1)
        await expect(page.locator("#messages-count")).to_have_text("1 of 60 kept")
        for kind in ("CSV", "JSON lines"):
            async with page.expect_download() as download:
                await page.get_by_role("button", name=kind).click()
            saved = (await (await download.value).path()).read_text("utf-8")
            assert "message 7" in saved
            assert "message 8" not in saved
        await page.get_by_role("button", name="Clear").click()
        await expect(rows).to_have_count(50)


async def test_a_message_from_a_handset_by_keyboard_reaches_the_esme() -> None:
    inbox = Inbox()
    async with room() as here, here.esme(inbox), visit(here.console.url) as visited:
        page = visited.page
        await visited.press_until("Tab", "#deliver [name=source]")
        await page.keyboard.type("+393331234567")
        await page.keyboard.press("Tab")
        await page.keyboard.type("12345")
        await visited.press_until("Tab", "#deliver [name=text]")
        await page.keyboard.type("STOP")
        await visited.press_until("Tab", "#deliver button")
        await page.keyboard.press("Enter")
        (pdu,) = await inbox.wait(1)
        assert (pdu.source_addr, pdu.destination_addr, pdu.short_message) == ("393331234567", "12345", b"STOP")
        await expect(page.locator("#deliver output")).to_have_text("smppclient1 has taken it.")


async def test_a_field_that_is_wrong_is_named_and_has_the_focus() -> None:
    async with room() as here, here.esme(Inbox()), visit(here.console.url) as visited:
        page = visited.page
        form = page.locator("#deliver")
        await form.get_by_label("From").fill("+12")
        await form.get_by_label("To").fill("12345")
        await form.get_by_label("Text").fill("x")
        await form.get_by_role("button").click()
        await expect(form.locator("output")).to_contain_text("source")
        await expect(form.get_by_label("From")).to_be_focused()
        await expect(form.get_by_label("From")).to_have_attribute("aria-invalid", "true")
        refused = [each for each in visited.errors if "400" in each]
        assert len(refused) == 1
        visited.errors.remove(refused[0])  # Chromium tells every such answer in its console


async def test_a_session_is_dropped_by_keyboard() -> None:
    async with room() as here, here.esme() as client, visit(here.console.url) as visited:
        await expect(visited.page.locator("#sessions tbody tr")).to_have_count(1)
        await visited.press_until("Tab", "#sessions button.danger")
        await visited.page.keyboard.press("Enter")
        async with asyncio.timeout(LIMIT):
            await client.wait_closed()
        await expect(visited.page.locator("#sessions-empty")).to_be_visible()


async def test_a_session_is_slowed_down_and_fast_again() -> None:
    async with room() as here, here.esme(), visit(here.console.url) as visited:
        page = visited.page
        slow = page.get_by_role("button", name="Slow down smppclient1")
        for seconds, shown in (("1.5", "Slow: 1.5 s"), ("0", "Slow…")):
            await slow.click()
            await expect(page.get_by_role("dialog").get_by_label("Seconds")).to_be_focused()
            await page.keyboard.type(seconds)
            await page.keyboard.press("Enter")
            await expect(slow).to_have_text(shown)
            assert [fault.config.seconds for fault in here.simulator.faults] == ([1.5] if seconds != "0" else [])


@pytest.mark.parametrize(("kind", "name", "on"), [("rules", "no stop", True), ("faults", "busy hour", False)])
async def test_switches_by_keyboard(kind: str, name: str, on: bool) -> None:
    async with room(**KEYS) as here, here.esme() as client, visit(here.console.url) as visited:
        page = visited.page
        switch = page.get_by_role("switch", name=name)
        await expect(switch).to_be_checked(checked=on)
        await visited.press_until("Tab", f"#{kind} input")
        await page.keyboard.press("Space")
        await expect(switch).to_be_checked(checked=not on)
        found = here.simulator.rules[name] if kind == "rules" else here.simulator.faults[name]
        await expect(page.locator(f"#{kind} li.off")).to_have_count(1 if on else 0)
        assert found.enabled is not on
        if kind == "rules":
            await client.send("STOP", to="+393331234567")
        else:
            with pytest.raises(smppcore.Refused):
                await client.send("hello", to="+393331234567")
            await expect(page.locator("#faults")).to_contain_text("1 hit")


async def test_rules_and_faults_are_added_and_removed() -> None:
    async with room() as here, visit(here.console.url) as visited:
        page = visited.page
        await page.get_by_text("Add a fault").click()
        form = page.locator("#add-fault")
        await form.get_by_label("Name").fill("busy")
        await form.get_by_label("Kind").select_option("throttled")
        await expect(page.locator("#kind-description")).to_contain_text("ESME_RTHROTTLED")
        await form.get_by_label("Probability").fill("0.5")
        await form.get_by_role("button").click()
        await expect(page.get_by_role("switch", name="busy")).to_be_checked()
        assert here.simulator.faults["busy"].config.probability == 0.5
        await page.get_by_text("Add a rule").click()
        form = page.locator("#add-rule")
        await form.get_by_label("Name").fill("late")
        await form.get_by_label("To").fill("39*")
        await form.get_by_label("Ends as").select_option("expired")
        await form.get_by_label("After seconds").fill("7")
        await form.get_by_label("Fault").select_option("busy")
        await form.get_by_role("button").click()
        await expect(page.locator("#rules")).to_contain_text("destination 39*")
        assert here.simulator.rules["late"].config.fault == "busy"
        await page.get_by_role("button", name="Remove late").click()
        await page.get_by_role("button", name="Remove busy").click()
        await expect(page.locator("#rules-empty")).to_be_visible()
        await expect(page.locator("#faults-empty")).to_be_visible()
        assert len(here.simulator.rules) == len(here.simulator.faults) == 0


async def test_pause_resume_and_reset() -> None:
    async with room(**KEYS) as here, visit(here.console.url) as visited:
        page = visited.page
        await here.send("hello")
        await page.get_by_role("button", name="Pause").click()
        await expect(page.locator("#link-state")).to_have_text("paused")
        assert here.simulator.paused
        await page.get_by_role("button", name="Resume").click()
        await expect(page.locator("#link-state")).to_have_text("running")
        assert not here.simulator.paused
        for answer, kept in (("Cancel", 1), ("Reset", 0)):
            await page.get_by_role("button", name="Reset…").click()
            await page.get_by_role("dialog").get_by_role("button", name=answer).click()
            await expect(page.locator("#messages-count")).to_have_text(f"{kept} kept")
        assert len(here.simulator.messages) == 0


async def test_virtual_time_is_set_forward() -> None:
    async with room(clock=VirtualClock(), delay=60.0) as here, visit(here.console.url) as visited:
        await here.send("hello")
        await visited.page.get_by_role("button", name="Advance").click()
        await expect(visited.page.locator("#message-rows tbody")).to_contain_text("DELIVERED")


async def test_real_time_cannot_be() -> None:
    async with room() as here, visit(here.console.url) as visited:
        await expect(visited.page.locator("#link-state")).to_have_text("running")
        await expect(visited.page.get_by_role("button", name="Advance")).to_be_hidden()


async def test_it_asks_for_the_token() -> None:
    async with room(token="secret") as here, visit(here.console.url) as visited:
        page = visited.page
        for token in ("wrong", "secret"):
            await page.get_by_label("Token").last.fill(token)
            await page.keyboard.press("Enter")
            if token == "wrong":
                await expect(page.locator("#token output")).to_contain_text("Bearer")
        await expect(page.locator("#link-state")).to_have_text("running")
        await page.reload()
        await expect(page.locator("#link-state")).to_have_text("running")
        assert all("401" in each for each in visited.errors)
        visited.errors.clear()


async def test_the_focus_stays_while_numbers_change_and_moves_on_when_its_row_goes() -> None:
    async with room(**KEYS) as here, visit(here.console.url) as visited:
        page = visited.page
        here.simulator.faults.add(FaultConfig(name="other", kind="latency"))
        await expect(page.get_by_role("button", name="Remove other")).to_be_visible()
        await page.get_by_role("button", name="Remove busy hour").focus()
        await here.send("hello")
        await expect(page.locator("#messages-count")).to_have_text("1 kept")
        await expect(page.get_by_role("button", name="Remove busy hour")).to_be_focused()
        await page.keyboard.press("Enter")
        await expect(page.get_by_role("switch", name="other")).to_be_focused()


async def test_every_control_has_a_name_and_shows_its_focus() -> None:
    async with room(**KEYS) as here, here.esme(), visit(here.console.url) as visited:
        page = visited.page
        await expect(page.locator("#sessions tbody tr")).to_have_count(1)
        await page.evaluate("() => document.querySelectorAll('details').forEach((each) => { each.open = true; })")
        seen = set()
        for _ in range(80):
            await page.keyboard.press("Tab")
            found = await page.evaluate(
                """() => {
                    const node = document.activeElement, style = getComputedStyle(node);
                    const label = node.labels?.[0]?.textContent ?? node.getAttribute("aria-label") ?? node.textContent;
                    const by = node.getAttribute("aria-labelledby");
                    const name = (by ? document.getElementById(by).textContent : label).trim();
                    return [node.tagName, name, style.outlineStyle, parseFloat(style.outlineWidth)];
                }"""
            )
            if found[0] == "BODY":
                break
            seen.add(found[0])
            assert found[1], found
            assert (found[2], found[3] >= 2) == ("solid", True), found
        else:
            pytest.fail("Tab leads nowhere out of the page")
        assert seen >= {"A", "BUTTON", "INPUT", "SELECT", "TEXTAREA", "SUMMARY", "DIV"}


CONTRAST = """() => {
    const numbers = (colour) => colour.match(/[\\d.]+/g).map(Number);
    const light = ([r, g, b]) => [r, g, b].map((c) => (c /= 255) <= .03928 ? c / 12.92 : ((c + .055) / 1.055) ** 2.4)
        .reduce((sum, c, place) => sum + c * [.2126, .7152, .0722][place], 0);
    const behind = (node) => {
        for (; node; node = node.parentElement) {
            const colour = numbers(getComputedStyle(node).backgroundColor);
            if (colour.length < 4 || colour[3] > 0) return colour;
        }
        return [255, 255, 255];
    };
    const faint = [];
    for (const node of document.querySelectorAll("body *")) {
        const own = [...node.childNodes].some((each) => each.nodeType === 3 && each.textContent.trim());
        if (!own || !node.checkVisibility() || node.disabled || node.closest("option, datalist")) continue;
        const [one, two] = [light(numbers(getComputedStyle(node).color)), light(behind(node))].sort((a, b) => b - a);
        if ((one + .05) / (two + .05) < 4.5) faint.push(`${node.tagName}.${node.className} ${node.textContent}`);
    }
    return faint;
}"""


@pytest.mark.parametrize("colours", ["light", "dark"])
async def test_light_and_dark_can_be_read(colours: Any) -> None:
    async with room(**KEYS) as here, here.esme(), visit(here.console.url, colours) as visited:
        await here.send("hello")
        await expect(visited.page.locator("#message-rows tbody")).to_contain_text("hello")
        assert await visited.page.evaluate(CONTRAST) == []
        back = await visited.page.evaluate("() => getComputedStyle(document.body).backgroundColor")
        assert back == {"light": "rgb(244, 246, 249)", "dark": "rgb(17, 22, 29)"}[colours]


async def test_on_a_narrow_screen_nothing_sticks_out() -> None:
    async with room(**KEYS) as here, here.esme(), visit(here.console.url, width=400) as visited:
        await expect(visited.page.locator("#sessions tbody tr")).to_have_count(1)
        assert await visited.page.evaluate("() => document.documentElement.scrollWidth <= innerWidth")


async def test_a_simulator_that_is_gone_is_told() -> None:
    async with room() as here, visit(here.console.url) as visited:
        await expect(visited.page.locator("#link-state")).to_have_text("running")
        await here.console.close()
        await expect(visited.page.locator("#link-state")).to_have_text("not reached")
        assert all("ERR_CONNECTION_REFUSED" in each for each in visited.errors)
        visited.errors.clear()
