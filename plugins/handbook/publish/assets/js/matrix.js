/*
 * The matrix of services and rules: says which rule a sign is about, and leads to the finding.
 *
 * The signs of a level are one text, so that a large fleet stays a small page; all columns have
 * one width, which the heads give. Keyboards reach the same by the service's link and the filter.
 */

/** Make the signs of every matrix answer to the pointer. */
export function start(root) {
  for (const table of root.querySelectorAll("[data-hb-matrix]")) {
    if (table.dataset.hbMatrixReady) continue;
    table.dataset.hbMatrixReady = "yes";
    let marked = null;
    table.addEventListener("pointermove", (event) => {
      const head = headAt(table, event);
      if (head === marked) return;
      marked?.classList.remove("hb-on");
      head?.classList.add("hb-on");
      marked = head;
      if (head) event.target.closest(".hb-signs").title = `${head.textContent}: ${head.dataset.title}`;
    });
    table.addEventListener("click", (event) => {
      const head = headAt(table, event);
      const link = event.target.closest("tr")?.querySelector("th a");
      if (head && link) location.assign(`${link.href}#${head.textContent.toLowerCase()}`);
    });
  }
}

/* The head of the column that the pointer is in, if it is over a sign. */
function headAt(table, event) {
  const cell = event.target.closest?.(".hb-signs");
  if (!cell) return null;
  const heads = table.tHead.rows[0].cells[cell.cellIndex].querySelectorAll(".hb-matrix__rules a");
  const first = heads[0]?.getBoundingClientRect();
  return first ? heads[Math.floor((event.clientX - first.left) / first.width)] ?? null : null;
}
