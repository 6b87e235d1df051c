// The messages: the latest of them live, or what was searched for; and one of them with its PDU.

import { call, download } from "./api.js";
import { $, clock, element, lookOf, onSubmit, say, setText, showBadge, sync, valuesOf } from "./page.js";

const PAGE = 50;
// Up to that many kept messages a search is repeated with every look; beyond it would burden the simulator.
const LIVE_SEARCH = 2000;

const form = $("#search");
let filter = {};
let offset = 0;
let serial = 0;

const isLive = () => offset === 0 && Object.keys(filter).length === 0;

function row(message) {
  const open = element("button", { type: "button", class: "link" }, message.message_id);
  open.addEventListener("click", () => details(message.message_id));
  const badge = element("span", { class: "badge" });
  const text = element("td", { class: "text" });
  const node = element(
    "tr", {},
    element("td", { class: "nowrap" }, clock(message.submitted)),
    element("td", { class: "nowrap" }, open),
    element("td", {}, message.account),
    element("td", {}, message.source || "–"),
    element("td", {}, message.destination),
    element("td", {}, badge),
    text,
  );
  node.show = (now) => {
    showBadge(badge, now.state, lookOf(now.state));
    const told = now.text ?? "(binary)";
    setText(text, told);
    if (text.title !== told) text.title = told;
  };
  return node;
}

function show({ messages, total, kept }) {
  sync($("#message-rows tbody"), messages, (each) => `${each.message_id} ${each.destination} ${each.submitted}`, row);
  $("#messages-empty").hidden = messages.length > 0;
  const all = `${kept.toLocaleString("en")} kept`;
  const found = total === kept ? all : `${total.toLocaleString("en")} of ${all}`;
  setText($("#messages-count"), found);
  setText($("#range"), messages.length ? `${offset + 1} to ${offset + messages.length}` : "");
  $("#newer").disabled = offset === 0;
  $("#older").disabled = offset + PAGE >= total;
}

// Called with every look; while something is searched for, that is looked for again unless there is too much.
export async function showLatest(messages, kept) {
  if (isLive()) show({ messages, total: kept, kept });
  else if (offset === 0 && kept <= LIVE_SEARCH) await load();
}

function asked(more = {}) {
  return new URLSearchParams({ ...filter, ...more });
}

async function load() {
  const mine = ++serial;
  const found = await call("GET", `messages?${asked({ offset, limit: PAGE })}`);
  if (mine === serial) show(found);
}

async function turn(pages) {
  offset = Math.max(0, offset + pages * PAGE);
  try {
    await load();
  } catch (error) {
    say(form.querySelector("output"), error.message, true);
  }
}

async function details(id) {
  setText($("#details-title"), `Message ${id}`);
  try {
    const { messages } = await call("GET", `messages/${encodeURIComponent(id)}`);
    $("#details-body").replaceChildren(...messages.flatMap(sections));
  } catch (error) {
    $("#details-body").replaceChildren(element("p", { class: "hint" }, error.message));
  }
  $("#details").showModal();
}

function sections(message) {
  const { pdu, text } = message;
  const course = { state: message.state, account: message.account, came: clock(message.submitted) };
  if (message.finished !== null) course.finished = clock(message.finished);
  if (message.owed) course.receipt = "owed";
  if (message.error) course.error = message.error;
  const parts = [table("Course", Object.entries(course))];
  if (text !== null) parts.unshift(element("p", { class: "bubble" }, text));
  parts.push(table(`${pdu.command}, sequence_number ${pdu.sequence_number}`, Object.entries(pdu.fields)));
  if (pdu.tlvs.length) {
    const rows = pdu.tlvs.map((tlv) => [tlv.name ?? tlv.tag_hex, tlv.value ?? tlv.value_hex]);
    parts.push(table("TLVs", rows));
  }
  if (pdu.udh) parts.push(table("User data header", [["udh", JSON.stringify(pdu.udh)]]));
  return parts;
}

function table(title, rows) {
  const body = element("tbody");
  for (const [name, value] of rows) {
    const told = value === "" ? "''" : typeof value === "object" ? JSON.stringify(value) : String(value);
    body.append(element("tr", {}, element("td", {}, name), element("td", {}, element("code", {}, told))));
  }
  return element("div", {}, element("h3", {}, title), element("table", {}, body));
}

onSubmit(form, async (values) => {
  filter = values;
  offset = 0;
  await load();
});
form.addEventListener("reset", () => {
  filter = {};
  offset = 0;
  say(form.querySelector("output"), "");
  load().catch((error) => say(form.querySelector("output"), error.message, true));
});
$("#newer").addEventListener("click", () => turn(-1));
$("#older").addEventListener("click", () => turn(1));
for (const button of document.querySelectorAll("[data-export]")) {
  const kind = button.dataset.export;
  button.addEventListener("click", async () => {
    try {
      await download(`messages.${kind}?${new URLSearchParams(valuesOf(form))}`, `messages.${kind}`);
    } catch (error) {
      say(form.querySelector("output"), error.message, true);
    }
  });
}
