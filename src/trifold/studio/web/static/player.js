// Links with a moment move the player of their recording; without this script they open the
// recording at that moment, as their address says.
const players = new Map();
for (const box of document.querySelectorAll("[data-player]")) {
  const media = box.querySelector("video, audio");
  if (media) players.set(box.dataset.player, { box, media });
}

const show = (n) => {
  for (const [key, { box, media }] of players) {
    box.hidden = key !== n;
    if (key !== n) media.pause();
  }
  for (const button of document.querySelectorAll(".choice button")) {
    button.setAttribute("aria-pressed", String(button.dataset.n === n));
  }
};

const jump = (n, seconds) => {
  const { box, media } = players.get(n);
  show(n);
  const set = () => {
    media.currentTime = seconds;
    media.play().catch(() => {}); // a browser may want another click first
  };
  if (media.readyState >= HTMLMediaElement.HAVE_METADATA) set();
  else media.addEventListener("loadedmetadata", set, { once: true });
  box.scrollIntoView({ block: "nearest" });
};

document.addEventListener("click", (event) => {
  const link = event.target.closest("a[data-t]");
  if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
  const player = players.get(link.dataset.n);
  if (!player || player.media.error) return;
  event.preventDefault();
  jump(link.dataset.n, Number(link.dataset.t));
});

for (const [n, { box, media }] of players) {
  const say = () => { box.querySelector(".cannot").hidden = false; };
  media.addEventListener("error", say);
  if (media.error) say(); // before this script came
  const lines = [...document.querySelectorAll(`.words a[data-n="${n}"]`)];
  media.addEventListener("timeupdate", () => {
    const now = media.currentTime + 0.05;
    const starts = lines.map((line) => Number(line.dataset.t)).filter((start) => start <= now);
    const start = Math.max(...starts);
    for (const line of lines) {
      const said = line.closest("li");
      said.classList.toggle("now", starts.length > 0 && Number(line.dataset.t) === start);
    }
  });
}

if (players.size > 1) {
  const aside = document.querySelector(".players");
  const choice = document.createElement("p");
  choice.className = "choice";
  for (const [n, { box }] of players) {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "quiet";
    button.dataset.n = n;
    button.textContent = box.querySelector("figcaption b").textContent;
    button.addEventListener("click", () => show(n));
    choice.append(button);
  }
  aside.prepend(choice);
  show([...players.keys()][0]);
}
document.querySelector(".watch")?.classList.add("alive");
