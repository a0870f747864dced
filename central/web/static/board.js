// Keeps the board current: each event carries a finished piece of the page. Without this file the page reloads itself.
"use strict";
const main = document.getElementById("content");
const link = document.getElementById("link");

function put(html) {
  const template = document.createElement("template");
  template.innerHTML = html;
  const fresh = template.content.firstElementChild;
  const old = document.getElementById(fresh.id);
  if (!old) return location.reload(); // a unit that was not there before: the order of the page changes
  const opened = old.querySelector("details")?.open;
  fresh.hidden = old.hidden;
  old.replaceWith(fresh);
  const details = fresh.querySelector("details");
  if (details && opened) details.open = true;
}

function tell(lost) {
  const stopped = document.querySelector("#summary .warning");
  link.textContent = lost ? link.dataset.lost : stopped ? link.dataset.stopped : link.dataset.live;
}

function connect(last) {
  const source = new EventSource(main.dataset.stream + (last ? "&last=" + encodeURIComponent(last) : ""));
  source.addEventListener("open", () => tell(false));
  source.addEventListener("error", () => tell(true));
  source.addEventListener("piece", (event) => {
    put(event.data);
    tell(false);
    document.dispatchEvent(new Event("changed"));
  });
  source.addEventListener("time", (event) => (document.getElementById("clock").textContent = event.data));
  source.addEventListener("reset", () => {
    source.close();
    location.reload();
  });
}

connect(main.dataset.last);
