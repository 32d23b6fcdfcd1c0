// Keeps ratings as they are set. What cannot be sent stays in this browser and goes again.
// No name and no answer is stored here: ids of targets, values, and when they were set.

const form = document.querySelector("form[data-keep]");
const state = form.querySelector("[data-state]");
const { account, project, what } = form.dataset;
let token = form.dataset.token;
const ahead = Number(form.dataset.now) - Date.now(); // clocks of browsers may be wrong
const PREFIX = `trifold:${form.dataset.keep}:${account}:${project}:`;
const RETRY_MS = 3000;
let sending = false;

function waiting() {
  return Object.keys(localStorage)
    .filter((key) => key.startsWith(PREFIX))
    .map((key) => ({ key, text: localStorage.getItem(key), ...JSON.parse(localStorage.getItem(key)) }))
    .sort((a, b) => a.at - b.at);
}

function tell(text, bad = false) {
  state.textContent = text;
  state.toggleAttribute("data-bad", bad);
}

function keep(name, value) {
  const entry = { address: location.pathname, name, value, at: Date.now() + ahead };
  localStorage.setItem(`${PREFIX}${what}:${name}`, JSON.stringify(entry));
  tell(""); // until this one is kept too
  send();
}

async function sendOne(one) {
  const body = new URLSearchParams({ [one.name]: one.value, at: String(Math.round(one.at)) });
  const answer = await fetch(one.address, {
    method: "POST",
    body,
    headers: { "x-form-token": token, accept: "application/json" },
    redirect: "error",
    signal: AbortSignal.timeout(10000),
  });
  if (answer.ok || answer.status === 422 || answer.status === 404) {
    // another level may have been set meanwhile: that one still has to go
    if (localStorage.getItem(one.key) === one.text) localStorage.removeItem(one.key);
  }
  if (answer.ok) return true;
  if (answer.status === 401 || answer.status === 403) {
    if (await renewed()) return sendOne(one);
    tell(form.dataset.signin, true);
    return false;
  }
  const said = await answer.json().catch(() => ({ error: String(answer.status) }));
  if (answer.status >= 500) throw new Error(said.error);
  tell(`${form.dataset.refused} ${said.error}`, true);
  return null;
}

// whoever signs in again, in another tab, has another token
async function renewed() {
  const answer = await fetch(location.pathname, { headers: { accept: "text/html" } });
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  const found = page.querySelector("form[data-keep]")?.dataset;
  if (found?.account !== account || found.token === token) return false;
  token = found.token;
  return true;
}

async function send() {
  if (sending) return;
  sending = true;
  let refused = false;
  try {
    for (let rest = waiting(); rest.length; rest = waiting()) {
      const kept = await sendOne(rest[0]);
      if (kept === false) { setTimeout(send, RETRY_MS); return; }
      refused ||= kept === null;
    }
    if (!refused) tell(form.dataset.saved);
  } catch {
    tell(form.dataset.waiting, true);
    setTimeout(send, RETRY_MS);
  } finally {
    sending = false;
  }
}

// what waits is newer than what the page shows
for (const one of waiting()) {
  if (one.key.startsWith(`${PREFIX}${what}:`)) {
    const input = [...form.elements].find((e) => e.name === one.name && e.value === one.value);
    if (input) input.checked = true;
  }
}

form.addEventListener("change", (event) => {
  if (event.target.type === "radio") keep(event.target.name, event.target.value);
});
form.addEventListener("submit", (event) => event.preventDefault());
form.toggleAttribute("data-live", true);
window.addEventListener("online", send);
window.addEventListener("beforeunload", (event) => { if (waiting().length) event.preventDefault(); });
if (waiting().length) send();

// keys

const targets = [...form.querySelectorAll(".target")];
const players = [...document.querySelectorAll("video, audio")];
let last = players[0];
players.forEach((one) => one.addEventListener("play", () => {
  last = one;
  players.filter((other) => other !== one).forEach((other) => other.pause());
}));

function current() {
  return targets.findIndex((one) => one.contains(document.activeElement));
}

function go(step) {
  const at = current();
  const next = targets[Math.min(Math.max(at < 0 ? 0 : at + step, 0), targets.length - 1)];
  (next.querySelector("input:checked") ?? next.querySelector("input")).focus();
  next.scrollIntoView({ block: "nearest" });
}

function set(value) {
  const at = Math.max(current(), 0);
  const input = targets[at].querySelector(`input[value="${CSS.escape(value)}"], input[data-key="${CSS.escape(value)}"]`);
  if (!input) return;
  input.focus();
  if (!input.checked) {
    input.checked = true;
    input.dispatchEvent(new Event("change", { bubbles: true }));
  }
}

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || !targets.length) return;
  const on = document.activeElement;
  if (on.matches("textarea, select, input:not([type=radio])")) return;
  if (/^[0-9?]$/.test(event.key)) set(event.key);
  else if (event.key === "ArrowDown") go(1);
  else if (event.key === "ArrowUp") go(-1);
  else if (event.key === " " && last && !on.matches("button, a, summary, video, audio")) {
    last.paused ? last.play() : last.pause();
  } else return;
  event.preventDefault();
});

// the transcript goes with the player, and the player to where the transcript is asked for

for (const answer of document.querySelectorAll(".answer")) {
  const player = answer.querySelector("video, audio");
  const lines = [...answer.querySelectorAll(".jump")];
  lines.forEach((line) => line.addEventListener("click", () => {
    player.currentTime = Number(line.dataset.at);
    player.play();
  }));
  player.addEventListener("timeupdate", () => {
    const now = lines.findLast((line) => Number(line.dataset.at) <= player.currentTime + 0.05);
    lines.forEach((line) => line.closest("li").toggleAttribute("data-now", line === now));
  });
}

for (const player of document.querySelectorAll(".answer video, .answer audio")) {
  const say = () => { player.closest(".answer").querySelector(".cannot").hidden = false; };
  player.addEventListener("error", say);
  if (player.error) say(); // before this script came
}
