/*
 * The search dialog, over Pagefind's indexes: one for the handbook, some for the services
 * (search.json lists them), so that a changed service costs one small index. Nothing is loaded
 * until the reader opens it, and then only the parts of the index that the words need.
 */
const KINDS = {
  handbook: "Handbook", overview: "Overview", docs: "Docs", api: "API",
  reference: "Reference", owners: "Owners", changes: "Changes",
};
const FIRST = 8; // pages shown at once
const PARTS = 3; // headings shown for a page

const root = new URL("../..", import.meta.url);
let engine = null;
let dialog = null;
let latest = 0;

/** Open the search; `query` is put into the field, and looked for `atOnce`. */
export function open(query, atOnce = false) {
  dialog ??= build();
  if (!dialog.open) dialog.showModal();
  const input = field("q");
  if (query !== undefined) input.value = query;
  input.focus();
  input.select();
  offerServices();
  return atOnce ? run() : connect();
}

/** Load Pagefind and join its indexes. */
function connect() {
  engine ??= start().catch((error) => {
    engine = null;
    say(`The search could not be loaded: ${error.message}.`);
  });
  return engine;
}

async function start() {
  const answer = await fetch(new URL("search.json", import.meta.url));
  if (!answer.ok) throw new Error("this build of the site has no search index");
  const { buckets } = await answer.json();
  const [first, ...others] = buckets.map((bucket) => ({
    path: new URL(`search/${bucket.path}/`, import.meta.url).pathname,
    options: { baseUrl: root.pathname, metaCacheTag: bucket.tag },
  }));
  const pagefind = await import(`${first.path}pagefind.js`);
  await pagefind.options({ ...first.options, basePath: first.path, excerptLength: 24 });
  await pagefind.init();
  await Promise.all(others.map(({ path, options }) =>
    pagefind.mergeIndex(path, { ...options, excerptLength: 24 })));
  offer(await pagefind.filters());
  return pagefind;
}

function build() {
  const box = element("dialog", { className: "hb-search", ariaLabel: "Search the handbook" });
  box.innerHTML = `
    <form class="hb-search__form" role="search" autocomplete="off">
      <input class="hb-search__input" type="search" name="q" aria-label="Search the handbook"
        placeholder="Practices, services, operations, functions" autocapitalize="off" spellcheck="false" enterkeyhint="search">
      <button class="hb-search__close" type="button" aria-label="Close the search">Esc</button>
      <div class="hb-search__filters">
        <fieldset class="hb-search__kinds"><legend class="hb-sr">Kind of page</legend></fieldset>
        <label class="hb-search__service"><span class="hb-sr">Service</span>
          <select name="service"><option value="">All services</option></select></label>
      </div>
    </form>
    <p class="hb-search__status" role="status"></p>
    <ol class="hb-search__results" tabindex="-1"></ol>
    <p class="hb-search__keys" aria-hidden="true"><kbd>↑</kbd> <kbd>↓</kbd> to choose <kbd>Enter</kbd> to open</p>`;
  document.body.append(box);
  const form = box.querySelector("form");
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    links()[0]?.click();
  });
  form.addEventListener("input", run);
  box.querySelector(".hb-search__close").addEventListener("click", () => box.close());
  box.addEventListener("click", (event) => {
    // The dialog fills no more than its content: a click on itself is one on the backdrop.
    if (event.target === box || event.target.closest("a")) box.close();
  });
  box.addEventListener("keydown", move);
  return box;
}

const field = (name) => dialog.querySelector("form").elements[name];
const links = () => [...dialog.querySelectorAll(".hb-search__results a, .hb-search__more")];
const say = (text) => { dialog.querySelector(".hb-search__status").textContent = text; };

function element(name, properties = {}, ...children) {
  const made = Object.assign(document.createElement(name), properties);
  made.append(...children);
  return made;
}

/** Arrow keys go through the results, and from the first one back to the field. */
function move(event) {
  // Material answers to bare letters ("n" goes to the next page): not while this is open.
  event.stopPropagation();
  if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "k") event.preventDefault();
  if (event.key === "Escape") {
    // In a search field the first Escape would only clear it.
    event.preventDefault();
    dialog.close();
  }
  if (event.target.matches("a, button") && /^[\p{L}\p{N}]$/u.test(event.key)) field("q").focus();
  if (event.target.matches("select, input[type=radio]")) return;
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (!step) return;
  event.preventDefault();
  const all = [field("q"), ...links()];
  const at = all.indexOf(document.activeElement);
  all[Math.max(0, Math.min(all.length - 1, at + step))].focus();
}

/** Show the kinds that the site has, and the services to choose from. */
function offer({ kind = {}, service = {} }) {
  const kinds = dialog.querySelector(".hb-search__kinds");
  const known = Object.keys(KINDS).filter((name) => name in kind);
  for (const name of known.length > 1 ? ["", ...known] : []) {
    const input = element("input", { type: "radio", name: "kind", value: name, checked: !name });
    kinds.append(element("label", { className: "hb-chip" }, input, element("span", {}, KINDS[name] ?? "All")));
  }
  const select = field("service");
  const names = Object.keys(service).sort((a, b) => a.localeCompare(b));
  select.append(...names.map((name) => new Option(name, name)));
  select.closest("label").hidden = names.length === 0;
  offerServices();
}

/** The service that the reader is looking at comes first. */
function offerServices() {
  const here = document.querySelector("article [data-pagefind-filter=service]")?.textContent.trim();
  const select = field("service");
  const option = [...select.options].find((each) => each.value === here);
  for (const each of select.options) each.textContent = each.value || "All services";
  if (!option) return;
  option.textContent = `${here} (this service)`;
  select.options[0].after(option);
}

async function run() {
  const turn = ++latest;
  const pagefind = await connect();
  if (!pagefind) return;
  const words = field("q").value.trim();
  const filters = {};
  if (field("kind")?.value) filters.kind = field("kind").value;
  if (field("service").value) filters.service = field("service").value;
  if (!words) {
    show([], 0, words);
    say("");
    return;
  }
  const found = await pagefind.debouncedSearch(words, { filters }, 120);
  if (!found || turn !== latest) return;
  await more(found.results, 0, words, turn);
  const count = found.results.length;
  say(count === 0 ? nothing(words, filters) : `${count} ${count === 1 ? "page" : "pages"}`);
}

const nothing = (words, filters) =>
  `Nothing found for “${words}”${Object.keys(filters).length ? " with these filters" : ""}.`;

async function more(results, from, words, turn) {
  const pages = await Promise.all(results.slice(from, from + FIRST).map((result) => result.data()));
  if (turn !== latest) return;
  if (!from) pages.sort((a, b) => closeness(b, words) - closeness(a, words));
  show(pages, from, words);
  const rest = results.length - from - pages.length;
  if (rest <= 0) return;
  const button = element("button", { type: "button", className: "hb-search__more" }, `Show more (${rest} left)`);
  const item = element("li", {}, button);
  button.addEventListener("click", async () => {
    await more(results, from + FIRST, words, turn);
    item.nextElementSibling?.querySelector("a").focus();
    item.remove();
  });
  dialog.querySelector(".hb-search__results").append(item);
}

const plainly = (text = "") => text.toLowerCase().replace(/[\s_-]+/g, " ").trim();

/** Of the pages found first: a service of that name, then those with the words as typed. */
function closeness(page, words) {
  const wanted = plainly(words);
  const names = [page.meta.service, page.meta.title].map(plainly);
  if (page.filters.kind?.includes("overview") && names.includes(wanted)) return 2;
  return plainly(page.content).includes(wanted) ? 1 : 0;
}

/** How much of what was asked for is said below a heading. */
const weight = (part) => part.weighted_locations.reduce((sum, place) => sum + place.balanced_score, 0);

function show(pages, from, words) {
  const list = dialog.querySelector(".hb-search__results");
  const items = pages.map((page) => result(page, words));
  if (from) list.append(...items);
  else {
    list.replaceChildren(...items);
    list.scrollTop = 0;
  }
}

function result(page, words) {
  const kind = page.filters.kind?.[0];
  const meta = element("span", { className: "hb-search__meta" },
    [page.meta.service, KINDS[kind] ?? kind].filter(Boolean).join(" · "));
  const title = element("span", { className: "hb-search__title" }, page.meta.title || page.url);
  // A page's own heading leads to the page; the others to their place in it.
  const parts = page.sub_results
    .filter((part) => part.url.includes("#") && part.title !== page.meta.title)
    .sort((a, b) => weight(b) - weight(a));
  const item = element("li", {}, link(page.url, words, title, meta, ...(parts.length ? [] : [excerpt(page)])));
  if (parts.length) {
    const inner = parts.slice(0, PARTS).map((part) =>
      element("li", {}, link(part.url, words, element("span", { className: "hb-search__part" }, part.title), excerpt(part))));
    item.append(element("ol", {}, ...inner));
  }
  return item;
}

function link(address, words, ...children) {
  const url = new URL(address, location.href);
  url.searchParams.set("h", words);
  return element("a", { href: url.href }, ...children);
}

/** Pagefind marks the words found; its text is put in as text, never as markup. */
function excerpt({ excerpt: html, title }) {
  const pieces = html.split(/<\/?mark>/).map((text) => text.replaceAll("&lt;", "<").replaceAll("&gt;", ">"));
  // A part's text starts with its heading, which is already there.
  let skip = title && pieces.join("").startsWith(title) ? title.length : 0;
  const shown = pieces.map((text, index) => {
    const rest = text.slice(skip).replace(skip && skip < text.length ? /^[.\s]+/ : "", "");
    skip = Math.max(0, skip - text.length);
    return index % 2 && rest ? element("mark", {}, rest) : rest;
  });
  return element("span", { className: "hb-search__excerpt" }, ...shown);
}

window.document$?.subscribe(() => dialog?.close());
