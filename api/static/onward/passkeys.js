// Passkeys: shown only where the browser and the address allow them. The browser's answer goes to the server as a form.
const isAddress = /^[\d.]+$|:|^\[/.test(location.hostname); // a passkey belongs to a name, never to an IP address
const supported = "PublicKeyCredential" in window && "parseCreationOptionsFromJSON" in PublicKeyCredential && !isAddress;

const WORDS = {
  get: "That did not work. Try again, or sign in with your password.",
  create: "The passkey was not added. Try again, or go on with your password.",
};

async function answerOf(form) {
  const asked = await fetch(form.dataset.options, { method: "POST", headers: { Accept: "application/json" } });
  if (!asked.ok) throw new Error("no options");
  const options = await asked.json();
  if (form.dataset.passkey === "create") {
    return navigator.credentials.create({ publicKey: PublicKeyCredential.parseCreationOptionsFromJSON(options) });
  }
  return navigator.credentials.get({ publicKey: PublicKeyCredential.parseRequestOptionsFromJSON(options) });
}

function prepare(form) {
  const said = form.querySelector("[data-passkey-said]");
  form.addEventListener("submit", async (event) => {
    if (form.elements.credential.value) return;
    event.preventDefault();
    said.hidden = true;
    try {
      form.elements.credential.value = JSON.stringify(await answerOf(form));
    } catch {
      said.textContent = WORDS[form.dataset.passkey];
      said.hidden = false;
      return;
    }
    form.submit();
  });
}

if (supported) {
  for (const form of document.querySelectorAll("form[data-passkey]")) prepare(form);
  for (const part of document.querySelectorAll("#passkey-sign-in, [data-passkeys]")) part.hidden = false;
  for (const part of document.querySelectorAll("[data-no-passkeys]")) part.hidden = true;
}
