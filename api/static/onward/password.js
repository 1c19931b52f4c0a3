// Says in words how good a new password is while it is typed; the server has the last word. Nothing is sent from here.
const said = document.querySelector("[data-strength-of]");
const field = document.getElementById(said.dataset.strengthOf);
const minimum = Number(said.dataset.minimum);
const DISTINCT = 6;
const STRONG = minimum + 5;
let waiting = 0;

function judge(password) {
  const characters = [...password.normalize("NFKC")];
  if (characters.length === 0) return ["", ""];
  const missing = minimum - characters.length;
  if (missing > 0) return ["short", `Too short so far: ${missing} more character${missing === 1 ? "" : "s"} needed.`];
  if (new Set(password.toLowerCase()).size < DISTINCT) return ["short", "Too easy to guess: it repeats the same few characters."];
  if (characters.length < STRONG) return ["good", "Good: long enough. Another word would make it stronger still."];
  return ["strong", "Strong: long, and hard to guess if its words have nothing to do with you."];
}

field.addEventListener("input", () => {
  clearTimeout(waiting);
  // Screen readers are told once the typing pauses, not at every key.
  waiting = setTimeout(() => {
    const [strength, words] = judge(field.value);
    said.dataset.strength = strength;
    said.textContent = words;
  }, 400);
});
