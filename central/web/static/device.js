"use strict";
// The answer of a station appears by itself, once it is there; what somebody types meanwhile stays.
async function look() {
  const box = document.getElementById("answers");
  if (!box || !box.dataset.awaits) return;
  try {
    const answer = await fetch(location.href, { headers: { Accept: "text/html" } });
    const fresh = new DOMParser().parseFromString(await answer.text(), "text/html").getElementById("answers");
    if (answer.ok && fresh && fresh.innerHTML !== box.innerHTML) box.replaceWith(fresh);
  } catch { /* the network is gone for a moment: the next look says more */ }
  setTimeout(look, 2000);
}
setTimeout(look, 2000);
