// Starts the components of every page; each part below does nothing where its markup is absent.
import { initAll } from "/static/vendor/govuk-frontend/govuk-frontend.min.js";

initAll();

for (const button of document.querySelectorAll("[data-copy]")) {
  button.hidden = false;
  button.addEventListener("click", async () => {
    await navigator.clipboard.writeText(button.dataset.copy);
    const said = document.getElementById(button.getAttribute("aria-describedby"));
    if (said) said.textContent = "Copied";
  });
}

// A form marked data-draft keeps what was typed through a refresh, in this tab alone, until it was sent.
for (const form of document.querySelectorAll("form[data-draft]")) {
  const key = `draft:${location.pathname}:${form.id}`;
  const kept = JSON.parse(sessionStorage.getItem(key) || "{}");
  const drafted = [...form.elements].filter((field) => field.name && !["hidden", "password", "file", "submit"].includes(field.type));
  for (const field of drafted) {
    const id = field.type === "radio" || field.type === "checkbox" ? `${field.name}=${field.value}` : field.name;
    if (id in kept && !form.dataset.returned) {
      if (field.type === "radio" || field.type === "checkbox") field.checked = kept[id];
      else field.value = kept[id];
      field.dispatchEvent(new Event("change", { bubbles: true }));
    }
    field.addEventListener("input", () => {
      const now = JSON.parse(sessionStorage.getItem(key) || "{}");
      for (const one of drafted) {
        const choice = one.type === "radio" || one.type === "checkbox";
        now[choice ? `${one.name}=${one.value}` : one.name] = choice ? one.checked : one.value;
      }
      sessionStorage.setItem(key, JSON.stringify(now));
    });
  }
  form.addEventListener("submit", () => sessionStorage.removeItem(key));
}

// A frame never matches :focus while the focus is in the document it shows, so the page marks it (WCAG 2.4.7).
const frames = document.querySelectorAll("iframe");
const mark = () => frames.forEach((frame) => frame.toggleAttribute("data-focused", document.activeElement === frame));
if (frames.length) {
  window.addEventListener("blur", () => setTimeout(mark));
  window.addEventListener("focus", mark);
}
