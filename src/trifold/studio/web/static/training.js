// Looks again while a run goes on; when it ends, the page is loaded anew with what it made.

const live = document.getElementById("live");
const EVERY_MS = 3000;

function isOpen() {
  const state = live.firstElementChild?.dataset.stateOf;
  return state === "waiting" || state === "running";
}

async function look() {
  try {
    const answer = await fetch(live.dataset.address, { headers: { accept: "text/html" }, redirect: "error" });
    if (answer.ok) {
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      const part = page.querySelector("[data-state-of]");
      if (part) live.replaceChildren(part);
    }
  } catch { /* the next look may reach the server again */ }
  if (isOpen()) setTimeout(look, EVERY_MS);
  else location.reload();
}

if (isOpen()) setTimeout(look, EVERY_MS);
