// Moves bounds. The numbers are counted: bins of documents on which no other rule of the stage fires, summed on the
// good side of the bound (see whatif.py and histogram_picture.py, which draws the page as it is before anything is moved).
const measures = JSON.parse(document.getElementById("whatif-data").textContent);
const section = document.getElementById("whatif-measures");
const bounds = measures.map((measure) => measure.rules.map((rule) => rule.bound));
const pictures = [...section.querySelectorAll(".histogram")];
const TALL = 250; // as in histogram_picture.py
let weight = "documents";

// As Python rounds: halves to the even number.
const round = (value) => (value % 1 === 0.5 ? 2 * Math.round(value / 2) : Math.round(value));

// Where a bound can stand and make a difference, and where it stood in the run.
function stops(measure, rule) {
  const edges = [...measure.low, measure.end, rule.bound].filter((edge) => edge !== null && edge > -1e299);
  return [...new Set(edges)].sort((a, b) => a - b);
}

const passes = (rule, low, bound) => (rule.comparison.startsWith("<") ? low >= bound : low < bound);

function kept(measure, rule, bound) {
  const sum = (of) =>
    measure.low.reduce((all, low, at) => all + (passes(rule, low, bound) ? rule[of][at] : 0), rule.undefined[of]);
  return { documents: sum("documents"), tokens: sum("tokens") };
}

function outline(measure, values) {
  return measure.sides.map(([left, right], at) => {
    const number = values.slice(measure.first[at], measure.first[at + 1]).reduce((a, b) => a + b, 0);
    if (!number) return "";
    const height = Math.min(TALL, Math.max(round((TALL * number) / measure.cap[weight]), 1));
    return `M${left} ${TALL}V${TALL - height}H${right}V${TALL}`;
  }).join("");
}

function position({ low, high, zero }, value) {
  const within = (part) => Math.min(Math.max(part, 0), 1);
  if (zero === null) return 100 * within((value - low) / (high - low));
  if (value <= 0) return 0;
  return zero + (100 - zero) * within(Math.log(Math.max(value, low) / low) / Math.log(high / low));
}

// As ticks.plain writes it.
function plain(value) {
  const [whole, rest] = String(value).split(".");
  const grouped = whole.includes("e") ? whole : whole.replace(/\B(?=(\d{3})+(?!\d))/g, ",");
  return rest === undefined ? grouped : `${grouped}.${rest}`;
}

function draw(at) {
  const measure = measures[at];
  const good = measure.low.map((low) => measure.rules.every((rule, place) => passes(rule, low, bounds[at][place])));
  const [gone, left] = pictures[at].querySelectorAll("path");
  gone.setAttribute("d", outline(measure, measure[weight]));
  left.setAttribute("d", outline(measure, measure[weight].map((number, bin) => (good[bin] ? number : 0))));
  pictures[at].querySelectorAll(".bound").forEach((mark, place) => {
    mark.setAttribute("x", `${position(measure.axis, bounds[at][place]).toFixed(2)}%`);
  });
}

function write(output, found, came) {
  const part = (of) => {
    const bold = document.createElement("b");
    bold.textContent = numbers.counted(found[of], of.slice(0, -1));
    return [bold, ` (${numbers.share(found[of], came[of])})`];
  };
  output.replaceChildren("The stage keeps ", ...part("documents"), " and ", ...part("tokens"));
}

function difference(found, before) {
  const part = (of) => {
    const more = found[of] - before[of];
    return `${more < 0 ? "−" : "+"}${numbers.counted(Math.abs(more), of.slice(0, -1))}`;
  };
  return `Against the run: ${part("documents")}, ${part("tokens")}`;
}

function move(block, at, place) {
  const [measure, rule, slider] = [measures[at], measures[at].rules[place], block.querySelector("input")];
  const bound = stops(measure, rule)[slider.valueAsNumber];
  bounds[at][place] = bound;
  const [found, before] = [kept(measure, rule, bound), kept(measure, rule, rule.bound)];
  block.querySelector(".bound-value").textContent = plain(bound);
  slider.setAttribute("aria-valuetext", plain(bound));
  write(block.querySelector("output"), found, measure.came);
  const moved = bound !== rule.bound;
  block.classList.toggle("moved", moved);
  block.querySelector(".change span").textContent = moved ? difference(found, before) : "";
  draw(at);
}

for (const block of section.querySelectorAll(".rule")) {
  const [at, place] = [Number(block.dataset.measure), Number(block.dataset.rule)];
  const [slider, rule] = [block.querySelector("input"), measures[at].rules[place]];
  const start = stops(measures[at], rule).indexOf(rule.bound);
  slider.value = start; // a reload may have kept another
  slider.addEventListener("input", () => move(block, at, place));
  block.querySelector("button").addEventListener("click", () => {
    slider.value = start;
    move(block, at, place);
    slider.focus();
  });
}

for (const radio of document.querySelectorAll("input[name=whatif-weight]")) {
  const choose = () => {
    if (!radio.checked) return;
    weight = radio.value;
    section.className = `of-${weight}`;
    measures.forEach((_, at) => draw(at));
  };
  radio.addEventListener("change", choose);
  if (weight !== radio.value) choose();
}
