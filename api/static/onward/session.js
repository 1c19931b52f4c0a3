// Warns before a session ends and lets the person stay; nothing breaks without it (C17, WCAG 2.2.1).
const WARN_SECONDS = 180; // a throttled timer of a tab in the background may be a minute late
const dialog = document.getElementById("session-warning");
const words = document.getElementById("session-warning-words");
const title = document.getElementById("session-warning-title");
const stay = document.getElementById("session-stay");
const close = document.getElementById("session-close");
const leave = document.getElementById("session-leave");
let endsAt = Date.now() + Number(dialog.dataset.secondsLeft) * 1000;
let canStay = true;
let ended = false;
let dismissed = false;

const secondsLeft = () => Math.round((endsAt - Date.now()) / 1000);

async function ask(method) {
  try {
    const answer = await fetch(dialog.dataset.address || "/portal/session", { method, headers: { Accept: "application/json" } });
    if (!answer.ok) return method === "POST" ? { seconds_left: 0, can_be_prolonged: false } : null;
    return await answer.json();
  } catch {
    return null; // no connection: the time known so far still counts
  }
}

function take(known) {
  if (known === null) return;
  endsAt = Date.now() + known.seconds_left * 1000;
  canStay = known.can_be_prolonged;
}

function say(text) {
  if (words.textContent !== text) words.textContent = text;
}

function warn() {
  const minutes = Math.max(1, Math.ceil(secondsLeft() / 60));
  const span = minutes === 1 ? "one minute" : `${minutes} minutes`;
  say(
    canStay
      ? `You have not used this page for a while. To keep your account safe we will sign you out in about ${span}. What you have sent is saved.`
      : `You have been signed in for 12 hours, so we will sign you out in about ${span}, to keep your account safe. Send what you have typed now, or sign in again afterwards: nothing is lost.`,
  );
  stay.hidden = !canStay;
  close.hidden = canStay;
  if (!dialog.open) dialog.showModal();
}

function end() {
  ended = true;
  title.textContent = "You have been signed out";
  say("To keep your account safe your session has ended. What you typed is still on the page. When you send it we ask you to sign in, and then carry on where you were.");
  stay.hidden = true;
  leave.hidden = true;
  close.hidden = false;
  if (!dialog.open) dialog.showModal();
  close.focus();
}

async function look() {
  if (ended || secondsLeft() > WARN_SECONDS) return;
  // Another tab may have kept the session alive; asking does not prolong it.
  take(await ask("GET"));
  if (secondsLeft() <= 0) end();
  else if (secondsLeft() > WARN_SECONDS) dialog.close();
  else if (!dismissed || canStay) warn();
}

stay.addEventListener("click", async () => {
  take(await ask("POST"));
  if (secondsLeft() > WARN_SECONDS) dialog.close();
  else look();
});
close.addEventListener("click", () => {
  dismissed = true;
  dialog.close();
});
dialog.addEventListener("cancel", (event) => {
  // Escape means "leave me alone": it keeps the session as the button does.
  if (!ended && canStay) {
    event.preventDefault();
    stay.click();
  }
});
document.addEventListener("visibilitychange", look);
setInterval(look, 5000);
look();
