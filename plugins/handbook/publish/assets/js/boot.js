/*
 * Runs in the head, before the first paint. Material puts these lines inline; a policy that
 * allows no inline script needs them in a file. Gives Material the four globals it expects,
 * and sets the colour scheme as soon as there is a body, so that no page flashes white.
 * Says at once that there are scripts, too: when Material's does, the menus change their height,
 * and what is below them moves.
 */
(() => {
  "use strict";

  // The address of the site's root follows from this file's own: ROOT/assets/handbook/boot.js.
  const scope = new URL("../..", document.currentScript.src);

  document.documentElement.classList.replace("no-js", "js");
  window.__md_scope = scope;
  window.__md_hash = (text) => [...text].reduce((sum, c) => (sum << 5) - sum + c.charCodeAt(0), 0);
  window.__md_get = (key, storage = localStorage, base = scope) =>
    JSON.parse(storage.getItem(`${base.pathname}.${key}`));
  window.__md_set = (key, value, storage = localStorage, base = scope) => {
    try {
      storage.setItem(`${base.pathname}.${key}`, JSON.stringify(value));
    } catch {
      // Storage is full or forbidden: the choice then holds for this page only.
    }
  };

  const chosen = () => {
    try {
      return window.__md_get("__palette")?.color;
    } catch {
      return undefined;
    }
  };

  const scheme = () => {
    const color = chosen();
    if (color && color.media !== "(prefers-color-scheme)") return color.scheme;
    return matchMedia("(prefers-color-scheme: dark)").matches ? "slate" : "default";
  };

  const name = scheme();
  document.documentElement.style.colorScheme = name === "slate" ? "dark" : "light";
  new MutationObserver((_, observer) => {
    if (!document.body) return;
    observer.disconnect();
    if (document.body.hasAttribute("data-md-color-scheme"))
      document.body.setAttribute("data-md-color-scheme", name);
  }).observe(document.documentElement, { childList: true });
})();
