/*
 * The interactive API viewer: <div class="hb-swagger" data-spec="openapi.json"><button>…</button></div>
 * Swagger UI is large, so it is loaded on click. It gets the definition as an object and may ask
 * nobody else: no validator, no "try it out" (the policy forbids calls to another origin).
 */
import { vendored, script, style } from "./vendored.js";

/** Make the page's viewer buttons work. */
export function start(root) {
  for (const box of root.querySelectorAll(".hb-swagger[data-spec]")) {
    const button = box.querySelector("button");
    if (!button || box.dataset.hbReady) continue;
    box.dataset.hbReady = "yes";
    button.hidden = false;
    button.addEventListener("click", () => show(box, button));
  }
}

async function show(box, button) {
  button.disabled = true;
  const status = document.createElement("p");
  status.setAttribute("role", "status");
  status.textContent = "Loading the viewer…";
  box.append(status);
  try {
    const [bundle, sheet] = await Promise.all([vendored("swagger-ui"), vendored("swagger-ui-style")]);
    if (!bundle) throw new Error("this build of the site has no viewer");
    const [spec] = await Promise.all([definition(box.dataset.spec), script(bundle), style(sheet, box.parentElement)]);
    const target = document.createElement("div");
    target.className = "hb-swagger__viewer";
    box.replaceChildren(target);
    window.SwaggerUIBundle({
      spec,
      domNode: target,
      validatorUrl: null,
      supportedSubmitMethods: [],
      queryConfigEnabled: false,
      deepLinking: false,
      docExpansion: "list",
      defaultModelsExpandDepth: 0,
      presets: [window.SwaggerUIBundle.presets.apis],
      layout: "BaseLayout",
    });
    follow(target);
    target.tabIndex = -1;
    target.focus({ preventScroll: true });
  } catch (error) {
    status.textContent = `The viewer could not be shown: ${error.message}.`;
    button.disabled = false;
  }
}

async function definition(path) {
  const url = new URL(path, location.href);
  if (url.origin !== location.origin) throw new Error("the definition is on another site");
  const answer = await fetch(url);
  if (!answer.ok) throw new Error(`the definition answered ${answer.status}`);
  return JSON.parse(await answer.text(), (key, value) => (PROSE.has(key) ? plain(value) : value));
}

/* Markup in descriptions is shown as written, pictures become links. The policy would stop a
   script or a foreign picture, but not a misleading form. */
const PROSE = new Set(["description", "summary", "title"]);
const plain = (value) =>
  typeof value === "string" ? value.replace(/<(?=[a-z/!?])/gi, "<\u2060").replaceAll("![", "[") : value;

/** Swagger UI has a dark look of its own, switched by a class. */
function follow(target) {
  const root = document.documentElement;
  const change = () => {
    const dark = document.body.getAttribute("data-md-color-scheme") === "slate";
    root.classList.toggle("dark-mode", dark && target.isConnected);
  };
  new MutationObserver(change).observe(document.body, { attributeFilter: ["data-md-color-scheme"] });
  change();
}
