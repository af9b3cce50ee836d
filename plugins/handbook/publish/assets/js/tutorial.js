/*
 * Tutorials: what the copy button takes is what was run, to the last blank. Material's own trims
 * the end, so a file would lose the newline that ends it. A command has none: Enter is the
 * reader's to press.
 */
const copied = (step) => {
  const text = step.querySelector("pre > code").textContent;
  return step.classList.contains("hb-step--file") ? text : text.replace(/\n$/, "");
};

const name = (event) => {
  const button = event.target.closest?.(".hb-step .md-code__button[data-md-type=copy]");
  // Before Material's own listener, which takes this text if there is one.
  button?.setAttribute("data-clipboard-text", copied(button.closest(".hb-step")));
};

let listening = false;

export const start = () => {
  if (listening) return;
  listening = true;
  document.addEventListener("click", name, { capture: true });
};
