// A goal turned into data to collect: what pipeline/planning/plan.py computes, from the same figures.
const planning = JSON.parse(document.getElementById("planning").textContent);
const form = document.getElementById("plan");
const ENDS = ["low", "value", "high"];
const SUFFIXES = { "": 1, k: 1e3, m: 1e6, b: 1e9, t: 1e12 };

function parseAmount(text) {
  const match = /^(\d+(?:_\d+)*(?:\.\d+)?(?:e[+-]?\d+)?)\s*([kmbt]?)(?:\s*tokens)?$/i.exec(text.trim());
  const value = match ? Number(match[1].replaceAll("_", "")) * SUFFIXES[match[2].toLowerCase()] : 0;
  if (!(value >= 1 && value < 1e30)) return null;
  return value % 1 === 0.5 ? 2 * Math.round(value / 2) : Math.round(value);
}

// Tokens of a training, by compute-optimal law or by a ratio: pipeline/planning/laws.py.
function trainingTokens(kind, amount, ratio) {
  const { A, alpha, B, beta } = planning.laws;
  let parameters = amount;
  if (kind === "flops") {
    const g = ((alpha * A) / (beta * B)) ** (1 / (alpha + beta));
    parameters = ratio ? Math.sqrt(amount / (6 * ratio)) : g * (amount / 6) ** (beta / (alpha + beta));
  }
  if (ratio) return { parameters, tokens: ratio * parameters, law: "the ratio that was given" };
  return { parameters, law: planning.laws.law, tokens: ((beta * B) / (alpha * A)) ** (1 / beta) * parameters ** (alpha / beta) };
}

const effective = (unique, epochs) => {
  const r = planning.laws.r_star;
  return unique * (1 + r * (1 - Math.exp(-(epochs - 1) / r)));
};

function epochsFor(unique, wanted) {
  if (unique === null || unique <= 0) return null;
  const r = planning.laws.r_star;
  const worth = (wanted / unique - 1) / r;
  if (worth <= 0) return 1;
  return worth < 1 ? 1 - r * Math.log(1 - worth) : null;
}

// Final tokens on the grid: pipeline/planning/curve.py.
function curve(value, end) {
  let most = 0;
  return planning.distinct.times.map((times, at) => {
    const rho = planning.distinct[end][at];
    if (value === null || rho === null) return null;
    most = Math.max(most, value * times * rho);
    return most;
  });
}

const known = (tokens) =>
  planning.distinct.times.map((times, at) => [times, tokens[at]]).filter(([, value]) => value !== null && value > 0);

function timesFor(target, tokens) {
  const points = known(tokens);
  if (!points.length) return null;
  if (target <= points[0][1]) return (points[0][0] * target) / points[0][1];
  for (let at = 1; at < points.length; at++) {
    const [[t0, v0], [t1, v1]] = [points[at - 1], points[at]];
    if (v1 >= target) return Math.exp(Math.log(t0) + (Math.log(target / v0) / Math.log(v1 / v0)) * Math.log(t1 / t0));
  }
  return null;
}

function tokensAt(wanted, tokens) {
  const points = known(tokens);
  if (!points.length || wanted > points.at(-1)[0]) return null;
  if (wanted <= points[0][0]) return (points[0][1] * wanted) / points[0][0];
  const at = Math.max(1, points.findIndex(([times]) => times >= wanted));
  const [[t0, v0], [t1, v1]] = [points[at - 1], points[at]];
  return Math.exp(Math.log(v0) + (Math.log(wanted / t0) / Math.log(t1 / t0)) * Math.log(v1 / v0));
}

const range = (make) => Object.fromEntries(ENDS.map((end) => [end, make(end)]));
const scaled = (ends, by) => range((end) => (by === null || by === undefined || ends[end] === null ? null : ends[end] * by));

// The keys are those of `assay plan --json`.
function plan(goal) {
  const of = goal.language ? planning.languages[goal.language] : planning;
  const target = goal.unique;
  const curves = (name) => {
    const [low, value, high] = of.yield[name];
    return { low: curve(low, "low"), value: curve(value, "point"), high: curve(high, "high") };
  };
  // Where the curves do not get there: a larger corpus keeps no larger share.
  const atLeast = (name, high) => {
    if (high.at(-1)) return (planning.distinct.times.at(-1) * target) / high.at(-1);
    return of.yield[name][1] ? target / of.yield[name][1] : null;
  };
  const timesOf = (name) => {
    const { low, value, high } = curves(name);
    const [least, likely] = [timesFor(target, high), timesFor(target, value)];
    return { low: least ?? (likely === null ? atLeast(name, high) : null), value: likely, high: timesFor(target, low) };
  };
  const held = (name) => (name === "stored bytes" ? planning.stored_bytes : planning.raw[name]);
  const needs = Object.fromEntries(Object.keys(of.yield).map((name) => [name, scaled(timesOf(name), held(name))]));
  const times = timesOf("tokens");
  const rank = target / (of.yield.tokens[1] || 1e-300);
  return {
    times,
    feasible: times.low !== null || times.value !== null,
    certain: times.high !== null,
    beyond: times.low !== null && times.low > planning.distinct.times.at(-1) ? planning.distinct.times.at(-1) : null,
    needs,
    languages: goal.language ? { [goal.language]: { tokens: target, times, raw: inLanguage(of, needs) } } : {},
    crawls: crawls(goal.language, of, needs),
    costs: costs(needs),
    scenarios: planning.scenarios.map((scenario) => {
      const most = rank < 1e200 ? rank ** (1 / (1 - scenario.exponent)) : null;
      return { ...scenario, times: most, raw_tokens: most && planning.raw.tokens ? most * planning.raw.tokens : null };
    }),
    pool: pool(curves("bytes"), goal),
    gap: gap(curves("tokens"), goal),
  };
}

function inLanguage(of, needs) {
  const names = ["tokens", "documents", "bytes"].filter((name) => needs[name] && planning.raw[name] && of.raw[name]);
  return Object.fromEntries(names.map((name) => [name, scaled(needs[name], of.raw[name] / planning.raw[name])]));
}

function crawls(language, of, needs) {
  const { tokens_per_page: perPage, pages_per_crawl: perCrawl, languages } = planning.crawls;
  const pagesOf = (amounts) => (planning.web ? amounts.documents : scaled(amounts.tokens, 1 / perPage));
  const share = language ? languages[language] : undefined;
  const own = share ? inLanguage(of, needs) : {};
  const found = Object.keys(own).length ? { [language]: { share, crawls: scaled(pagesOf(own), 1 / share / perCrawl) } } : {};
  const byYear = planning.crawls.by_year.map((of) => ({ ...of, crawls: scaled(pagesOf(needs), 1 / of.pages_per_crawl) }));
  return { crawls: scaled(pagesOf(needs), 1 / perCrawl), by_language: found, by_year: byYear };
}

function costs(needs) {
  if (!planning.costs || !needs.bytes) return null;
  const { core_seconds_per_byte: rate, fixed_core_seconds: fixed, disk_per_byte: disk } = planning.costs;
  const hours = scaled(needs.bytes, rate === null ? null : rate / 3600);
  return {
    core_hours: range((end) => (hours[end] === null ? null : hours[end] + fixed / 3600)),
    disk_bytes: scaled(needs.bytes, disk),
  };
}

// Few epochs where much is there, many where little is.
const epochsOf = (there, goal) => ({
  low: epochsFor(there.high, goal.tokens),
  value: epochsFor(there.value, goal.tokens),
  high: epochsFor(there.low, goal.tokens),
});

function pool(curves, goal) {
  if (!planning.pool) return null;
  const final = range((end) => tokensAt(planning.pool.times, curves[end]));
  const enough = (final.low ?? 0) >= goal.unique;
  return { gives: [{ final }], enough, possible: (final.high ?? 0) >= goal.unique, epochs: epochsOf(final, goal) };
}

function gap(curves, goal) {
  const low = curves.low.at(-1);
  if (!low || low >= goal.unique) return null;
  const most = { low, value: null, high: curves.high.at(-1) };
  return { times: planning.distinct.times.at(-1), languages: [{ most }], epochs: epochsOf(most, goal) };
}

// What to beware of in this plan; what holds for any stands below the form.
function warnings(made) {
  const { count, percent } = numbers;
  const said = [];
  const reach = made.times.high || made.times.low || 0;
  if (planning.bracket_by && reach > planning.far) {
    said.push(`This plan is for up to ${count(reach)} times what was read. From so far a sample says only between which ends deduplication can leave the corpus, not where; a larger sample or assay probe does.`);
  }
  const least = made.crawls.crawls.low || made.crawls.crawls.value || 0;
  const { crawls: all, distinct_urls: distinct } = planning.crawls;
  if (least > all) {
    said.push(`That is more than the ${all} crawls of 2013 to 2024 together. And of their pages only ${percent(distinct)} have a URL that no other has.`);
  }
  return said;
}

function readGoal() {
  const field = (name) => document.getElementById(`goal-${name}`).value;
  const kind = form.elements.goal.value;
  const amount = parseAmount(field("amount"));
  if (amount === null) return { fault: "Write an amount such as 300B (billion), 4T, 250M, 10k, 1.5e12 or a whole number." };
  const epochs = Number(field("epochs"));
  if (!(epochs >= 1 && epochs <= 1000)) return { fault: "Passes over the data are from 1 to 1,000." };
  const training = kind === "tokens" ? null : trainingTokens(kind, amount, Number(field("ratio")) || null);
  const tokens = training ? training.tokens : amount;
  return { tokens, epochs, training, unique: tokens / effective(1, epochs), language: field("language") || null };
}

function element(name, ...content) {
  const made = document.createElement(name);
  made.append(...content);
  return made;
}

// Only the columns that have something: where nothing is known but the least there is one, "at least".
function tableOf(rows) {
  const known = ["value", "low", "high"].filter((end) => rows.some(([, ends]) => ends[end] !== null));
  const titles = known.length > 1 ? { value: "about", low: "from", high: "to" } : { value: "about", low: "at least", high: "at most" };
  const head = element("tr", ...["", ...known.map((end) => titles[end])].map((words) => element("th", words)));
  const body = rows.map(([name, ends, write]) => {
    const cells = known.map((end) => element("td", ends[end] === null ? numbers.NOTHING : write(ends[end])));
    const row = element("tr", element("th", name), ...cells);
    row.firstChild.scope = "row";
    return row;
  });
  const box = element("div", element("table", element("thead", head), element("tbody", ...body)));
  box.className = "scroll";
  return box;
}

function yearsOf(made) {
  const years = [...made.crawls.by_year].reverse().map((of) => [`${of.year}, ${numbers.count(of.pages_per_crawl)} pages each`, of.crawls, wholeFrom10]);
  return element("details", element("summary", "Crawls by their year"), tableOf(years));
}

// 2 significant digits below 10, as `%.2g` writes them.
const few = (value) => String(Number(value.toPrecision(2)));

function rangeOf({ low, value, high }, noun) {
  const ends = low !== null && high !== null ? `${numbers.count(low)} to ${numbers.count(high)}` : null;
  if (value !== null) return `${numbers.count(value)} ${noun}${ends ? ` (${ends})` : ""}`;
  return ends ? `${ends} ${noun}` : `at least ${numbers.count(low ?? 0)} ${noun}`;
}

// The one sentence that matters.
function verdict(goal, made) {
  const { count } = numbers;
  const what = `${count(goal.tokens)} tokens${goal.language ? ` of ${goal.language}` : ""}`;
  if (!made.feasible && !goal.language) return `Nothing can be said of ${what}: this run is too small, or all of one piece. Take a larger pilot.`;
  if (!made.feasible) return `Not possible: this run kept nothing of the kind, so no amount of such data gives ${what}.`;
  const sure = made.certain || !(made.gap || made.beyond);
  const unsure = sure ? "" : ", and no amount is sure to be enough";
  return `Collect ${rangeOf(made.needs.tokens, "raw tokens")} for ${what}${unsure}.`;
}

function sentences(goal, made) {
  const { count } = numbers;
  const said = [];
  if (goal.training) {
    const { parameters, tokens, law } = goal.training;
    said.push(`A model of ${count(parameters)} parameters, trained on ${count(tokens)} tokens: ${count(tokens / parameters)} a parameter, by ${law}.`);
  }
  if (goal.epochs > 1) {
    said.push(`Read ${goal.epochs} times, ${count(goal.unique)} distinct tokens are worth so many (${planning.laws.epochs_law}).`);
  }
  const { low, value, high } = made.times;
  if (made.feasible) {
    const to = value === null && high !== null ? ` to ${timesWords(high)}` : "";
    said.push(`That is ${timesWords(value ?? low)}${to} times what this run read.`);
  }
  if (made.pool) {
    const { gives, enough, possible, epochs } = made.pool;
    const judged = enough ? "That is enough." : possible ? "That may be enough or not." : "That is not enough.";
    const given = gives[0].final;
    said.push(`The data that this run's sample was drawn from gives ${given.high === null && given.value === null ? "nothing that is known" : rangeOf(given, "tokens")}. ${judged}${enough ? "" : ` ${closing(epochs)}`}`);
  }
  if (made.beyond) {
    said.push(`The curve goes to ${count(made.beyond)} times what was read. Beyond it only the least amount is known: nothing bounds it from above. A larger pilot sees further.`);
  } else if (made.gap) {
    said.push(`Of ${count(made.gap.times)} times this data as little as ${count(made.gap.languages[0].most.low)} distinct tokens may be left. ${closing(made.gap.epochs)}`);
  }
  const elsewhere = made.scenarios.filter((of) => of.raw_tokens).map((of) => `${count(of.raw_tokens)} (${of.source})`);
  if (elsewhere.length) said.push(`If retention fell with size as it did elsewhere, which nothing says it does: ${elsewhere.join(", ")} raw tokens.`);
  return [...said, ...warnings(made)];
}

const timesWords = (value) => (value < 99.5 ? few(value) : numbers.count(value));

// Whether reading again makes up for what is missing.
function closing({ low, value, high }) {
  const [least, most] = low === null && high === null ? [value, value] : [low, high];
  const words = () => {
    if (least === null) return "Even reading it many times does not make up for that: tokens are worth less each time.";
    if (most === null && least > 1) return `Reading it ${timesWords(least)} times may make up for that; at worst even many times do not.`;
    if (most === null) return "At best nothing is missing; at worst even reading it many times does not make up for that.";
    if (least > 1 && most > least) return `Reading it ${timesWords(least)} to ${timesWords(most)} times makes up for that.`;
    if (least > 1) return `Reading it ${timesWords(least)} times makes up for that.`;
    return `At best nothing is missing; at worst reading it ${timesWords(most)} times makes up for that.`;
  };
  return `${words()} (${planning.laws.epochs_law})`;
}

function rowsOf(made) {
  const { count, size } = numbers;
  const write = { tokens: count, documents: count, bytes: size, "stored bytes": size };
  const names = { tokens: "raw tokens", documents: "raw documents", bytes: "raw text (UTF-8)", "stored bytes": "files as stored" };
  const rows = Object.entries(made.needs).map(([name, ends]) => [names[name], ends, write[name]]);
  for (const [language, { raw }] of Object.entries(made.languages)) {
    for (const [name, ends] of Object.entries(raw)) rows.push([`of it, in ${language}: ${names[name]}`, ends, write[name]]);
  }
  rows.push(["Common Crawl's crawls", made.crawls.crawls, wholeFrom10]);
  for (const [language, { share, crawls: of }] of Object.entries(made.crawls.by_language)) {
    rows.push([`Common Crawl's crawls, by their ${numbers.percent(share)} of ${language}`, of, wholeFrom10]);
  }
  if (made.costs) rows.push(["core-hours", made.costs.core_hours, wholeFrom10], ["disk for the run", made.costs.disk_bytes, size]);
  return rows;
}

// Crawls and core-hours can be few: below ten a decimal tells more than a whole number.
const wholeFrom10 = (value) => (value < 0.01 ? "<0.01" : value < 9.95 ? few(value) : numbers.count(value));

function show() {
  const kind = form.elements.goal.value;
  document.getElementById("goal-ratio-field").hidden = kind === "tokens";
  const goal = readGoal();
  const answer = document.getElementById("plan-answer");
  if (goal.fault) return answer.replaceChildren(element("p", goal.fault));
  const made = plan(goal);
  form.plan = made; // for whoever wants the numbers unrounded
  const lead = element("p", element("strong", verdict(goal, made)));
  const listed = element("ul", ...sentences(goal, made).map((words) => element("li", words)));
  const open = answer.querySelector("details")?.open ?? false;
  const tables = made.feasible ? [tableOf(rowsOf(made)), listed, yearsOf(made)] : [listed];
  answer.replaceChildren(lead, ...tables);
  if (tables.length > 1) tables.at(-1).open = open; // what was unfolded stays so while somebody types
}

// What is written when another sort of goal is chosen, as long as nobody has written anything else.
const USUAL = { tokens: document.getElementById("goal-amount").value, params: "7B", flops: "1e23" };

form.hidden = false;
form.addEventListener("change", ({ target }) => {
  const amount = document.getElementById("goal-amount");
  if (target.name === "goal" && Object.values(USUAL).includes(amount.value.trim())) amount.value = USUAL[target.value];
  show();
});
form.addEventListener("submit", (event) => event.preventDefault());
form.addEventListener("input", show);
show();
