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
  fit(picture, block);
  if (!drawn.has(block)) block.after(figure);
  block.hidden = true;
  drawn.set(block, figure);
}

/* The picture takes the room that the page kept for it, see 7-diagrams.css: as large as it was
 * drawn, or smaller as far as it stays legible, or scrolled. */
function fit(picture, block) {
  picture.classList.add(...rooms(block));
  const svg = picture.querySelector("svg");
  const { width, height } = svg.viewBox.baseVal;
  svg.style.setProperty("--hb-drawn-width", `${width}px`);
  svg.style.setProperty("--hb-drawn-height", `${height}px`);
  sizes.observe(picture);
}

const rooms = (block) => [...block.classList].filter((name) => name.startsWith("hb-room-"));

const sizes = new ResizeObserver((entries) => {
  for (const { target } of entries) {
    const scrolls = target.scrollWidth > target.clientWidth + 1 || target.scrollHeight > target.clientHeight + 1;
    if (scrolls) target.tabIndex = 0;
    else target.removeAttribute("tabindex");
  }
});

const kind = (source) => /^\s*(?:%%.*\n\s*|---[\s\S]*?---\s*)*([\w-]+)/.exec(source)?.[1] ?? "diagram";

function note(block, error) {
  if (block.nextElementSibling?.classList.contains("hb-diagram__error")) return;
  leave(block);
  const line = document.createElement("p");
  line.className = "hb-diagram__error";
  line.textContent = `This diagram could not be drawn: ${String(error.message ?? error).split("\n")[0]}`;
  block.after(line);
}

/* Code that stays needs its own room. */
const leave = (block) => block.classList.remove(...rooms(block));

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
  const blocks = root.querySelectorAll("pre.hb-mermaid");
  const there = await vendored("mermaid");
  for (const block of blocks)
    if (there) observer.observe(block);
    else leave(block);
}
