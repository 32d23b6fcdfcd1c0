// A page that says that something is being made is loaded anew once it is there.
const jobs = new Set([...document.querySelectorAll("[data-under-way]")].map((one) => one.dataset.underWay));

if (jobs.size) {
  const project = location.pathname.split("/").slice(0, 3).join("/");
  const events = new EventSource(`${project}/jobs/events`);
  events.onmessage = (event) => {
    const ended = ({ id, state }) => jobs.has(id) && state !== "waiting" && state !== "running";
    if (!JSON.parse(event.data).some(ended)) return;
    events.close();
    location.reload();
  };
  addEventListener("pagehide", () => events.close());
  addEventListener("input", () => events.close()); // what somebody typed or chose is not thrown away
}
