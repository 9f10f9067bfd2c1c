// The map: the point nearest to the pointer, or the one that arrow keys have come to, shows its picture.
for (const map of document.querySelectorAll(".map")) {
  const data = JSON.parse(document.getElementById("map-data").textContent);
  const svg = map.querySelector("svg");
  const [tip, told] = [map.querySelector(".tip"), map.parentElement.querySelector(".told")];
  const here = svg.querySelector(".here");
  const choice = map.parentElement.querySelector(".one-class");
  const [, , width, height] = svg.getAttribute("viewBox").split(" ").map(Number);
  const all = { x: 0, y: 0, width, height };
  let view = { ...all };
  let current = -1;

  // From the page to the drawing, and back, in pixels from the upper left of the map.
  const scale = () => svg.getBoundingClientRect().width / view.width;
  const onMap = (number) => [(data.x[number] - view.x) * scale(), (data.y[number] - view.y) * scale()];
  const chosen = (number) => choice.value === "" || data.of[number] === Number(choice.value);
  const inView = (number) =>
    data.x[number] >= view.x && data.x[number] <= view.x + view.width &&
    data.y[number] >= view.y && data.y[number] <= view.y + view.height;

  function light(number) {
    for (const group of svg.querySelectorAll("g.lit")) group.classList.remove("lit");
    const wanted = number >= 0 ? data.of[number] : choice.value;
    svg.classList.toggle("dim", wanted !== "");
    if (wanted !== "") svg.querySelector(`g.c${wanted}`)?.classList.add("lit");
  }

  function sprite(number) {
    const frame = tip.querySelector(".sprite");
    const [wide, high] = data.size[number];
    const tiles = data.columns ** 2;
    const [sheet, place] = [Math.floor(number / tiles), number % tiles];
    frame.hidden = !wide;
    if (!wide) return;
    const rows = Math.ceil(Math.min(tiles, data.size.length - sheet * tiles) / data.columns);
    const factor = 112 / data.side;
    frame.style.width = `${wide * factor}px`;
    frame.style.height = `${high * factor}px`;
    frame.className = `sprite sheet${sheet}`;
    frame.style.backgroundSize = `${data.columns * 112}px ${rows * 112}px`;
    frame.style.backgroundPosition =
      `${-(place % data.columns) * 112}px ${-Math.floor(place / data.columns) * 112}px`;
  }

  function show(number) {
    if (number === current) return;
    current = number;
    light(number);
    tip.hidden = number < 0;
    here.setAttribute("d", number < 0 ? "" : `M${data.x[number]} ${data.y[number]}h0`);
    if (number < 0) return;
    sprite(number);
    const own = data.classes[data.of[number]];
    const nearest = data.nearest[number] < 0 ? "" : data.classes[data.nearest[number]];
    const verdict = ["✓ nearest is of its class", `✗ nearest: ${nearest}`, "nothing to be found"][data.shape[number]];
    const words = tip.querySelector(".said");
    words.replaceChildren();
    const lines = [["b", own], ["span", verdict], ["small", data.names[number]]];
    for (const [tag, text] of own ? lines : lines.slice(2)) {
      const line = document.createElement(tag);
      line.textContent = text;
      words.append(line);
    }
    told.textContent = own ? `${own}, ${data.names[number]}: ${verdict}` : data.names[number];
    const [x, y] = onMap(number);
    const [room, box] = [map.getBoundingClientRect(), tip.getBoundingClientRect()];
    const left = x + 14 + box.width > room.width ? x - 14 - box.width : x + 14;
    tip.style.left = `${Math.max(0, Math.min(left, room.width - box.width))}px`;
    tip.style.top = `${Math.max(0, Math.min(y - box.height / 2, room.height - box.height))}px`;
  }

  // The point that is nearest by `distance`, which says Infinity of those that do not count.
  function least(distance) {
    let [best, shortest] = [-1, Infinity];
    for (let number = 0; number < data.x.length; number++) {
      const far = chosen(number) ? distance(number) : Infinity;
      if (far < shortest) [best, shortest] = [number, far];
    }
    return best;
  }

  function at(event) {
    const box = svg.getBoundingClientRect();
    const x = view.x + (event.clientX - box.left) / scale();
    const y = view.y + (event.clientY - box.top) / scale();
    const reach = (event.pointerType === "touch" ? 40 : 24) / scale();
    return least((number) => {
      const far = Math.hypot(data.x[number] - x, data.y[number] - y);
      return far <= reach ? far : Infinity;
    });
  }

  function beside(across, down) {
    if (current < 0) {
      const [x, y] = [view.x + view.width / 2, view.y + view.height / 2];
      return least((number) => Math.hypot(data.x[number] - x, data.y[number] - y));
    }
    const next = least((number) => {
      const [dx, dy] = [data.x[number] - data.x[current], data.y[number] - data.y[current]];
      const [along, aside] = [dx * across + dy * down, Math.abs(dx * down) + Math.abs(dy * across)];
      return along > 0 && inView(number) ? along + 2 * aside : Infinity;
    });
    return next < 0 ? current : next;
  }

  function zoom(factor) {
    const size = factor ? Math.min(1, Math.max(1 / 40, view.width / width / factor)) : 1;
    const [x, y] = current >= 0
      ? [data.x[current], data.y[current]] : [view.x + view.width / 2, view.y + view.height / 2];
    const inside = (middle, part, whole) => Math.max(0, Math.min(whole - part, middle - part / 2));
    view = { width: width * size, height: height * size };
    view.x = inside(x, view.width, width);
    view.y = inside(y, view.height, height);
    svg.setAttribute("viewBox", `${view.x} ${view.y} ${view.width} ${view.height}`);
    const number = current;
    show(-1);
    show(number);
  }

  const sheets = document.createElement("style"); // rules are read once; a style of the element were, at each move
  sheets.textContent = data.sheets
    .map((sheet, number) => `.sheet${number} { background-image: url("data:image/webp;base64,${sheet}"); }`).join("\n");
  document.head.append(sheets);
  svg.setAttribute("tabindex", "0");
  svg.setAttribute("role", "application");
  map.parentElement.querySelector(".controls").hidden = false;
  svg.addEventListener("pointermove", (event) => show(at(event)));
  svg.addEventListener("pointerdown", (event) => show(at(event)));
  svg.addEventListener("pointerleave", (event) => { if (event.pointerType === "mouse") show(-1); });
  svg.addEventListener("blur", () => show(-1));
  svg.addEventListener("focus", () => { if (svg.matches(":focus-visible") && current < 0) show(beside(0, 0)); });
  svg.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const steps = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
    const zooms = { "+": 1.5, "-": 1 / 1.5, Escape: 0 };
    if (steps[event.key]) show(beside(...steps[event.key]));
    else if (event.key in zooms) zoom(zooms[event.key]);
    else return;
    event.preventDefault();
  });
  for (const button of map.parentElement.querySelectorAll("[data-zoom]")) {
    button.addEventListener("click", () => zoom(Number(button.dataset.zoom)));
  }
  choice.addEventListener("change", () => { show(-1); light(-1); });
}
