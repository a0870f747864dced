// A screen on a wall: nobody scrolls, so as many units as fit stand on a page, and the pages take turns.
"use strict";
const units = document.getElementById("units");
const pages = document.getElementById("pages");
let page = 0;

const cards = () => [...units.querySelectorAll(".unit")];
const show = (shown) => cards().forEach((card) => (card.hidden = !shown.includes(card)));
const fits = () => units.getBoundingClientRect().bottom <= window.innerHeight;

function shorten(card) {
  // One unit alone is higher than the screen: its last lines give way to their number.
  const rows = [...card.querySelectorAll(".people .person")];
  const rest = document.createElement("p");
  rest.className = "rest";
  if (!fits()) card.append(rest);
  for (let left = 1; !fits() && rows.length > 1; left += 1) {
    rows.pop().hidden = true;
    rest.textContent = "+" + left;
  }
}

function divide() {
  for (const rest of units.querySelectorAll(".rest")) rest.remove();
  for (const row of units.querySelectorAll(".person")) row.hidden = false;
  const found = [[]];
  for (const card of cards()) {
    const last = found[found.length - 1];
    show([...last, card]);
    if (last.length && !fits()) found.push([card]);
    else last.push(card);
  }
  return found;
}

function turn(by) {
  if (!units) return;
  const found = divide();
  page = (page + by) % found.length;
  show(found[page]);
  if (found[page].length === 1) shorten(found[page][0]);
  pages.textContent = found.length > 1 ? pages.dataset.page + " " + (page + 1) + "/" + found.length : "";
}

let waiting = 0;
const soon = () => {
  // Dividing lays out the whole page once for each unit: not for each of the many changes of a morning.
  if (!waiting) waiting = setTimeout(() => ((waiting = 0), turn(0)), 2000);
};

document.addEventListener("changed", soon);
window.addEventListener("resize", soon);
setInterval(() => turn(1), 1000 * Number(pages.dataset.seconds));
turn(0);
