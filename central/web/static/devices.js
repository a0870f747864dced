"use strict";
// The progress of a slot beside its claim, which must not be loaded again.
const box = document.getElementById("watch");
let shown = "";
async function look() {
  try {
    const answer = await fetch(box.dataset.watch, { headers: { Accept: "text/html" } });
    const text = answer.ok && !answer.redirected ? await answer.text() : shown;
    if (text !== shown) { shown = text; box.innerHTML = text; }
  } catch { /* the network is gone for a moment: the next look says more */ }
  setTimeout(look, 2000);
}
if (box) look();
