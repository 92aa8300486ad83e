// Numbers as Grafana writes them in its units, for those the dashboards use, and colours by Grafana's names.
const COLORS = { green: '#73bf69', yellow: '#f2cc0c', orange: '#ff9830', red: '#f2495c', purple: '#b877d9', blue: '#5794f2', 'dark-red': '#c4162a', 'light-orange': '#ffb357' };
const PALETTE = ['#73bf69', '#f2cc0c', '#8ab8ff', '#ff780a', '#f2495c', '#5794f2', '#b877d9', '#e0b400', '#37872d', '#fade2a', '#8f3bb8', '#c4162a'];
const color = (name) => COLORS[name] ?? name;

function trimmed(value, decimals) {
  if (decimals !== undefined && decimals !== null) return value.toFixed(decimals);
  const size = Math.abs(value);
  const text = size >= 100 || size === 0 ? value.toFixed(0) : size >= 10 ? value.toFixed(1) : value.toPrecision(3);
  return text.includes('.') && !text.includes('e') ? text.replace(/\.?0+$/, '') : text;
}

function scaled(value, decimals, steps) {
  const [factor, name] = steps.find(([factor]) => Math.abs(value) >= factor) ?? steps.at(-1);
  return `${trimmed(value / factor, decimals)}${name}`;
}

const THOUSANDS = [[1e9, ' Bil'], [1e6, ' Mil'], [1e3, ' K'], [1, '']];
const SECONDS = [[86400, ' day'], [3600, ' hour'], [60, ' min'], [1, ' s'], [1e-3, ' ms'], [1e-6, ' µs']];
const BYTES = [[2 ** 30, ' GiB'], [2 ** 20, ' MiB'], [2 ** 10, ' KiB'], [1, ' B']];
const UNITS = {
  none: (value, decimals) => trimmed(value, decimals),
  short: (value, decimals) => scaled(value, decimals, THOUSANDS),
  reqps: (value, decimals) => `${trimmed(value, decimals)} req/s`,
  cps: (value, decimals) => `${trimmed(value, decimals)} c/s`,
  percentunit: (value, decimals) => `${trimmed(value * 100, decimals)}%`,
  s: (value, decimals) => (value === 0 ? '0 s' : scaled(value, decimals, SECONDS)),
  ms: (value, decimals) => (value === 0 ? '0 ms' : scaled(value / 1000, decimals, SECONDS)),
  dtdurations: (value, decimals) => scaled(value, decimals, SECONDS),
  bytes: (value, decimals) => scaled(value, decimals, BYTES),
};
const shown = (value, unit, decimals) => UNITS[unit ?? 'none'](value, decimals);

function stepColor(thresholds, value) {
  let found = thresholds.steps[0].color;
  for (const step of thresholds.steps) if (step.value !== null && value >= step.value) found = step.color;
  return color(found);
}

function mapping(mappings, value) {
  return mappings?.[0]?.options[String(value)];
}
