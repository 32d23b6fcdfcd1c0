// Jobs of a project, live: numbers change in place, another state loads the page again.
const list = document.querySelector("[data-events]");

function show(row, job) {
  const bar = row.querySelector("progress");
  if (bar && job.progress !== null) bar.value = job.progress;
  const message = row.querySelector(".message");
  if (message.textContent !== job.message) message.textContent = job.message;
}

if (list) {
  document.querySelector(".without-script").hidden = true;
  const events = new EventSource(list.dataset.events);
  events.onmessage = (event) => {
    for (const job of JSON.parse(event.data)) {
      const row = list.querySelector(`[data-job="${CSS.escape(job.id)}"]`);
      if (!row || row.dataset.state !== job.state) {
        events.close();
        location.reload();
        return;
      }
      show(row, job);
    }
  };
  addEventListener("pagehide", () => events.close());
}
