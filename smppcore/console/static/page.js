// Small helpers of the page: elements, forms that send JSON, lists that are brought up to date in place.

export const $ = (selector) => document.querySelector(selector);

// element("td", {class: "number"}, "text", otherElement)
export function element(name, attributes = {}, ...children) {
  const node = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, value);
  node.append(...children);
  return node;
}

export function setText(node, text) {
  const told = String(text);
  if (node.textContent !== told) node.textContent = told;
}

// Rows are kept by key, so that the focus stays where it is while numbers change. make(item) returns an element with a
// function `show` that brings it up to date.
export function sync(parent, items, keyOf, make) {
  const rows = (parent.rowsByKey ??= new Map());
  const keys = items.map(keyOf);
  const wanted = new Set(keys);
  for (const [key, row] of rows) {
    if (!wanted.has(key)) {
      leave(parent, row);
      row.remove();
      rows.delete(key);
    }
  }
  items.forEach((item, place) => {
    let row = rows.get(keys[place]);
    if (!row) rows.set(keys[place], (row = make(item)));
    row.show(item);
    const there = parent.children[place];
    if (there !== row) parent.insertBefore(row, there ?? null);
  });
}

// A row that goes takes the focus with it; whoever uses the keyboard goes on at the next one.
function leave(parent, row) {
  if (!row.contains(document.activeElement)) return;
  const near = row.nextElementSibling ?? row.previousElementSibling;
  const target = near?.querySelector("button, input") ?? parent.closest("section");
  if (target.tagName === "SECTION") target.tabIndex = -1;
  target.focus();
}

// What is filled in; numbers as numbers, and nothing for empty fields.
export function valuesOf(form) {
  const values = {};
  for (const field of form.elements) {
    if (!field.name) continue;
    if (field.type === "checkbox") {
      if (field.checked) values[field.name] = true;
    } else if (field.value !== "") {
      values[field.name] = field.type === "number" ? Number(field.value) : field.value;
    }
  }
  return values;
}

// Submitting the form calls send(values), which may return what to say. Errors appear in the form, at their field.
export function onSubmit(form, send) {
  const output = form.querySelector("output");
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    say(output, "");
    for (const field of form.elements) field.removeAttribute("aria-invalid");
    try {
      say(output, (await send(valuesOf(form))) ?? "");
    } catch (error) {
      const field = error.key ? form.elements[error.key.split(/[.[]/)[0]] : undefined;
      say(output, error.key ? `${error.key} ${error.message}` : error.message, true);
      if (field) {
        field.setAttribute("aria-invalid", "true");
        field.focus();
      }
    }
  });
}

export function say(output, text, bad = false) {
  if (!output) return;
  output.className = `${output.classList.contains("whole") ? "whole " : ""}${bad ? "bad" : ""}`;
  output.textContent = text;
}

// Opens a dialog; the promise is its return value, once it is closed.
export function ask(dialog) {
  dialog.returnValue = "";
  dialog.showModal();
  return new Promise((resolve) => dialog.addEventListener("close", () => resolve(dialog.returnValue), { once: true }));
}

const LOOKS = { DELIVERED: "good", ACCEPTED: "good", ENROUTE: "wait", SCHEDULED: "wait" };

export function showBadge(badge, text, look) {
  setText(badge, text);
  const name = `badge ${look}`;
  if (badge.className !== name) badge.className = name;
}

export const lookOf = (state) => LOOKS[state] ?? "bad";

export function clock(seconds) {
  return new Date(seconds * 1000).toLocaleTimeString([], { hour12: false });
}
