// The page: looks once a second, and shows what it sees. What goes on is told by GET /api/live alone.

import { Trouble, call, keepToken } from "./api.js";
import { Chart, short } from "./chart.js";
import { showLatest } from "./messages.js";
import { $, ask, element, onSubmit, setText, showBadge, sync } from "./page.js";
import { loadKinds, showChoices, showSwitches } from "./switches.js";

const INTERVAL = 1000;
const LENGTH = 180;
const throughput = new Chart($("#throughput"), [
  { key: "messages", label: "messages", look: "one" },
  { key: "receipts", label: "receipts", look: "two" },
  { key: "refused", label: "refused", look: "three" },
  { key: "mobile_originated", label: "to ESMEs", look: "four" },
], LENGTH);
const waiting = new Chart($("#waiting"), [{ key: "waiting", label: "waiting", look: "four" }], LENGTH);
let after = 0;
let timer = 0;
let kindsLoaded = false;

const sum = (counts) => Object.values(counts).reduce((all, one) => all + one, 0);
const NUMBERS = [
  ["Messages", (now) => now.accepted],
  ["Per second", (now) => short(now.rates.messages)],
  ["Refused", (now) => sum(now.refused)],
  ["Delivered", (now) => now.states.DELIVERED ?? 0],
  ["Failed", (now) => sum(now.states) - (now.states.DELIVERED ?? 0) - (now.states.ACCEPTED ?? 0)],
  ["Receipts", (now) => now.receipts_delivered],
  ["To ESMEs", (now) => `${now.mobile_originated_taken} of ${now.mobile_originated}`],
  ["Sessions", (now) => now.sessions],
];

function showNumbers(statistics) {
  const numbers = NUMBERS.map(([name, read]) => ({ name, value: read(statistics) }));
  sync($("#numbers"), numbers, ({ name }) => name, ({ name }) => {
    const told = element("dd");
    const node = element("div", {}, element("dt", {}, name), told);
    node.show = ({ value }) => setText(told, typeof value === "number" ? value.toLocaleString("en") : value);
    return node;
  });
}

function sessionRow(session) {
  const slow = element("button", { type: "button", "aria-label": `Slow down ${session.account}` }, "Slow…");
  const drop = element("button", { type: "button", class: "danger", "aria-label": `Drop session ${session.id} of ${session.account}` }, "Drop");
  const badge = element("span", { class: "badge good" });
  const unanswered = element("td", { class: "number" });
  const flight = element("td", { class: "number" });
  const actions = element("td", { class: "actions" }, slow, " ", drop);
  const node = element(
    "tr", {},
    element("td", {}, session.account), element("td", {}, badge),
    element("td", { class: "nowrap" }, `${session.host}:${session.port}`), unanswered, flight, actions,
  );
  slow.addEventListener("click", () => slowDown(session.account));
  drop.addEventListener("click", () => attempt(() => call("DELETE", `sessions/${session.id}`)));
  node.show = (now) => {
    showBadge(badge, now.state, "good");
    setText(unanswered, now.unanswered);
    setText(flight, now.waiting ? `${now.in_flight} + ${now.waiting}` : now.in_flight);
    setText(slow, now.slowed ? `Slow: ${now.slowed} s` : "Slow…");
    slow.setAttribute("aria-pressed", String(now.slowed > 0));
  };
  return node;
}

function slowDown(account) {
  const dialog = $("#slow");
  dialog.account = account;
  setText($("#slow-title"), `Slow down ${account}`);
  setText(dialog.querySelector("output"), "");
  dialog.showModal();
  dialog.querySelector("input").select();
}

function show(live) {
  const { statistics, sessions } = live;
  setText($("#system-id"), live.system_id);
  const paused = statistics.paused;
  showBadge($("#link-state"), paused ? "paused" : "running", paused ? "wait" : "good");
  setText($("#pause"), paused ? "Resume" : "Pause");
  $("#pause").setAttribute("aria-pressed", String(paused));
  $("#advance").hidden = !statistics.virtual;
  showNumbers(statistics);
  sync($("#sessions tbody"), sessions, (each) => each.id, sessionRow);
  $("#sessions").hidden = !sessions.length;
  $("#sessions-empty").hidden = sessions.length > 0;
  setText($("#sessions-count"), sessions.length < statistics.sessions ? `${sessions.length} of ${statistics.sessions}` : "");
  showSwitches("rules", live.rules);
  showSwitches("faults", live.faults);
  showChoices($("#deliver").elements.account, live.accounts);
  showChoices($("#add-rule").elements.fault, live.faults.map((each) => each.name));
  if (live.samples.length) {
    after = live.samples.at(-1).number;
    throughput.add(live.samples);
    waiting.add(live.samples);
  }
}

async function look() {
  clearTimeout(timer);
  try {
    if (!kindsLoaded) {
      await loadKinds();
      kindsLoaded = true;
    }
    const live = await call("GET", `live?after=${after}`);
    show(live);
    await showLatest(live.messages, live.statistics.kept);
  } catch (error) {
    if (!(error instanceof Trouble)) throw error;
    if (error.status === 401) {
      if (!$("#token").open) $("#token").showModal();
      return;
    }
    showBadge($("#link-state"), error.status ? error.message : "not reached", "bad");
  }
  if (!document.hidden) timer = setTimeout(look, INTERVAL);
}

async function attempt(act) {
  try {
    await act();
    setText($("#notice"), "");
  } catch (error) {
    setText($("#notice"), error.message);
  }
  await look();
}

$("#pause").addEventListener("click", () => {
  const paused = $("#pause").getAttribute("aria-pressed") === "true";
  return attempt(() => call("POST", paused ? "resume" : "pause"));
});
$("#reset").addEventListener("click", async () => {
  if ((await ask($("#sure"))) === "yes") await attempt(() => call("POST", "reset"));
});
$("#advance").addEventListener("submit", (event) => {
  event.preventDefault();
  return attempt(() => call("POST", "advance", { seconds: Number($("#advance").elements.seconds.value) }));
});
onSubmit($("#deliver"), async (values) => {
  const sent = await call("POST", "deliveries", { ...values, wait: 2 });
  if (sent.error) throw new Trouble(200, `${sent.account} refused it: ${sent.error}`, "");
  const parts = sent.parts === 1 ? "" : ` in ${sent.parts} parts`;
  return sent.done ? `${sent.account} has taken it${parts}.` : `It waits for ${sent.account}${parts}.`;
});
onSubmit($("#slow form"), async (values) => {
  await call("PUT", `accounts/${encodeURIComponent($("#slow").account)}/latency`, values);
  $("#slow").close();
  await look();
});
$("#slow [data-close]").addEventListener("click", () => $("#slow").close());
onSubmit($("#token form"), async ({ token }) => {
  keepToken(token);
  await call("GET", "statistics");
  $("#token").close();
  await look();
});
document.addEventListener("visibilitychange", () => document.hidden || look());
await look();
