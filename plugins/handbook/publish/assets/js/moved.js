/*
 * Sends on from the address of a page that has moved, to the part that was asked for: the
 * page's own <meta> element can do no more than name the new page.
 */
(() => {
  "use strict";

  const { to, parts } = document.currentScript.dataset;
  const places = JSON.parse(parts);
  let asked = location.hash.slice(1);
  try {
    asked = decodeURIComponent(asked);
  } catch {
    // Not encoded: it is what it is.
  }
  const known = Object.hasOwn(places, asked);
  const target = new URL(known ? places[asked] : to, location.href);
  // A page that moved as it was has its parts where they were.
  if (!known && !target.hash) target.hash = location.hash;
  target.search = location.search;
  location.replace(target);
})();
