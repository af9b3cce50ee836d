/*
 * Sorting and filtering of tables that the server already wrote in full.
 *
 *   <form data-hb-filter hidden> inputs and selects named like the rows' data-* attributes,
 *     a search input of any other name looks through the row's text; <output data-noun="services">
 *   <table data-hb-table> <th data-sort="text|number|date">; <td data-value="…"> overrides the text
 *
 * A form belongs to the first table after it. The state is in the address's query, so that a
 * filtered view can be linked to: ?owner=team-risk&sort=-updated
 */
const collator = new Intl.Collator("en", { numeric: true, sensitivity: "base" });

/** Make every table of the page sortable, and those with a form filterable. */
export function start(root) {
  const forms = [...root.querySelectorAll("form[data-hb-filter]")];
  const tables = [...root.querySelectorAll("[data-hb-table]")].filter((t) => !t.dataset.hbReady);
  for (const table of tables) {
    table.dataset.hbReady = "yes";
    const form = forms.filter((f) => follows(f, table)).pop();
    const view = new View(table, form && firstTable(form, root) === table ? form : null);
    view.restore();
    watch(view);
  }
}

/* A link to another view of the same page changes the address but loads nothing. */
function watch(view) {
  if (!window.location$) return;
  const subscription = window.location$.subscribe(() => {
    if (!view.table.isConnected) subscription.unsubscribe();
    else queueMicrotask(() => view.restore());
  });
}

const follows = (a, b) => Boolean(a.compareDocumentPosition(b) & Node.DOCUMENT_POSITION_FOLLOWING);
const firstTable = (form, root) =>
  [...root.querySelectorAll("[data-hb-table]")].find((table) => follows(form, table));

class View {
  constructor(table, form) {
    this.table = table;
    this.form = form;
    this.body = table.tBodies?.[0] ?? table;
    this.rows = [...this.body.children];
    this.order = "";
    this.texts = new Map(this.rows.map((row) => [row, textOf(row)]));
    this.heads = [...table.querySelectorAll("th[data-sort]")];
    this.heads.forEach((head, index) => this.makeSortable(head, index));
    if (form) this.makeFilterable();
  }

  makeSortable(head) {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "hb-sort";
    button.append(...head.childNodes);
    head.append(button);
    head.setAttribute("aria-sort", "none");
    button.addEventListener("click", () => {
      const key = keyOf(head);
      this.sort(this.order === key ? `-${key}` : key);
      this.save();
    });
  }

  makeFilterable() {
    this.form.hidden = false;
    for (const select of this.form.querySelectorAll("select")) this.fill(select);
    this.form.addEventListener("submit", (event) => event.preventDefault());
    this.form.addEventListener("input", () => { this.filter(); this.save(); });
    this.form.addEventListener("reset", () => setTimeout(() => { this.filter(); this.save(); }));
  }

  /** Offer the values that the rows have, where the server left the choice empty. */
  fill(select) {
    if (select.options.length > 1) return;
    const values = new Set(this.rows.flatMap((row) => list(row.dataset[field(select)])));
    for (const value of [...values].filter(Boolean).sort(collator.compare)) select.add(new Option(value, value));
  }

  sort(order) {
    this.order = order;
    const down = order.startsWith("-");
    const head = this.heads.find((h) => keyOf(h) === order.replace(/^-/, ""));
    for (const other of this.heads)
      other.setAttribute("aria-sort", other !== head ? "none" : down ? "descending" : "ascending");
    if (!head) {
      this.body.append(...this.rows);
      return;
    }
    const compare = comparer(head.dataset.sort);
    const keyed = this.rows.map((row) => [valueOf(row.cells[head.cellIndex]), row]);
    keyed.sort(([a], [b]) => {
      // Rows without a value stay at the end, whichever way the others run.
      if (a === "" || b === "") return (a === "") - (b === "");
      return down ? compare(b, a) : compare(a, b);
    });
    this.body.append(...keyed.map(([, row]) => row));
  }

  filter() {
    const wanted = [...this.form.elements].filter((e) => e.name && e.type !== "submit" && active(e));
    let shown = 0;
    for (const row of this.rows) {
      row.hidden = !wanted.every((element) => matches(row, element, this.texts.get(row)));
      if (!row.hidden) shown += 1;
    }
    const output = this.form.querySelector("output");
    const noun = output?.dataset.noun ?? "rows";
    if (output)
      output.textContent = shown === this.rows.length ? `${shown} ${noun}` : `${shown} of ${this.rows.length} ${noun}`;
    this.table.toggleAttribute("data-hb-empty", shown === 0);
  }

  restore() {
    const query = new URLSearchParams(location.search);
    if (this.form) {
      for (const element of this.form.elements) {
        if (!element.name) continue;
        const value = query.get(element.name) ?? "";
        if (ticked(element)) element.checked = value === element.value;
        else if (element.type !== "submit") element.value = value;
      }
      this.filter();
    }
    const order = query.get("sort") ?? "";
    if (order !== this.order && this.heads.length) this.sort(order);
  }

  save() {
    const url = new URL(location.href);
    const set = (name, value) => (value ? url.searchParams.set(name, value) : url.searchParams.delete(name));
    for (const element of this.form?.elements ?? [])
      if (element.name) set(element.name, active(element) ? element.value : "");
    if (this.heads.length) set("sort", this.order);
    history.replaceState(history.state, "", url);
  }
}

const keyOf = (head) => head.dataset.key ?? head.textContent.trim().toLowerCase().replace(/\W+/g, "-");
const field = (element) => element.name.replace(/-(\w)/g, (_, c) => c.toUpperCase());
const list = (value) => (value ?? "").split("|").map((v) => v.trim());
const ticked = (e) => e.type === "checkbox" || e.type === "radio";
const active = (e) => e.value?.trim() && (!ticked(e) || e.checked);

function matches(row, element, whole) {
  const wanted = element.value.trim().toLowerCase();
  const own = row.dataset[field(element)];
  if (element.localName === "input" && !ticked(element)) {
    const text = own?.toLowerCase() ?? whole;
    return wanted.split(/\s+/).every((word) => text.includes(word));
  }
  return list(own).some((value) => value.toLowerCase() === wanted);
}

/** What a row says, without its dates: "3 days ago" is no hit for "go". */
function textOf(row) {
  const copy = row.cloneNode(true);
  for (const time of copy.querySelectorAll("time")) time.remove();
  return copy.textContent.toLowerCase();
}

function valueOf(cell) {
  if (!cell) return "";
  return (cell.dataset.value ?? cell.querySelector("time")?.dateTime ?? cell.textContent).trim();
}

function comparer(kind) {
  if (kind === "number") return (a, b) => number(a) - number(b);
  if (kind === "date") return (a, b) => (a < b ? -1 : Number(a > b));
  return collator.compare;
}

const number = (text) => Number.parseFloat(text.replace(/[^\d.eE+-]/g, "")) || 0;
