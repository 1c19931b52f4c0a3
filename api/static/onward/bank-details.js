// Says kindly, while a sort code and an account number are typed, what can be said of them; nothing is stored.
const form = document.querySelector("form[data-check]");
const said = document.getElementById("bank-details-said");
const fields = ["sort_code", "account_number"].map((name) => document.getElementById(name));
const least = { sort_code: 6, account_number: 8 };
const left = new Set();
const PAUSE = 500;
let waiting;
let asked;

const digits = (field) => field.value.replace(/\D/g, "").length;
// Nobody is told off in the middle of a number: a field is judged once it is full, or once it was left.
const judged = (field) => field.value.trim() !== "" && (left.has(field.id) || digits(field) >= least[field.id]);

function words(answer) {
  const about = fields.filter(judged).map((field) => answer[field.id]).filter(Boolean);
  if (about.length) return about.join(" ");
  return fields.every(judged) && answer.result !== "incomplete" ? answer.message : "";
}

async function check() {
  asked?.abort();
  if (!fields.some(judged)) {
    said.textContent = "";
    return;
  }
  asked = new AbortController();
  try {
    const answer = await fetch(form.dataset.check, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify(Object.fromEntries(fields.map((field) => [field.id, field.value.slice(0, 40)]))),
      signal: asked.signal,
    });
    // Without an answer the page says it all when the form is sent.
    if (answer.ok) said.textContent = words(await answer.json());
  } catch (error) {
    if (error.name !== "AbortError") said.textContent = "";
  }
}

for (const field of form ? fields : []) {
  field.addEventListener("input", () => {
    clearTimeout(waiting);
    waiting = setTimeout(check, PAUSE);
  });
  field.addEventListener("blur", () => {
    if (field.value.trim() !== "") left.add(field.id);
    clearTimeout(waiting);
    check();
  });
}
