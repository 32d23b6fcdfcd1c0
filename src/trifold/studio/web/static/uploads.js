// Files and folders dropped or chosen, two at a time, each with its own line.
import { Upload } from "./tus.js";

const AT_A_TIME = 2;
const zone = document.getElementById("upload");
const say = zone?.dataset ?? {};
const uploads = [];
let arrived = 0;

function enhance() {
  for (const one of zone.querySelectorAll(".with-script")) one.hidden = false;
  zone.querySelector(".without-script").hidden = true;
  for (const id of ["pick-files", "pick-folder"]) {
    const input = document.getElementById(id);
    input.addEventListener("change", () => {
      add([...input.files].map((file) => [file, file.webkitRelativePath || file.name]));
      input.value = "";
    });
  }
  for (const kind of ["dragenter", "dragover"]) zone.addEventListener(kind, hover);
  zone.addEventListener("dragleave", () => zone.classList.remove("over"));
  zone.addEventListener("drop", dropped);
  addEventListener("beforeunload", (event) => {
    if (uploads.some(({ upload }) => upload.state === "going")) event.preventDefault();
  });
}

function hover(event) {
  event.preventDefault();
  zone.classList.add("over");
}

async function dropped(event) {
  event.preventDefault();
  zone.classList.remove("over");
  const entries = [...event.dataTransfer.items].map((item) => item.webkitGetAsEntry?.()).filter(Boolean);
  const found = [];
  for (const entry of entries) await walk(entry, "", found);
  add(found);
}

// readEntries gives a hundred at a time
async function walk(entry, above, found) {
  const path = above + entry.name;
  if (entry.isFile) {
    found.push([await new Promise((good, bad) => entry.file(good, bad)), path]);
    return;
  }
  const reader = entry.createReader();
  for (;;) {
    const some = await new Promise((good, bad) => reader.readEntries(good, bad));
    if (!some.length) return;
    for (const one of some) await walk(one, `${path}/`, found);
  }
}

function add(files) {
  const kinds = new Set(say.kinds.split(" "));
  const passed = [];
  for (const [file, path] of files) {
    const name = path.split("/").pop();
    if (name.startsWith(".")) continue;
    if (kinds.has(name.slice(name.lastIndexOf(".")).toLowerCase())) line(file, path);
    else passed.push(name);
  }
  const note = zone.querySelector(".passed");
  note.hidden = !passed.length;
  note.textContent = `${say.skipped} ${passed.slice(0, 20).join(", ")}${passed.length > 20 ? ", …" : ""}`;
  next();
}

function line(file, path) {
  const row = zone.querySelector("template").content.firstElementChild.cloneNode(true);
  row.querySelector(".name").textContent = path;
  row.querySelector(".how").textContent = say.waiting;
  row.querySelector("progress").setAttribute("aria-label", path);
  zone.querySelector(".going").append(row);
  const upload = new Upload(file, path, say, (state, share, message) => show(row, state, share, message));
  const button = row.querySelector(".pause");
  button.addEventListener("click", () => {
    if (upload.state === "going") upload.pause();
    else upload.state = "waiting";
    button.textContent = upload.state === "paused" ? say.resume : say.pause;
    next();
  });
  row.querySelector(".stop").addEventListener("click", async () => {
    await upload.remove();
    row.remove();
    next();
  });
  uploads.push({ upload, row });
}

function show(row, state, share, message) {
  row.className = state;
  row.querySelector("progress").value = share;
  const percent = `${Math.floor(share * 100)} %`;
  const words = { going: percent, paused: `${say.paused}, ${percent}`, done: say.done, retry: say.retry };
  row.querySelector(".how").textContent = words[state] ?? message;
  if (state === "failed") row.querySelector(".pause").textContent = say.resume;
  if (state === "done") row.querySelector(".do").remove();
}

function next() {
  const going = uploads.filter(({ upload }) => upload.state === "going").length;
  const waiting = uploads.filter(({ upload }) => upload.state === "waiting");
  for (const { upload } of waiting.slice(0, Math.max(0, AT_A_TIME - going))) {
    upload.run().then(() => {
      if (upload.state === "done") arrived += 1;
      next();
    });
  }
  const open = uploads.some(({ upload }) => !["done", "ended", "failed"].includes(upload.state));
  if (arrived && !open) sorted();
}

// whose they are, by their names; then the page shows it
async function sorted() {
  arrived = 0;
  await fetch(say.sort, { method: "POST", headers: { "X-Form-Token": say.token }, redirect: "manual" });
  if (uploads.some(({ upload }) => upload.state === "failed")) zone.querySelector(".arrived").hidden = false;
  else location.reload();
}

if (zone) enhance();
