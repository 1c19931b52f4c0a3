// Shows a document at its full height, and tells politely when the last document was opened, here or in another tab.
const announcement = () => document.getElementById("announcement");
const box = () => document.getElementById("acceptance");

const frame = document.getElementById("document-frame");
if (frame) {
  const fit = () => {
    const page = frame.contentDocument?.documentElement;
    if (page && page.scrollHeight > 0) {
      frame.style.height = "auto";
      frame.style.height = `${page.scrollHeight + 4}px`;
    }
  };
  frame.addEventListener("load", fit);
  window.addEventListener("resize", fit);
  fit();
}

function say(words) {
  const place = announcement();
  if (!place || !words) return;
  // A live region speaks only when it changes after it was there.
  setTimeout(() => { place.textContent = words; }, 150);
}

// Compares what is missing with what was missing when these terms were last seen in this tab.
function compare() {
  const now = box();
  if (!now) return;
  // The terms and each of their documents are pages of their own; what is missing is the same on all of them.
  const key = `missing:${document.getElementById("accept-form").getAttribute("action")}`;
  const before = sessionStorage.getItem(key);
  const missing = Number(now.dataset.missing);
  sessionStorage.setItem(key, String(missing));
  if (before === null || Number(before) === missing) return;
  if (missing === 0) say(document.getElementById("all-open")?.textContent);
  else say(document.getElementById("still-to-open")?.textContent);
}

async function refresh() {
  const standing = box();
  if (!standing || Number(standing.dataset.missing) === 0) return;
  const answer = await fetch(location.href, { headers: { Accept: "text/html" }, redirect: "manual" }).catch(() => null);
  if (!answer || !answer.ok) return;
  const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
  const found = fresh.getElementById("acceptance");
  if (!found || found.dataset.missing === standing.dataset.missing) return;
  for (const id of ["documents", "acceptance"]) {
    const old = document.getElementById(id);
    const replacement = fresh.getElementById(id);
    if (old && replacement) old.replaceWith(document.adoptNode(replacement));
  }
  compare();
}

compare();
document.addEventListener("visibilitychange", () => { if (document.visibilityState === "visible") refresh(); });
window.addEventListener("focus", refresh);
// A download leaves the page standing, so what it opened is looked up a moment later.
document.addEventListener("submit", (event) => {
  if (event.submitter?.value === "pdf") for (const wait of [1000, 3000, 8000]) setTimeout(refresh, wait);
});
