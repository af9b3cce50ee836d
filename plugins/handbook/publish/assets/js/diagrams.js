/*
 * Draws <pre class="hb-mermaid"><code>…</code></pre> when it comes into view, with the Mermaid
 * that the site itself serves. Without it, or where a diagram has a mistake, the code stays.
 */
import { vendored, script } from "./vendored.js";

let engine = null;
let count = 0;
const drawn = new Map(); // <pre> → its figure, to draw again in the other colours

const dark = () => document.body.getAttribute("data-md-color-scheme") === "slate";

function theme() {
  const style = getComputedStyle(document.body);
  const value = (name) => style.getPropertyValue(name).trim();
  return {
    startOnLoad: false,
    // Text from a service's repo: no markup, no links, no scripts in it.
    securityLevel: "strict",
    suppressErrorRendering: true,
    theme: "base",
    fontFamily: value("--hb-font-text"),
    themeVariables: {
      darkMode: dark(),
      background: value("--hb-paper"),
      primaryColor: value("--hb-tint"),
      primaryTextColor: value("--hb-ink"),
      primaryBorderColor: value("--hb-brand"),
      secondaryColor: value("--hb-wash"),
      tertiaryColor: value("--hb-wash"),
      edgeLabelBackground: value("--hb-paper"),
      lineColor: value("--hb-muted"),
      textColor: value("--hb-ink"),
      noteBkgColor: value("--hb-wash"),
      noteTextColor: value("--hb-ink"),
      fontSize: "14px",
    },
  };
}

async function mermaid() {
  engine ??= vendored("mermaid").then((path) => path && script(path).then(() => window.mermaid));
  return engine;
}

async function draw(block) {
  const source = block.textContent;
  const api = await mermaid();
  if (!api || !block.isConnected) return;
  try {
    api.initialize(theme());
    const { svg } = await api.render(`hb-diagram-${++count}`, plain(source));
    show(block, svg, source);
  } catch (error) {
    note(block, error);
  }
}

/* Tags with attributes are text: no picture of another site, no link that looks like ours. */
const plain = (source) => source.replace(/<(?=[a-z][^>]{0,999}=)/gi, "<\u2060");

function show(block, svg, source) {
  const figure = drawn.get(block) ?? document.createElement("figure");
  figure.className = "hb-diagram";
  const picture = document.createElement("div");
  picture.className = "hb-diagram__picture";
  picture.setAttribute("role", "img");
  picture.setAttribute("aria-label", `Diagram. Its text is below: ${kind(source)}`);
  picture.innerHTML = svg;
  const details = document.createElement("details");
  const summary = document.createElement("summary");
  summary.textContent = "Diagram as text";
  const text = document.createElement("pre");
  text.tabIndex = 0; // long lines scroll, by keyboard too
  text.textContent = source;
  details.append(summary, text);
  figure.replaceChildren(picture, details);
  const { top, height } = block.getBoundingClientRect();
  if (!block.hidden && top < innerHeight) figure.dataset.room = height;
  if (!drawn.has(block)) block.after(figure);
  block.hidden = true;
  drawn.set(block, figure);
  if (figure.dataset.room) fit(figure, Number(figure.dataset.room));
}

/* What a reader sees already must not move: the picture takes the room that its code had, if
 * it stays legible. */
function fit(figure, room) {
  const svg = figure.querySelector("svg");
  figure.style.minHeight = `${room}px`;
  const wanted = svg.getBoundingClientRect().height;
  const left = wanted - (figure.getBoundingClientRect().height - room);
  if (left < wanted && left > 0.7 * wanted) svg.style.height = `${left}px`;
}

const kind = (source) => /^\s*(?:%%.*\n\s*|---[\s\S]*?---\s*)*([\w-]+)/.exec(source)?.[1] ?? "diagram";

function note(block, error) {
  if (block.nextElementSibling?.classList.contains("hb-diagram__error")) return;
  const line = document.createElement("p");
  line.className = "hb-diagram__error";
  line.textContent = `This diagram could not be drawn: ${String(error.message ?? error).split("\n")[0]}`;
  block.after(line);
}

const observer = new IntersectionObserver((entries) => {
  for (const entry of entries)
    if (entry.isIntersecting) {
      observer.unobserve(entry.target);
      draw(entry.target);
    }
}, { rootMargin: "200px" });

new MutationObserver(() => {
  for (const block of drawn.keys()) block.isConnected ? draw(block) : drawn.delete(block);
}).observe(document.body, { attributeFilter: ["data-md-color-scheme"] });

/** Draw the page's diagrams as they come into view. */
export async function start(root) {
  if (!(await vendored("mermaid"))) return;
  for (const block of root.querySelectorAll("pre.hb-mermaid")) observer.observe(block);
}
