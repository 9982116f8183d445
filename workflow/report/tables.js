"use strict";
// Tables that are sorted and filtered, and the filters of the claims. Names are only ever set as
// text, never as HTML.

const MOST_ROWS = 100;
const WORDS = {
  scope: { body: "without classifier", all: "with classifier" },
  shift: { none: "none (usual images)", all: "all (their mean)" },
};

function element(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === "string") made.setAttribute(name, value);
    else made[name] = value;
  }
  made.append(...children);
  return made;
}

function readJson(id) {
  return JSON.parse(document.getElementById(id).textContent);
}

function asWords(name) {
  return name.replaceAll("_", " ");
}

/** Return a number as text: three significant digits at most, a true minus sign. */
function asNumber(value, key = "") {
  if (value === null || value === undefined) return "–";
  if (/^p(_|$)/.test(key)) return value < 0.001 ? "<0.001" : value.toFixed(3);
  const rounded = Number(value.toPrecision(3));
  const tiny = rounded !== 0 && Math.abs(rounded) < 1e-4;
  return (tiny ? rounded.toExponential(1) : String(rounded)).replaceAll("-", "−");
}

let fields = 0;

/** Return a control with its label above it. */
function labelled(label, control) {
  fields += 1;
  control.id = `field-${fields}`;
  return element("div", { class: "field" }, element("label", { for: control.id }, label), control);
}

/** Return a labelled <select>; `options` are [value, text]. */
function selectField(label, options, chosen, onChange) {
  const select = element("select", { onchange: () => onChange(select.value) });
  for (const [value, text] of options) select.append(element("option", { value }, text));
  select.value = chosen;
  return labelled(label, select);
}

/**
 * Show a table in `root`. A column has a key and a label, and either `values` (numbers or null) or
 * `levels` and the `codes` of its rows; `filters` maps the keys of such columns to the first choice.
 * A row that has nothing in a filtered column passes: the filter does not concern it.
 */
function browse(root, { columns, filters = {} }, label) {
  const count = (columns[0].codes ?? columns[0].values).length;
  const at = (column, row) => (column.codes ? column.levels[column.codes[row]] : column.values[row]);
  const byKey = Object.fromEntries(columns.map((column) => [column.key, column]));
  const texts = columns.filter((column) => column.codes);
  const chosen = { ...filters };
  let query = "";
  let sorted = null;
  let falling = false;
  let showAll = false;

  const controls = element("div", { class: "filters" });
  for (const key of Object.keys(filters)) {
    const levels = byKey[key].levels.filter((level) => level !== "");
    const options = levels.map((level) => [level, WORDS[key]?.[level] ?? asWords(level)]);
    controls.append(
      selectField(byKey[key].label, [["", "any"], ...options], chosen[key] ?? "", (value) => {
        chosen[key] = value || null;
        fill();
      }),
    );
  }
  const search = element("input", {
    type: "search",
    oninput: () => {
      query = search.value.toLowerCase();
      fill();
    },
  });
  controls.append(labelled("find", search));

  const heads = columns.map((column) => {
    const button = element("button", { type: "button" }, column.label);
    const head = element("th", { scope: "col" }, button);
    if (!column.codes) head.className = "number";
    button.onclick = () => {
      falling = sorted === column && !falling;
      sorted = column;
      heads.forEach((other) => other.removeAttribute("aria-sort"));
      head.setAttribute("aria-sort", falling ? "descending" : "ascending");
      fill();
    };
    return head;
  });
  const body = element("tbody");
  const table = element("table", { class: "browse" }, element("thead", {}, element("tr", {}, ...heads)), body);
  const scroll = element("div", { class: "scroll tall", tabindex: "0", role: "region", "aria-label": label }, table);
  const tally = element("span", { "aria-live": "polite" });
  const more = element("button", { type: "button" }, "show all");
  more.onclick = () => {
    showAll = true;
    fill();
  };
  root.replaceChildren(controls, scroll, element("p", { class: "quiet" }, tally, " ", more));
  fill();

  function passes(row) {
    for (const [key, value] of Object.entries(chosen)) {
      const found = at(byKey[key], row);
      if (value !== null && found !== "" && found !== value) return false;
    }
    return !query || texts.some((column) => at(column, row).toLowerCase().includes(query));
  }

  function compare(one, other) {
    const [a, b] = [at(sorted, one), at(sorted, other)];
    const missing = [a, b].map((value) => value === null || value === "");
    if (missing[0] || missing[1]) return missing[0] - missing[1]; // last, whichever the direction
    const order = sorted.codes ? a.localeCompare(b, "en", { numeric: true }) : a - b;
    return falling ? -order : order;
  }

  function fill() {
    const rows = Array.from({ length: count }, (_, row) => row).filter(passes);
    if (sorted) rows.sort(compare);
    const shown = showAll ? rows : rows.slice(0, MOST_ROWS);
    // A text column that the filters fix, or that has nothing to say here, only takes room.
    const idle = columns.map(
      (column) => Boolean(column.codes) && (Boolean(chosen[column.key]) || rows.every((row) => !at(column, row))),
    );
    heads.forEach((head, i) => {
      head.hidden = idle[i];
    });
    body.replaceChildren(
      ...shown.map((row) =>
        element(
          "tr",
          {},
          ...columns.map((column, i) => {
            const value = at(column, row);
            const type = column.codes ? (column.key === "limitation" ? "long" : "") : "number";
            const text = column.codes ? value || "–" : asNumber(value, column.key);
            return element("td", { class: type, hidden: idle[i] }, text);
          }),
        ),
      ),
    );
    tally.textContent = `${shown.length} of ${rows.length} rows`;
    more.hidden = shown.length === rows.length;
  }
}

function filterClaims() {
  const controls = document.getElementById("claim-filters");
  if (!controls) return;
  const wanted = { paper: "", verdict: "" };
  controls.hidden = false;
  for (const button of controls.querySelectorAll("button")) {
    button.onclick = () => {
      const kind = "paper" in button.dataset ? "paper" : "verdict";
      wanted[kind] = button.dataset[kind];
      for (const other of button.parentElement.querySelectorAll("button")) {
        other.setAttribute("aria-pressed", String(other === button));
      }
      for (const table of document.querySelectorAll("table.claims")) {
        for (const claim of table.tBodies) {
          const verdicts = claim.dataset.verdicts.split("|");
          claim.hidden =
            (wanted.paper && claim.dataset.paper !== wanted.paper) ||
            (wanted.verdict && !verdicts.includes(wanted.verdict));
        }
        const left = [...table.tBodies].some((claim) => !claim.hidden);
        table.closest(".scroll").nextElementSibling.hidden = left;
      }
    };
  }
}

filterClaims();
const browsed = readJson("browse-data");
for (const root of document.querySelectorAll("[data-browse]")) {
  const title = root.closest("section").querySelector("h2").textContent;
  browse(root, browsed[root.dataset.browse], title);
}
