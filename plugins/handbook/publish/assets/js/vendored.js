/* Third-party files that this build of the site has (see vendor.json), loaded when needed. */
const list = fetch(new URL("vendor.json", import.meta.url))
  .then((answer) => (answer.ok ? answer.json() : {}))
  .catch(() => ({}));

/** The address of a vendored file by its name in vendor.json, "" if this build lacks it. */
export async function vendored(name) {
  const path = (await list)[name];
  return path ? new URL(path, import.meta.url).href : "";
}

/** Load a classic script once. */
const loaded = new Map();
export function script(src) {
  if (!loaded.has(src))
    loaded.set(src, new Promise((resolve, reject) => {
      const element = document.createElement("script");
      element.src = src;
      element.onload = resolve;
      element.onerror = () => reject(new Error(`could not load ${src}`));
      document.head.append(element);
    }));
  return loaded.get(src);
}

/**
 * Load a style sheet into an element of the page. Not into the head: an instant navigation
 * takes away what the next page's head does not have.
 */
export function style(href, parent) {
  return new Promise((resolve, reject) => {
    const element = document.createElement("link");
    element.rel = "stylesheet";
    element.href = href;
    element.onload = resolve;
    element.onerror = () => reject(new Error(`could not load ${href}`));
    parent.append(element);
  });
}
