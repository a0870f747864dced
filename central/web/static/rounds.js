"use strict";
// What is ticked is kept on this phone until the office has it: the network may be gone in the middle of the walk.
const form = document.querySelector("form[data-walk]");
if (form) {
  const note = document.getElementById("kept"), place = `walk ${form.dataset.walk} ${new URL(form.action).pathname}`;
  let kept = { people: {}, finish: "" }, busy = false, told = "", timer = 0;
  try { kept = JSON.parse(localStorage.getItem(place)) || kept; } catch { /* nothing that can be read */ }
  const waiting = () => Object.entries(kept.people);
  const fieldsOf = (box) => box.querySelectorAll("input, select");
  const ticked = (field) => ["radio", "checkbox"].includes(field.type);
  const post = (fields) => fetch(form.action, { method: "POST", body: fields, signal: AbortSignal.timeout(10000) });
  function save() {
    const count = waiting().length, later = kept.finish ? note.dataset.waits : count && note.dataset.away.replace("%d", count);
    if (count || kept.finish) localStorage.setItem(place, JSON.stringify(kept)); else localStorage.removeItem(place);
    note.textContent = told || (!busy && later) || "";
  }
  async function sendOne([staff, one]) {
    const fields = new URLSearchParams(one.said);
    fields.set("form_token", form.elements.form_token.value);
    fields.set("key", one.key);
    fields.set("ago_ms", Math.max(0, Date.now() - one.at));
    const { status } = await post(fields);
    told = { 204: "", 409: note.dataset.over }[status] ?? note.dataset.login;
    if (status !== 204 && status !== 409) return false;
    if (kept.people[staff].key === one.key) delete kept.people[staff];
    return true;
  }
  async function finish() {
    const fields = new URLSearchParams(new FormData(form));
    fields.set("finish", kept.finish);
    const answer = await post(fields), done = answer.redirected && !answer.url.includes("/login");
    told = done ? "" : answer.status === 409 ? note.dataset.over : note.dataset.login;
    if (done || answer.status === 409) kept.finish = "";
    if (done) location.assign(answer.url);
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
    const pairs = [...fieldsOf(box)].filter((field) => !ticked(field) || field.checked).map((field) => [field.name, field.value]);
    const key = crypto.getRandomValues(new Uint32Array(4)).join("-");
    kept.people[box.dataset.person] = { said: new URLSearchParams(pairs).toString(), key, at: Date.now() };
    send(save());
  });
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    kept.finish = event.submitter ? event.submitter.value : "0";
    send(save());
  });
  for (const [staff, one] of waiting()) {
    const box = form.querySelector(`[data-person="${CSS.escape(staff)}"]`), said = new URLSearchParams(one.said);
    for (const field of box ? fieldsOf(box) : [])
      if (ticked(field)) field.checked = said.get(field.name) === field.value; else field.value = said.get(field.name) || "";
  }
  addEventListener("online", send);
  send();
}
