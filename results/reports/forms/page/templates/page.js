"use strict";
// Adds to a page that is complete without it: values under the pointer, sorting, and hiding of series.

for (const table of document.querySelectorAll("table.sortable")) {
  const body = table.tBodies[0];
  [...table.tHead.rows[0].cells].forEach((head, column) => {
    const button = document.createElement("button");
    button.type = "button";
    button.append(...head.childNodes);
    head.append(button);
    button.addEventListener("click", () => {
      const up = head.getAttribute("aria-sort") !== "ascending";
      for (const other of table.tHead.rows[0].cells) other.removeAttribute("aria-sort");
      head.setAttribute("aria-sort", up ? "ascending" : "descending");
      const key = (row) => {
        const cell = row.cells[column];
        if (cell.dataset.value) return Number(cell.dataset.value);
        return cell.classList.contains("number") ? Infinity : cell.textContent;
      };
      const rows = [...body.rows].sort((a, b) => {
        const [x, y] = [key(a), key(b)];
        return (x < y ? -1 : x > y ? 1 : 0) * (up ? 1 : -1);
      });
      body.append(...rows);
    });
  });
}

for (const figure of document.querySelectorAll("figure[data-points]")) {
  const points = JSON.parse(figure.dataset.points);
  const labels = JSON.parse(figure.dataset.labels);
  const groups = [];
  for (const svg of figure.querySelectorAll("svg")) {
    for (const [series, texts] of Object.entries(points)) {
      const group = svg.querySelector(`[id$="-${CSS.escape(series)}"]`);
      if (!group) continue;
      const uses = [...group.querySelectorAll("use")];
      groups.push({ svg, series, group, texts, marks: uses.length ? uses : [group] });
    }
  }

  const tip = document.createElement("div");
  tip.className = "tip";
  tip.hidden = true;
  tip.setAttribute("role", "status");
  figure.append(tip);
  const middle = (mark) => {
    const box = mark.getBoundingClientRect();
    return [box.left + box.width / 2, box.top + box.height / 2, box];
  };
  figure.addEventListener("pointermove", (event) => {
    let best = null;
    let nearest = 26;
    for (const { group, marks, texts } of groups) {
      if (group.classList.contains("faded")) continue;
      marks.forEach((mark, index) => {
        const [x, y, box] = middle(mark);
        if (!box.width) return;
        const inside =
          event.clientX >= box.left && event.clientX <= box.right && event.clientY >= box.top && event.clientY <= box.bottom;
        const away = inside ? 0 : Math.hypot(event.clientX - x, event.clientY - y);
        if (away < nearest && texts[index]) [best, nearest] = [{ x, y, text: texts[index] }, away];
      });
    }
    tip.hidden = !best;
    if (!best) return;
    const frame = figure.getBoundingClientRect();
    tip.textContent = best.text;
    const half = Math.min(tip.offsetWidth / 2, frame.width / 2);
    tip.style.left = `${Math.min(Math.max(best.x - frame.left, half), frame.width - half)}px`;
    tip.style.top = `${best.y - frame.top}px`;
  });
  figure.addEventListener("pointerleave", () => { tip.hidden = true; });

  // Series go by s<colour>v<style>, with a part after a dash where a variant is drawn more than once.
  const variants = new Map();
  for (const one of groups) {
    const found = /^s\d+v\d+/.exec(one.series);
    if (found) variants.set(found[0], [...(variants.get(found[0]) ?? []), one]);
  }
  if (variants.size < 2) continue;
  const keys = document.createElement("div");
  keys.className = "keys";
  for (const [key, members] of variants) {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = labels[members[0].series];
    button.style.borderColor = `var(--s${parseInt(key.slice(1), 10) % 8})`;
    button.setAttribute("aria-pressed", "true");
    button.addEventListener("click", () => {
      const shown = button.getAttribute("aria-pressed") !== "true";
      button.setAttribute("aria-pressed", String(shown));
      for (const { group } of members) group.classList.toggle("faded", !shown);
    });
    keys.append(button);
  }
  figure.prepend(keys);
}
