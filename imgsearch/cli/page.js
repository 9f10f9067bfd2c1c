// Without this script the page shows its pictures all the same, and a click opens the file itself.

const pictures = [...document.querySelectorAll("a.picture")];
const viewer = document.getElementById("viewer");
const large = viewer.querySelector("img");
let current = 0;

function view(number) {
  current = Math.max(0, Math.min(pictures.length - 1, number));
  const link = pictures[current];
  const caption = link.parentElement.querySelector("figcaption");
  const image = link.querySelector("img");
  large.src = image ? image.src : "data:,";
  large.alt = image ? image.alt : link.textContent;
  viewer.querySelector(".what").textContent = caption.querySelector("b").textContent;
  for (const file of viewer.querySelectorAll(".file")) {
    // Bytes from standard input are in no file.
    if (link.getAttribute("href") === "#") file.removeAttribute("href");
    else file.href = link.href;
  }
  viewer.querySelector("p .file").textContent = caption.querySelector(".path").textContent;
  const [back, on] = viewer.querySelectorAll(".step");
  back.disabled = current === 0;
  on.disabled = current === pictures.length - 1;
  if (!viewer.open) viewer.showModal();
}

// The nearest picture above (-1) or below (1) the one that has the focus.
function beside(number, direction) {
  const from = pictures[number].getBoundingClientRect();
  let best = number, least = Infinity;
  for (let other = number + direction; other >= 0 && other < pictures.length; other += direction) {
    const to = pictures[other].getBoundingClientRect();
    const down = (to.top - from.top) * direction;
    if (down < from.height / 2) continue;
    if (down > least + 2 * from.height) break;
    const distance = down + Math.abs(to.left - from.left);
    if (distance < least) [best, least] = [other, distance];
  }
  return best;
}

document.addEventListener("click", (event) => {
  const link = event.target.closest("a.picture");
  if (link && !event.ctrlKey && !event.metaKey && !event.shiftKey) {
    event.preventDefault();
    view(pictures.indexOf(link));
  }
  const step = event.target.closest(".step");
  if (step) view(current + Number(step.dataset.step));
  if (event.target === viewer) viewer.close();
});

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  const steps = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -1, ArrowDown: 1 };
  const step = steps[event.key];
  if (!step) return;
  if (viewer.open) {
    event.preventDefault();
    view(current + step);
    return;
  }
  const at = pictures.indexOf(document.activeElement);
  const sideways = event.key === "ArrowLeft" || event.key === "ArrowRight";
  if (at < 0 && !sideways) return; // up and down scroll the page, as ever
  event.preventDefault();
  const next = at < 0 ? 0 : sideways ? at + step : beside(at, step);
  pictures[Math.max(0, Math.min(pictures.length - 1, next))].focus();
});

viewer.addEventListener("close", () => pictures[current].focus());
