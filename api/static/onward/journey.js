// Keeps the page of a journey true while somebody looks at it: new events appear in the timeline and are announced,
// the other parts are fetched again. The focus stays where it is; a part that has the focus waits until it leaves.
const list = document.getElementById("timeline");
const news = document.getElementById("timeline-news");
const address = list.dataset.address;
let unsaid = [];
let saying = 0;
let refreshing = 0;
let looking = false;
let missed = false;

function say(words) {
  unsaid.push(words);
  clearTimeout(saying);
  saying = setTimeout(() => {
    news.textContent = unsaid.join(". ");
    unsaid = [];
  }, 250);
}

function add(markup) {
  const holder = document.createElement("template");
  holder.innerHTML = markup;
  const item = holder.content.firstElementChild;
  if (!item || document.getElementById(item.id)) return;
  item.classList.add("onward-event--new");
  list.prepend(item);
  document.getElementById("timeline-empty").hidden = true;
  say(item.querySelector("[data-said]").textContent.trim());
}

function replace(old, fresh) {
  for (const open of old.querySelectorAll("details[open][id]")) {
    const same = fresh.querySelector(`#${CSS.escape(open.id)}`);
    if (same) same.open = true;
  }
  old.replaceWith(fresh);
}

async function refresh() {
  const answer = await fetch(`${address}/now`, { headers: { Accept: "text/html" } });
  if (answer.redirected) return; // the session has ended
  if (!answer.ok) throw new Error(answer.status);
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  for (const old of document.querySelectorAll("[data-live]")) {
    const fresh = page.getElementById(old.id);
    if (!fresh || fresh.isEqualNode(old)) continue;
    if (old.contains(document.activeElement)) {
      old.addEventListener("focusout", () => soon(), { once: true });
    } else {
      replace(old, document.adoptNode(fresh));
    }
  }
}

// One look at a time, so that an older answer never takes the place of a newer one; what failed is tried again.
async function look() {
  missed = looking;
  if (looking) return;
  looking = true;
  const failed = await refresh().then(() => false, () => true);
  looking = false;
  if (missed) soon();
  else if (failed) soon(5000);
}

function soon(wait = 300) {
  clearTimeout(refreshing);
  refreshing = setTimeout(look, wait);
}

const source = new EventSource(list.dataset.events);
source.addEventListener("timeline", (event) => add(event.data));
source.addEventListener("changed", () => soon());
source.addEventListener("final", () => {
  source.close();
  soon();
});
