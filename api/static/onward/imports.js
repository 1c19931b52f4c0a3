// Refreshes how far an import is until it is done; without it a link on the page does the same.
const state = document.getElementById("import-state");
const said = document.getElementById("import-said");

async function look() {
  try {
    const answer = await fetch(state.dataset.address, { redirect: "manual" });
    if (answer.type === "opaqueredirect") return location.reload(); // the session has ended
    if (answer.ok) state.innerHTML = await answer.text();
  } catch {
    // No connection for a moment: the next look may have one.
  }
  const words = state.querySelector("[data-said]");
  if ("finished" in words.dataset) {
    said.textContent = words.textContent;
    document.title = document.title.replace(/^[^–]*–/, `${state.querySelector("h1").textContent} –`);
    return undefined;
  }
  return setTimeout(look, 1500);
}
setTimeout(look, 1000);
