// Speaks to the control API; every error is a Trouble with the key that is wrong, if it is one.

export class Trouble extends Error {
  constructor(status, reason, key) {
    super(reason);
    this.status = status;
    this.key = key;
  }
}

const TOKEN = "smppcore token";

export function keepToken(token) {
  sessionStorage.setItem(TOKEN, token);
}

async function fetched(method, path, body) {
  const headers = {};
  const token = sessionStorage.getItem(TOKEN);
  if (token) headers.Authorization = `Bearer ${token}`;
  if (body !== undefined) headers["Content-Type"] = "application/json";
  let response;
  try {
    response = await fetch(`/api/${path}`, { method, headers, body: body === undefined ? undefined : JSON.stringify(body) });
  } catch {
    throw new Trouble(0, "the simulator does not answer", "");
  }
  if (response.ok) return response;
  const told = await response.json().catch(() => ({ error: response.statusText, key: "" }));
  throw new Trouble(response.status, told.error, told.key);
}

export async function call(method, path, body) {
  return (await fetched(method, path, body)).json();
}

// A link could not bear the token, so the file is fetched first.
export async function download(path, name) {
  const url = URL.createObjectURL(await (await fetched("GET", path)).blob());
  const link = document.createElement("a");
  link.href = url;
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
}
