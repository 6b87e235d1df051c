// Rules and faults: lists of switches, and the forms that add to them.

import { call } from "./api.js";
import { $, element, onSubmit, setText, sync } from "./page.js";

const complain = (error) => setText($("#notice"), error.message);

function told(settings) {
  return Object.entries(settings)
    .map(([key, value]) => `${key} ${typeof value === "object" ? JSON.stringify(value).replaceAll('"', "") : value}`)
    .join(" · ");
}

function row(kind, item) {
  const path = `${kind}/${encodeURIComponent(item.name)}`;
  const box = element("input", { type: "checkbox", role: "switch" });
  const name = element("b", {}, item.name);
  const what = element("span", { class: "what" });
  const hits = element("span", { class: "hits" });
  const remove = element("button", { type: "button", "aria-label": `Remove ${item.name}` }, "Remove");
  const label = element("label", {}, box, element("span", {}, name, " ", what));
  const node = element("li", {}, label, hits, remove);
  let busy = false;
  const act = async (method, body) => {
    busy = true;
    try {
      await call(method, path, body);
    } catch (error) {
      complain(error);
    } finally {
      busy = false;
    }
  };
  box.addEventListener("change", () => act("PATCH", { enabled: box.checked }));
  remove.addEventListener("click", () => act("DELETE"));
  node.show = (now) => {
    if (!busy) box.checked = now.enabled;
    node.classList.toggle("off", !now.enabled);
    setText(what, told(now.settings));
    what.title = now.description ?? "";
    setText(hits, `${now.hits.toLocaleString("en")} ${now.hits === 1 ? "hit" : "hits"}`);
  };
  return node;
}

export function showSwitches(kind, items) {
  sync($(`#${kind}`), items, (each) => each.name, (item) => row(kind, item));
  $(`#${kind}-empty`).hidden = items.length > 0;
}

// The choices of a select, with the one that was chosen still chosen.
export function showChoices(select, names) {
  const kept = [...select.options].filter((option) => option.value === "");
  const before = [...select.options].filter((option) => option.value !== "").map((option) => option.value);
  if (before.join("\n") === names.join("\n")) return;
  const chosen = select.value;
  select.replaceChildren(...kept, ...names.map((name) => element("option", { value: name }, name)));
  select.value = names.includes(chosen) ? chosen : kept.length ? "" : names[0];
}

export async function loadKinds() {
  const { kinds } = await call("GET", "fault-kinds");
  const select = $("#add-fault").elements.kind;
  showChoices(select, kinds.map((each) => each.kind));
  const describe = () => {
    const kind = kinds.find((each) => each.kind === select.value);
    setText($("#kind-description"), `${kind.kind} (${kind.usual.join(", ")}): ${kind.description}.`);
  };
  select.addEventListener("change", describe);
  describe();
}

for (const [form, kind] of [["#add-rule", "rules"], ["#add-fault", "faults"]]) {
  onSubmit($(form), async (values) => {
    const added = await call("POST", kind, values);
    $(form).reset();
    $(form).elements.kind?.dispatchEvent(new Event("change"));
    return `${added.name} is on.`;
  });
}
