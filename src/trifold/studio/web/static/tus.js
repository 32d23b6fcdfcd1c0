// One file to the server by tus 1.0: in pieces, from where the server has it, until it is there.
const PIECE = 8 * 1024 * 1024;
const WAITS_MS = [500, 1000, 2000, 5000, 10000, 20000];
const TUS = { "Tus-Resumable": "1.0.0" };

export class Refused extends Error {
  // from: where the piece begins that was refused
  constructor(message, status, from) {
    super(message);
    Object.assign(this, { status, from });
  }
}

class Stopped extends Error {}

export class Upload {
  // place: {uploads, token, project, account}; tell(state, share, message) is called as it goes
  constructor(file, path, place, tell) {
    Object.assign(this, { file, path, place, tell, state: "waiting", offset: 0, request: null });
  }

  async run() {
    this.state = "going";
    for (let tries = 0; this.state === "going"; ) {
      try {
        await this.begin();
        while (this.offset < this.file.size && this.state === "going") {
          this.offset = await this.piece();
          tries = 0;
        }
        if (this.offset === this.file.size) return this.finished();
      } catch (error) {
        if (error instanceof Stopped || this.state !== "going") return;
        if (error instanceof Refused && ![409, 423, 502, 503, 504].includes(error.status)) {
          this.state = "failed";
          this.tell("failed", this.share(), error.message);
          return;
        }
        // another file of this name and size was begun at the same time: this one gets its own place
        if (error.from === 0 && [409, 423].includes(error.status)) localStorage.removeItem(await this.key());
        this.tell("retry", this.share(), "");
        await this.rest(WAITS_MS[Math.min(tries++, WAITS_MS.length - 1)]);
      }
    }
  }

  pause() {
    this.state = "paused";
    this.request?.abort();
    this.tell("paused", this.share(), "");
  }

  async remove() {
    this.state = "ended";
    this.request?.abort();
    const where = localStorage.getItem(await this.key());
    localStorage.removeItem(await this.key());
    if (where) await fetch(where, { method: "DELETE", headers: this.headers() }).catch(() => {});
  }

  share() {
    return this.file.size ? this.offset / this.file.size : 0;
  }

  headers(more = {}) {
    return { ...TUS, "X-Form-Token": this.place.token, Accept: "application/json", ...more };
  }

  // where the server has it, and how much of it; a new place where it has none
  async begin() {
    const known = localStorage.getItem(await this.key());
    if (known) {
      const answer = await fetch(known, { method: "HEAD", headers: this.headers() });
      if (answer.ok) {
        this.where = known;
        this.offset = Number(answer.headers.get("Upload-Offset"));
        return;
      }
      if (answer.status === 401 || answer.status === 423) throw await refused(answer);
    }
    const about = { "Upload-Length": String(this.file.size), "Upload-Metadata": `relativePath ${base64(this.path)}` };
    const answer = await fetch(this.place.uploads, { method: "POST", headers: this.headers(about) });
    if (answer.status !== 201) throw await refused(answer);
    this.where = answer.headers.get("Location");
    this.offset = 0;
    localStorage.setItem(await this.key(), this.where);
  }

  // fetch does not tell how much has gone out, so this is an XMLHttpRequest
  piece() {
    const from = this.offset;
    return new Promise((done, failed) => {
      const request = (this.request = new XMLHttpRequest());
      request.open("PATCH", this.where);
      const about = { "Upload-Offset": String(from), "Content-Type": "application/offset+octet-stream" };
      for (const [name, value] of Object.entries(this.headers(about))) request.setRequestHeader(name, value);
      request.upload.onprogress = (event) =>
        this.tell("going", Math.min(1, (from + event.loaded) / this.file.size), "");
      request.onload = () =>
        request.status === 204
          ? done(Number(request.getResponseHeader("Upload-Offset")))
          : failed(new Refused(message(request.responseText), request.status, from));
      request.onerror = request.ontimeout = () => failed(new Error("connection"));
      request.onabort = () => failed(new Stopped());
      request.send(this.file.slice(from, from + PIECE));
    });
  }

  async finished() {
    localStorage.removeItem(await this.key());
    this.state = "done";
    this.tell("done", 1, "");
  }

  rest(ms) {
    return new Promise((go) => {
      setTimeout(go, ms);
      addEventListener("online", go, { once: true });
    });
  }

  // the same file chosen again has the same key; names are hashed, so that none stays in the browser
  async key() {
    const { project, account } = this.place;
    const facts = [project, account, this.path, this.file.size, this.file.lastModified].join("\n");
    return (this.name ??= `trifold-upload-${await digest(facts)}`);
  }
}

async function refused(answer) {
  return new Refused(message(await answer.text()), answer.status);
}

function message(text) {
  try {
    return JSON.parse(text).error;
  } catch {
    return text.slice(0, 200);
  }
}

function base64(text) {
  return btoa(String.fromCharCode(...new TextEncoder().encode(text)));
}

// FNV-1a in two halves: WebCrypto is missing on plain http addresses of a local network
async function digest(text) {
  let a = 0x811c9dc5, b = 0x01000193;
  for (const byte of new TextEncoder().encode(text)) {
    a = Math.imul(a ^ byte, 0x01000193) >>> 0;
    b = Math.imul(b ^ byte ^ (a & 255), 0x85ebca6b) >>> 0;
  }
  return a.toString(16) + b.toString(16);
}
