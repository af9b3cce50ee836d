/*
 * The page for addresses that lead nowhere: puts the words of the address into a search field,
 * and names the addresses of the site that are most like it.
 */
const root = new URL("../..", import.meta.url);
const NEAR = 3; // addresses shown
const LARGEST = 4e6; // bytes of a sitemap that is worth reading for this

/** The words of an address: "/services/fraud-score/docs/" has fraud, score and docs. */
function words(path) {
  let text = path;
  try {
    text = decodeURIComponent(path);
  } catch {
    // Not encoded: its words are as they stand.
  }
  const found = text.replace(/(?:index)?\.(?:html|md)$/, "").toLowerCase().match(/[\p{L}\p{N}]{2,}/gu) ?? [];
  return [...new Set(found.filter((word) => word !== "services"))];
}

export function start(page) {
  const form = page.querySelector("[data-hb-lost]");
  const asked = words(location.pathname.slice(root.pathname.length));
  const field = form.elements.q;
  field.value = asked.join(" ").slice(0, 100);
  form.hidden = false;
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const search = await import(new URL("search.js", import.meta.url).href);
    search.open(field.value, true);
  });
  const box = form.querySelector(".hb-lost__near");
  offer(box.querySelector("ul"), asked)
    .catch(() => 0) // a help, no more
    .then((found) => {
      if (!found) box.querySelector("p").textContent = "No address of this site is like it.";
    });
}

/** Name the nearest addresses; return how many there are. */
async function offer(list, asked) {
  if (!asked.length) return 0;
  const answer = await fetch(new URL("sitemap.xml", root));
  if (!answer.ok || Number(answer.headers.get("content-length")) > LARGEST) return 0;
  const paths = [...(await answer.text()).matchAll(/<loc>([^<]+)<\/loc>/g)]
    .map(([, url]) => new URL(url.replaceAll("&amp;", "&")).pathname)
    .filter((path) => path.startsWith(root.pathname));
  const scored = paths.map((path) => ({ path, score: likeness(asked, words(path.slice(root.pathname.length))) }));
  const near = scored.filter(({ score }) => score >= 0.3).sort((a, b) => b.score - a.score).slice(0, NEAR);
  list.replaceChildren(...near.map(({ path }) => item(path)));
  return near.length;
}

function item(path) {
  const link = document.createElement("a");
  link.href = path;
  link.textContent = decodeURI(path.slice(root.pathname.length));
  const entry = document.createElement("li");
  entry.append(link);
  return entry;
}

/** How many of the words two addresses share, of all they have; a shared beginning counts half. */
function likeness(asked, there) {
  const shared = asked.reduce((sum, word) => {
    if (there.includes(word)) return sum + 1;
    return sum + (there.some((other) => begins(word, other)) ? 0.5 : 0);
  }, 0);
  return shared / (asked.length + there.length - shared || 1);
}

const begins = (a, b) => a.length > 3 && b.length > 3 && (a.startsWith(b.slice(0, 4)) && b.startsWith(a.slice(0, 4)));
