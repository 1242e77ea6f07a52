"use strict";
// Numbers as pipeline/report/numbers.py writes them; tests hold the two to be equal.
const numbers = (() => {
  const NOTHING = "–";
  const STEPS = [[1e12, "T"], [1e9, "B"], [1e6, "M"], [1e3, "k"]];
  const BYTE_STEPS = [[1e15, "PB"], [1e12, "TB"], [1e9, "GB"], [1e6, "MB"], [1e3, "kB"]];

  // Like toFixed, but a tie goes to the even digit.
  function fixed(value, digits) {
    const written = value.toFixed(digits);
    const exact = value.toFixed(Math.min(100, digits + 60));
    const rest = exact.slice(exact.indexOf(".") + 1 + digits);
    if (!/^50*$/.test(rest)) return written;
    const toZero = exact.slice(0, exact.indexOf(".") + (digits ? 1 + digits : 0));
    return "02468".includes(toZero.at(-1)) ? toZero : written;
  }

  function grouped(value, digits) {
    const [whole, rest] = fixed(value, digits).split(".");
    const parts = whole.replace(/\B(?=(\d{3})+(?!\d))/g, ",");
    return rest === undefined ? parts : `${parts}.${rest}`;
  }

  function scaled(value, steps) {
    const [unit, letter] = steps.find(([step]) => Math.abs(value) >= 0.9995 * step) ?? steps.at(-1);
    const part = value / unit;
    const digits = Math.abs(part) < 9.995 ? 2 : Math.abs(part) < 99.95 ? 1 : 0;
    return `${grouped(part, digits)} ${letter}`;
  }

  function significant(value) {
    const written = fixed(value, 15);
    const first = written.search(/[1-9]/);
    return first < 0 ? value.toExponential(1) : fixed(value, first - written.indexOf(".") + 1);
  }

  const count = (value) => (Math.abs(value) < 9999.5 ? grouped(value, 0) : scaled(value, STEPS));
  const size = (value) => (Math.abs(value) < 999.5 ? `${grouped(value, 0)} B` : scaled(value, BYTE_STEPS));

  const counted = (number, noun) => `${count(number)} ${noun}${number === 1 ? "" : "s"}`;

  function percent(fraction) {
    if (fraction === null) return NOTHING;
    const value = 100 * fraction;
    if (value === 0) return "0 %";
    if (Math.abs(value) < 0.095) return `${significant(value)} %`;
    if (value < 100 && fixed(value, 1) === "100.0") return ">99.9 %";
    return value === 100 ? "100 %" : `${grouped(value, 1)} %`;
  }

  const share = (part, whole) => (whole ? percent(part / whole) : NOTHING);

  function perThousand(part, whole) {
    if (!whole) return NOTHING;
    const value = (1000 * part) / whole;
    if (value === 0 || Math.abs(value) >= 99.95) return grouped(value, 0);
    return Math.abs(value) >= 0.95 ? fixed(value, 1) : significant(value);
  }

  return { NOTHING, count, counted, size, percent, share, perThousand };
})();
