"use strict";
// The explorer: the spectrum of a layer, and a metric of it in every run.

const explorer = readJson("explorer-data");
const STAGES = { finetuned: "fine-tuned weights", delta: "delta (fine-tuned − initial)", init: "initial weights" };
const SCORES = { shifted: `${explorer.score} on shifted images`, iid: `${explorer.score} on usual images` };
const chosen = { cell: 0, layer: 0, stage: "finetuned", metric: 0, score: "shifted", laws: true, references: true, others: false };
const pointer = matchMedia("(pointer: coarse)");

/** Return `text` as Plotly shows it unchanged: it takes names for a kind of HTML. */
function forPlotly(text) {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}

function layout(x, y) {
  return {
    xaxis: { automargin: true, gridcolor: "#e4e4e4", zeroline: false, exponentformat: "power", ...x },
    yaxis: { automargin: true, gridcolor: "#e4e4e4", zeroline: false, exponentformat: "power", ...y },
    margin: { l: 60, r: 10, t: 10, b: 50 },
    legend: { orientation: "h", y: -0.25, yanchor: "top" },
    font: { family: "system-ui, sans-serif", size: 13, color: "#1c1c1c" },
    paper_bgcolor: "#fff",
    plot_bgcolor: "#fff",
    hovermode: "closest",
    // On a touch screen a finger scrolls the page.
    dragmode: pointer.matches ? false : "zoom",
  };
}

function draw(id, traces, axes) {
  Plotly.react(id, traces, axes, { displaylogo: false, displayModeBar: false, responsive: true });
}

function cellNow() {
  return explorer.cells[chosen.cell];
}

/** Return the spectra to show: [name, symbol, colour, key]. */
function networksNow() {
  const cell = cellNow();
  const marked = cell.conditions.filter((each) => cell.checked.includes(each.name));
  const initial = [...new Set(marked.map((each) => each.initial))].map((name) => [
    name.replace(/^init /, "initial weights of "),
    "line-ns",
    explorer.initial_colour,
    [name, "init"],
  ]);
  if (chosen.stage === "init") return initial;
  const found = marked.map((each) => [each.name, each.symbol, each.colour, [each.name, chosen.stage]]);
  return chosen.stage === "finetuned" && chosen.references ? [...initial, ...found] : found;
}

/** Return the curve of the power law; in a density per decade it is a line of slope 1 − alpha. */
function powerLaw(fit) {
  if (!(fit.alpha > 1) || !(fit.xmin > 0)) return null;
  const x = [fit.xmin, Math.max(fit.xmax, fit.xmin)];
  const start = (fit.num_pl_spikes / fit.num_evals) * (fit.alpha - 1) * Math.LN10;
  return { x, y: x.map((each) => start * (each / fit.xmin) ** (1 - fit.alpha)), dash: "dash" };
}

/** Return the curve of the Marchenko–Pastur law, which holds for eigenvalues with mean one. */
function bulk(fit, least) {
  if (!(fit.sigma_mp > 0) || !(fit.Q >= 1)) return null;
  const mean = fit.norm / fit.num_evals;
  const [low, high] = [-1, 1].map((sign) => (fit.sigma_mp * (1 + sign / Math.sqrt(fit.Q))) ** 2);
  const share = 1 - (fit.num_spikes ?? 0) / fit.num_evals;
  const curve = { x: [], y: [], dash: "dot" };
  const bottom = Math.max(low, high * 1e-12);
  for (let i = 1; i < 200; i += 1) {
    const x = bottom * (high / bottom) ** (i / 200);
    const density = (fit.Q * Math.sqrt((high - x) * (x - low))) / (2 * Math.PI * fit.sigma_mp ** 2 * x);
    const y = share * density * x * Math.LN10;
    if (y >= least) {
      curve.x.push(x * mean);
      curve.y.push(y);
    }
  }
  return curve;
}

function drawSpectrum() {
  const cell = cellNow();
  const layer = cell.layers[chosen.layer];
  const panel = chosen.stage === "delta" ? "delta" : "finetuned";
  const ends = cell.edges[`${panel}\n${layer.layer}`];
  const traces = [];
  const words = [];
  for (const [name, symbol, colour, place] of ends ? networksNow() : []) {
    const found = cell.spectra[[...place, layer.layer].join("\n")];
    if (!found?.[1]) continue;
    const counts = found[0];
    const fit = Object.fromEntries(explorer.fits.map((key, i) => [key, found[1][i]]));
    const width = (ends[1] - ends[0]) / counts.length;
    const floor = 0.5 / (fit.num_evals * width);
    const line = { color: colour, width: 1.4 };
    traces.push({
      name: forPlotly(name),
      x: counts.map((_, i) => 10 ** (ends[0] + (i + 0.5) * width)),
      y: counts.map((count) => Math.max(count / (fit.num_evals * width), floor)),
      text: counts.map((count) => `${forPlotly(name)}: ${count} eigenvalues`),
      hoverinfo: "text+x",
      mode: "lines+markers",
      line: { ...line, shape: "hvh" },
      marker: { symbol, size: 5 },
    });
    const isReference = place[1] === "init" && chosen.stage !== "init";
    if (isReference) continue;
    const alpha = fit.alpha === null ? "no power law" : `alpha ${asNumber(fit.alpha)}`;
    const range = fit.alpha_low === null ? "" : ` [${asNumber(fit.alpha_low)}, ${asNumber(fit.alpha_high)}]`;
    words.push(`${name}: ${alpha}${range}${fit.trusted === false ? ", not shown to be a power law" : ""}`);
    const curves = chosen.laws ? [powerLaw(fit), bulk(fit, floor)] : [];
    for (const curve of curves.filter((each) => each?.x.length)) {
      traces.push({
        ...curve,
        mode: "lines",
        line: { ...line, width: 2, dash: curve.dash },
        showlegend: false,
        hoverinfo: "skip",
      });
    }
    if (chosen.references && fit.null_max > 0) {
      traces.push({
        x: [fit.null_max, fit.null_max],
        y: [floor, 10 * floor],
        mode: "lines",
        line: { ...line, width: 3 },
        showlegend: false,
        text: `${forPlotly(name)}: largest eigenvalue of the same entries in random order`,
        hoverinfo: "text",
      });
    }
  }
  draw(
    "spectrum",
    traces,
    layout(
      { type: "log", title: { text: "eigenvalue of WᵀW", standoff: 8 } },
      { type: "log", title: { text: "density per decade" }, dtick: 1 },
    ),
  );
  const which = `${layer.layer} (${asWords(layer.role)}), ${STAGES[chosen.stage]}, seed ${cell.seed}`;
  document.getElementById("spectrum-words").textContent = traces.length
    ? `${which}. ${words.join("; ")}.`
    : `${which}: no eigenvalues to show; choose a condition.`;
}

function drawScatter() {
  const cell = cellNow();
  const { runs } = cell;
  const stage = chosen.stage === "init" ? "finetuned" : chosen.stage;
  const metric = explorer.metrics[chosen.metric];
  const x = runs.values[stage][chosen.layer]?.[chosen.metric] ?? runs.seed.map(() => null);
  const y = runs[chosen.score];
  const about = runs.condition.map((index) => cell.conditions[index]);
  const seen = about.map((_, row) => row).filter((row) => chosen.others || about[row].comparable);
  const families = [...new Set(seen.map((row) => about[row].family))];
  const traces = families.map((family) => {
    const rows = seen.filter((row) => about[row].family === family);
    return {
      name: forPlotly(asWords(family)),
      x: rows.map((row) => x[row]),
      y: rows.map((row) => y[row]),
      text: rows.map(
        (row) =>
          `${forPlotly(about[row].name)}, seed ${runs.seed[row]}<br>` +
          `${asWords(metric)} ${x[row]}, ${explorer.score} ${asNumber(y[row])}`,
      ),
      hoverinfo: "text",
      type: "scatter",
      mode: "markers",
      marker: {
        color: rows.map((row) => about[row].colour),
        symbol: rows.map((row) => about[row].symbol),
        size: rows.map((row) => (cell.checked.includes(about[row].name) ? 12 : 8)),
        line: { color: "#fff", width: 0.5 },
      },
    };
  });
  draw(
    "scatter",
    traces,
    layout({ title: { text: `${asWords(metric)}, ${STAGES[stage]}`, standoff: 8 } }, {
      title: { text: SCORES[chosen.score] },
      tickformat: ".3~%",
    }),
  );
  const shown = seen.filter((row) => x[row] !== null && y[row] !== null).length;
  const layer = cell.layers[chosen.layer].layer;
  document.getElementById("scatter-words").textContent =
    `${shown} of ${x.length} runs: ${asWords(metric)} of ${layer} (${STAGES[stage]}) against ` +
    `${SCORES[chosen.score]}. Large marks are the conditions chosen above.`;
  const coded = (values) => {
    const levels = [...new Set(values)];
    return { levels, codes: values.map((value) => levels.indexOf(value)) };
  };
  browse(
    document.getElementById("scatter-table"),
    {
      columns: [
        { key: "condition", label: "condition", ...coded(about.map((each) => each.name)) },
        { key: "family", label: "family", ...coded(about.map((each) => each.family)) },
        { key: "seed", label: "seed", values: runs.seed },
        { key: "metric", label: asWords(metric), values: x },
        { key: "score", label: SCORES[chosen.score], values: y },
      ],
    },
    "Runs of the scatter plot",
  );
}

function drawBoth() {
  drawSpectrum();
  drawScatter();
}

function checkbox(id, label, checked, onChange, colour = null) {
  const box = element("input", { type: "checkbox", id, checked, onchange: () => onChange(box.checked) });
  const swatch = element("span", { class: "swatch", "aria-hidden": "true" });
  if (colour) swatch.style.background = colour;
  return element("label", {}, box, " ", ...(colour ? [swatch] : []), label);
}

/** Fill the form for the chosen dataset and backbone. */
function fillForm() {
  const cell = cellNow();
  const form = document.getElementById("explorer-form");
  form.onsubmit = (event) => event.preventDefault();
  const field = (key, label, options) =>
    selectField(label, options, String(chosen[key]), (value) => {
      chosen[key] = typeof chosen[key] === "number" ? Number(value) : value;
      drawBoth();
    });
  const conditions = element("fieldset", { id: "explorer-conditions" }, element("legend", {}, "conditions"));
  cell.conditions.forEach((each, i) => {
    if (!each.shown) return;
    const change = (on) => {
      cell.checked = cell.checked.filter((name) => name !== each.name).concat(on ? [each.name] : []);
      drawBoth();
    };
    conditions.append(checkbox(`condition-${i}`, each.name, cell.checked.includes(each.name), change, each.colour));
  });
  const fields = [
    field("layer", "layer", cell.layers.map((each, i) => [String(i), `${each.layer} (${asWords(each.role)})`])),
    field("stage", "weights", Object.entries(STAGES)),
    field("metric", "metric of the runs", explorer.metrics.map((name, i) => [String(i), asWords(name)])),
    field("score", "score of the runs", Object.entries(SCORES)),
  ];
  if (explorer.cells.length > 1) {
    const cells = explorer.cells.map((each, i) => [String(i), each.name]);
    const which = selectField("dataset and backbone", cells, String(chosen.cell), (value) => start(Number(value)));
    fields.unshift(which);
  }
  const drawnAs = (key, label) =>
    checkbox(`explorer-${key}`, label, chosen[key], (on) => {
      chosen[key] = on;
      drawBoth();
    });
  form.replaceChildren(
    ...fields,
    conditions,
    drawnAs("laws", "fitted laws"),
    drawnAs("references", "initial weights, and as a short thick line the largest eigenvalue in random order"),
    ...(cell.conditions.every((each) => each.comparable)
      ? []
      : [drawnAs("others", "also runs from other initial weights")]),
  );
  document.getElementById("explorer-note").textContent = cell.left_out;
}

/** Show the dataset and backbone with the index `cell`, from the layer with the most eigenvalues. */
function start(cell) {
  chosen.cell = cell;
  const { layers, checked, spectra } = cellNow();
  const count = explorer.fits.indexOf("num_evals");
  const size = (layer) => spectra[[checked[0], "finetuned", layer.layer].join("\n")]?.[1]?.[count] ?? 0;
  const sizes = layers.map((layer) => (layer.role === "classifier" ? 0 : size(layer)));
  chosen.layer = Math.max(0, sizes.indexOf(Math.max(...sizes)));
  fillForm();
  if (layers.length) drawBoth();
}

if (explorer.cells.length) start(0);
