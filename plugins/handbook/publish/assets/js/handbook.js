/*
 * The site's own behaviour. Loads a part only where a page needs it, and runs again after
 * each instant navigation (Material's `document$`). Everything works, if less well, without.
 */
(() => {
  "use strict";

  const here = document.currentScript.src;
  const load = (name) => import(new URL(name, here).href);

  /* Parts that a page may need: what shows that it does, and the file that has it. */
  const PARTS = [
    ["[data-hb-table]", "tables.js"],
    ["[data-hb-matrix]", "matrix.js"],
    [".hb-step", "tutorial.js"],
    ["pre.hb-mermaid", "diagrams.js"],
    [".hb-swagger[data-spec]", "viewer.js"],
    ["[data-hb-lost]", "lost.js"],
  ];

  const toggleScheme = () => {
    const dark = document.body.getAttribute("data-md-color-scheme") === "slate";
    document.documentElement.style.colorScheme = dark ? "dark" : "light";
  };

  /* "3 days ago" beside the date the server wrote. */
  const UNITS = [["year", 31536000], ["month", 2592000], ["day", 86400], ["hour", 3600], ["minute", 60]];
  const format = new Intl.RelativeTimeFormat("en", { numeric: "auto" });
  const relate = (time) => {
    const then = Date.parse(time.dateTime);
    if (Number.isNaN(then)) return;
    // A bare date has no hour: count whole days, so that today is "today" everywhere.
    const bare = time.dateTime.length === 10;
    const seconds = ((bare ? Math.floor(Date.now() / 864e5) * 864e5 : Date.now()) - then) / 1000;
    const [unit, size] = UNITS.find(([, s]) => Math.abs(seconds) >= s) ?? (bare ? ["day", 86400] : ["minute", 60]);
    time.title ||= time.textContent.trim();
    time.textContent = format.format(-Math.round(seconds / size), unit);
  };

  /* A region that scrolls sideways must be reachable by keyboard, one that does not must not. */
  const reachable = () => {
    for (const box of document.querySelectorAll(".hb-scroll, .md-typeset__scrollwrap")) {
      const scrolls = box.scrollWidth > box.clientWidth + 1;
      box.toggleAttribute("data-hb-scrolls", scrolls);
      if (scrolls) {
        box.tabIndex = 0;
        if (!box.hasAttribute("role")) box.setAttribute("role", "group");
        if (!box.hasAttribute("aria-label")) box.setAttribute("aria-label", "Table, scrolls sideways");
      } else box.removeAttribute("tabindex");
    }
  };

  /* Numbered marks in code, boxes of task lists and parts of the menu have no names of their own. */
  const nameMarks = () => {
    // Material calls the buttons of each block of code a navigation of the page.
    document.querySelectorAll(".md-code__nav:not([role])").forEach((n) => n.setAttribute("role", "none"));
    // Of a menu's section that has a page of its own, the label is an icon.
    for (const menu of document.querySelectorAll(".md-nav[aria-labelledby]")) {
      if (document.getElementById(menu.getAttribute("aria-labelledby"))?.textContent.trim()) continue;
      menu.setAttribute("aria-label", menu.querySelector(".md-nav__title").textContent.trim());
      menu.removeAttribute("aria-labelledby");
    }
    for (const box of document.querySelectorAll(".task-list-item input[type=checkbox]:not([aria-label])"))
      box.setAttribute("aria-label", box.checked ? "Done" : "To do");
    document.querySelectorAll(".md-annotation__index:not([aria-label])").forEach((link, index) => {
      link.setAttribute("aria-label", `Note ${index + 1}`);
    });
  };

  /* The tab that the reader chose last time, or that the address names. */
  const restoreTabs = () => {
    const wanted = window.__md_get?.("__tabs");
    for (const set of document.querySelectorAll(".tabbed-set")) {
      const labels = [...set.querySelectorAll(":scope > .tabbed-labels > label")];
      const label = Array.isArray(wanted)
        && wanted.map((tab) => labels.find((l) => l.textContent.trim() === tab)).find(Boolean);
      const input = label && document.getElementById(label.htmlFor);
      if (input) input.checked = true;
    }
    const target = document.getElementById(location.hash.slice(1));
    if (target?.name?.startsWith("__tabbed_")) target.checked = true;
  };

  /* Marks the words that were searched for (?h=), without touching the document. */
  const mark = () => {
    if (!window.CSS?.highlights) return;
    CSS.highlights.delete("hb-search");
    const words = new URLSearchParams(location.search).get("h")?.toLowerCase().match(/[\p{L}\p{N}_]{2,}/gu);
    const article = document.querySelector("article");
    if (!words || !article) return;
    const highlight = new Highlight();
    const walker = document.createTreeWalker(article, NodeFilter.SHOW_TEXT);
    while (walker.nextNode()) {
      const text = walker.currentNode.data.toLowerCase();
      for (const word of words)
        for (let at = text.indexOf(word); at >= 0; at = text.indexOf(word, at + word.length)) {
          const range = new Range();
          range.setStart(walker.currentNode, at);
          range.setEnd(walker.currentNode, at + word.length);
          highlight.add(range);
        }
    }
    CSS.highlights.set("hb-search", highlight);
  };

  const search = () => load("search.js").then((part) => part.open());

  document.addEventListener("click", (event) => {
    if (event.target.closest?.("[data-hb-search]")) search();
  });
  document.addEventListener("keydown", (event) => {
    const typing = event.target.closest?.("input:not([type=radio], [type=checkbox]), textarea, select, [contenteditable]");
    if ((event.ctrlKey || event.metaKey) && !event.altKey && event.key.toLowerCase() === "k") {
      event.preventDefault();
      search();
    } else if (event.key === "/" && !typing && !event.ctrlKey && !event.metaKey && !event.altKey) {
      event.preventDefault();
      search();
    } else if (event.key === " " && event.target.matches?.("label[role=button]")) {
      // Material answers to Enter only.
      event.preventDefault();
      event.target.click();
    }
  });

  const ready = () => {
    document.querySelectorAll("time[data-hb-relative]").forEach(relate);
    document.querySelectorAll("button[data-hb-search][hidden]").forEach((b) => { b.hidden = false; });
    if (/Mac|iPhone|iPad/.test(navigator.platform))
      document.querySelectorAll(".hb-search-button__key").forEach((k) => { k.textContent = "⌘ K"; });
    // Material keeps one of its own, of the scheme that is shown.
    document.querySelectorAll("meta[name=theme-color][media]").forEach((m) => m.remove());
    restoreTabs();
    mark();
    // After Material has wrapped the page's tables and marked its code.
    requestAnimationFrame(() => requestAnimationFrame(() => { reachable(); nameMarks(); }));
    for (const [selector, file] of PARTS)
      if (document.querySelector(selector)) load(file).then((part) => part.start(document));
  };

  addEventListener("resize", reachable, { passive: true });
  new MutationObserver(toggleScheme).observe(document.body, { attributeFilter: ["data-md-color-scheme"] });
  if (window.document$) window.document$.subscribe(ready);
  else ready();
})();
