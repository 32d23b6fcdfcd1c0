// Says how many are ticked, and keeps a comparison to as many as fit side by side.
const form = document.querySelector("[data-compare]");
if (form) {
  const most = Number(form.dataset.compare);
  const boxes = [...form.querySelectorAll("input[name=who]")];
  const button = form.querySelector(".acts button");
  const count = () => {
    const n = boxes.filter((box) => box.checked).length;
    for (const box of boxes) box.disabled = n >= most && !box.checked;
    button.disabled = n < 2;
  };
  form.addEventListener("change", count);
  count();
}
for (const choice of document.querySelectorAll(".filters select")) {
  choice.addEventListener("change", () => choice.form.requestSubmit());
}
