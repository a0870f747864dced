"use strict";
// What is ticked is kept on this phone until the office has it: the network may be gone in the middle of the walk.
const form = document.querySelector("form[data-walk]");
if (form) {
  const note = document.getElementById("kept"), place = `walk ${form.dataset.walk} ${new URL(form.action).pathname}`;
  let kept = { people: {}, finish: "" }, busy = false, told = "", timer = 0;
  try { kept = JSON.parse(localStorage.getItem(place)) || kept; } catch { /* nothing that can be read */ }
  const waiting = () => Object.entries(kept.people);
  const save = () => {
    if (waiting().length || kept.finish) localStorage.setItem(place, JSON.stringify(kept));
    else localStorage.removeItem(place);
    const count = waiting().length;
    note.textContent = told || (kept.finish && !busy ? note.dataset.waits : count && !busy ? note.dataset.away.replace("%d", count) : "");
  };
  const said = (box) => {
    const pairs = new URLSearchParams();
    for (const field of box.querySelectorAll("input, select"))
      if (!["radio", "checkbox"].includes(field.type) || field.checked) pairs.append(field.name, field.value);
    return pairs.toString();
  };
  const put = (box, text) => {
    const pairs = new URLSearchParams(text);
    for (const field of box.querySelectorAll("input, select"))
      if (["radio", "checkbox"].includes(field.type)) field.checked = pairs.get(field.name) === field.value;
      else field.value = pairs.get(field.name) || "";
  };
  const post = (fields) => fetch(form.action, { method: "POST", body: fields, signal: AbortSignal.timeout(10000) });
  async function sendOne([staff, one]) {
    const fields = new URLSearchParams(one.said);
    fields.set("form_token", form.elements.form_token.value);
    fields.set("key", one.key);
    fields.set("ago_ms", Math.max(0, Date.now() - one.at));
    const answer = await post(fields);
    if (answer.status === 409) told = note.dataset.over;
    else if (answer.status !== 204) { told = note.dataset.login; return false; }
    else told = "";
    if (kept.people[staff] && kept.people[staff].key === one.key) delete kept.people[staff];
    return true;
  }
  async function finish() {
    const fields = new URLSearchParams(new FormData(form));
    fields.set("finish", kept.finish);
    const answer = await post(fields);
    if (!answer.redirected || answer.url.includes("/login")) { told = note.dataset.login; return; }
    kept.finish = "";
    save();
    location.assign(answer.url);
  }
  async function send() {
    if (busy) return;
    busy = true;
    clearTimeout(timer);
    try {
      while (waiting().length && await sendOne(waiting()[0])) save();
      if (!waiting().length && kept.finish) await finish();
    } catch { /* no network: tried again when it is back, and every few seconds */ }
    busy = false;
    save();
    if (waiting().length || kept.finish) timer = setTimeout(send, 3000);
  }
  form.addEventListener("change", (event) => {
    const box = event.target.closest("[data-person]");
    if (!box || !box.querySelector("[type=radio]:checked")) return;
    kept.people[box.dataset.person] = { said: said(box), key: crypto.getRandomValues(new Uint32Array(4)).join("-"), at: Date.now() };
    save();
    send();
  });
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    kept.finish = event.submitter ? event.submitter.value : "0";
    save();
    send();
  });
  for (const [staff, one] of waiting()) {
    const box = form.querySelector(`[data-person="${CSS.escape(staff)}"]`);
    if (box) put(box, one.said);
  }
  addEventListener("online", send);
  send();
}
