// One function for each kind of panel; each gets the panel, its data and the size it has, and gives HTML.
// Data is a list of answers, one a query: series {name, labels, points: [[time, value]]}, or lines {time, level, text}.
const escaped = (text) => String(text).replace(/[&<>"]/g, (sign) => `&#${sign.charCodeAt(0)};`);
const all = (data) => data.flatMap((answer) => answer.series ?? []);
const last = (series) => series.points.filter(([, value]) => Number.isFinite(value)).at(-1)?.[1];
const NOTHING = '<div class="none">No data</div>';

function override(panel, name) {
  const found = panel.fieldConfig.overrides.filter(({ matcher }) => matcher.options === name).flatMap(({ properties }) => properties);
  return Object.fromEntries(found.map(({ id, value }) => [id, value]));
}

const colorOf = (panel, series, number) => color(override(panel, series.name).color?.fixedColor ?? PALETTE[number % PALETTE.length]);

function ticks(top, count) {
  const rough = top / count, size = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((factor) => factor * size).find((candidate) => candidate >= rough);
  return Array.from({ length: Math.floor(top / step + 1e-9) + 1 }, (_, number) => number * step);
}

const powers = (least, top) => Array.from({ length: 16 }, (_, number) => 10 ** (number - 8)).filter((value) => value >= least && value <= top);

function clockTicks(from, to, width) {
  const step = [15, 30, 60, 120, 300].find((candidate) => (to - from) / candidate <= width / 75) ?? 600;
  return Array.from({ length: Math.floor((to - from) / step) + 1 }, (_, number) => Math.ceil(from / step) * step + number * step).filter((at) => at <= to);
}
const clock = (at, length = 5) => new Date(at * 1000).toISOString().slice(11, 11 + (length === 5 ? 8 : length));

function axes(unit, top, box, x, y, least) {
  const across = (least ? powers(least, top) : ticks(top, box.height > 120 ? 4 : 2)).map((value) =>
    `<line x1="${box.left}" x2="${box.right}" y1="${y(value)}" y2="${y(value)}" stroke="#2a2c33"/>` +
    `<text x="${box.left - 6}" y="${y(value) + 4}" text-anchor="end">${escaped(shown(value, unit))}</text>`);
  const along = clockTicks(DRAWN.from, DRAWN.to, box.right - box.left).filter((at) => x(at) < box.right - 22).map((at) =>
    `<text x="${x(at)}" y="${box.bottom + 15}" text-anchor="middle">${clock(at)}</text>`);
  return across.join('') + along.join('');
}

function stacked(list) {
  const below = new Map();
  return list.map((series) => ({ ...series, points: series.points.map(([at, value]) => {
    const base = below.get(at) ?? 0;
    below.set(at, base + (Number.isFinite(value) ? value : 0));
    return [at, base + (Number.isFinite(value) ? value : 0), base];
  }) }));
}

function segments(points, gap) {
  const parts = [[]];
  for (const point of points) {
    if (!Number.isFinite(point[1])) { parts.push([]); continue; }
    if (parts.at(-1).length && point[0] - parts.at(-1).at(-1)[0] > gap * 1.5) parts.push([]);
    parts.at(-1).push(point);
  }
  return parts.filter((part) => part.length);
}

function timeseries(panel, data, width, height) {
  const raw = all(data), { defaults } = panel.fieldConfig, { custom } = defaults;
  if (!raw.length) return NOTHING;
  const isStacked = custom.stacking.mode === 'normal', bars = custom.drawStyle === 'bars';
  const list = isStacked ? stacked(raw) : raw.map((series) => ({ ...series, points: series.points.map(([at, value]) => [at, value, 0]) }));
  const highest = Math.max(...list.flatMap(({ points }) => points.map(([, value]) => value).filter(Number.isFinite)), 0);
  const lines = defaults.custom.thresholdsStyle.mode === 'dashed' ? defaults.thresholds.steps.filter(({ value }) => value !== null) : [];
  const top = defaults.max ?? ((highest || 1) * 1.1);
  const box = { left: 62, right: width - 8, top: 4, bottom: height - 58, height: height - 58 };
  const x = (at) => box.left + (at - DRAWN.from) / (DRAWN.to - DRAWN.from) * (box.right - box.left);
  const least = custom.scaleDistribution?.type === 'log' ? Math.min(...list.flatMap(({ points }) => points.map(([, value]) => value).filter((value) => value > 0))) / 2 : 0;
  const y = (value) => box.bottom - (least ? Math.max(0, Math.log(value / least) / Math.log(top / least)) : Math.min(value / top, 1)) * (box.bottom - box.top);
  const step = raw[0].points.length > 1 ? Math.min(...raw.map(({ points }) => points.length > 1 ? points[1][0] - points[0][0] : Infinity)) : DRAWN.step;
  const drawn = list.map((series, number) => {
    const ink = colorOf(panel, series, number);
    if (bars) {
      const wide = Math.max(2, x(DRAWN.from + step) - box.left - 2);
      return series.points.filter(([at, value, base]) => value > base && x(at) - wide / 2 >= box.left).map(([at, value, base]) =>
        `<rect x="${x(at) - wide / 2}" width="${Math.min(wide, box.right - x(at) + wide / 2)}" y="${y(value)}" height="${Math.max(0, y(base) - y(value))}" fill="${ink}" fill-opacity=".8"/>`).join('');
    }
    return segments(series.points, step).map((part) => {
      const over = part.map(([at, value]) => `${x(at).toFixed(1)},${y(value).toFixed(1)}`);
      const under = part.map(([at, , base]) => `${x(at).toFixed(1)},${y(base).toFixed(1)}`).reverse();
      const dashed = override(panel, series.name)['custom.lineStyle'] ? ' stroke-dasharray="7 5"' : '';
      return `<polygon points="${over.concat(under).join(' ')}" fill="${ink}" fill-opacity="${custom.fillOpacity / 100}"/>` +
        `<polyline points="${over.join(' ')}" fill="none" stroke="${ink}" stroke-width="1.6"${dashed}/>`;
    }).join('');
  });
  const thresholds = lines.filter(({ value }) => value <= top).map((step) =>
    `<line x1="${box.left}" x2="${box.right}" y1="${y(step.value)}" y2="${y(step.value)}" stroke="${color(step.color)}" stroke-dasharray="5 5" opacity=".8"/>`);
  const legend = raw.map((series, number) => `<span><b style="background:${colorOf(panel, series, number)}"></b>${escaped(series.name)}</span>`);
  return `<svg width="${width}" height="${height}">${axes(defaults.unit, top, box, x, y, least)}${drawn.join('')}${thresholds.join('')}</svg>` +
    `<div class="legend">${legend.join('')}</div>`;
}

function stat(panel, data, width, height) {
  const { defaults } = panel.fieldConfig, found = all(data).filter((series) => last(series) !== undefined);
  if (!found.length) return NOTHING;
  const looks = found.map((series) => {
    const value = last(series), named = mapping(defaults.mappings, value);
    return { series, text: named?.text ?? shown(value, defaults.unit, defaults.decimals), ink: color(named?.color) ?? stepColor(defaults.thresholds, value) };
  });
  if (panel.options.textMode === 'value_and_name') {
    return `<div class="stats">${looks.map(({ series, text, ink }) => `<div style="background:${ink}"><small>${escaped(series.name)}</small>${escaped(text)}</div>`).join('')}</div>`;
  }
  const [{ series, text, ink }] = looks, filled = panel.options.colorMode === 'background';
  const values = series.points.filter(([, value]) => Number.isFinite(value)), top = Math.max(...values.map(([, value]) => value)) || 1;
  const path = values.map(([at, value]) => `${(at - DRAWN.from) / (DRAWN.to - DRAWN.from) * width},${height - value / top * height * 0.45}`);
  const spark = panel.options.graphMode === 'area' && values.length > 2
    ? `<svg width="${width}" height="${height}"><polygon points="0,${height} ${path.join(' ')} ${width},${height}" fill="${ink}" opacity=".16"/><polyline points="${path.join(' ')}" fill="none" stroke="${ink}" opacity=".6"/></svg>` : '';
  return `<div class="stat" style="${filled ? `background:${ink};color:#fff;border-radius:3px` : `color:${ink}`}">${spark}<span style="position:relative">${escaped(text)}</span></div>`;
}

function heatmap(panel, data, width, height) {
  const buckets = all(data).map((series) => ({ le: series.name === '+Inf' ? Infinity : Number(series.name), points: series.points })).sort((a, b) => a.le - b.le);
  if (!buckets.length) return NOTHING;
  const own = buckets.map((bucket, number) => ({ le: bucket.le, counts: new Map(bucket.points.map(([at, value]) =>
    [at, Math.max(0, value - (number ? buckets[number - 1].points.find(([other]) => other === at)?.[1] ?? 0 : 0))])) }));
  const most = Math.max(...own.flatMap(({ counts }) => [...counts.values()])) || 1;
  const box = { left: 62, right: width - 8, top: 2, bottom: height - 22 };
  const x = (at) => box.left + (at - DRAWN.from) / (DRAWN.to - DRAWN.from) * (box.right - box.left);
  const tall = (box.bottom - box.top) / own.length, wide = x(DRAWN.from + DRAWN.step) - box.left;
  const cells = own.flatMap(({ counts }, number) => [...counts].filter(([at, count]) => count > 0.01 && at - DRAWN.step >= DRAWN.from).map(([at, count]) =>
    `<rect x="${(x(at) - wide).toFixed(1)}" y="${(box.bottom - (number + 1) * tall).toFixed(1)}" width="${(wide - 0.6).toFixed(1)}" height="${(tall - 0.6).toFixed(1)}" fill="#ff9830" opacity="${(0.12 + 0.88 * Math.sqrt(count / most)).toFixed(2)}"/>`));
  const every = Math.ceil(15 / tall);
  const names = own.filter((_, number) => number % every === 0).map(({ le }) =>
    `<text x="${box.left - 6}" y="${box.bottom - own.findIndex((bucket) => bucket.le === le) * tall - tall / 2 + 4}" text-anchor="end">${le === Infinity ? 'more' : shown(le, 's')}</text>`);
  const along = clockTicks(DRAWN.from, DRAWN.to, width).map((at) => `<text x="${x(at)}" y="${height - 6}" text-anchor="middle">${clock(at)}</text>`);
  return `<svg width="${width}" height="${height}">${cells.join('')}${names.join('')}${along.join('')}</svg>`;
}

function table(panel, data, width, height) {
  const organized = panel.transformations.find(({ id }) => id === 'organize').options, rows = new Map();
  const several = data.length > 1;
  data.forEach((answer, number) => (answer.series ?? []).forEach((series) => {
    const key = JSON.stringify(series.labels);
    rows.set(key, { ...(rows.get(key) ?? series.labels), [several ? `Value #${String.fromCharCode(65 + number)}` : 'Value']: last(series) });
  }));
  if (!rows.size) return NOTHING;
  const names = [...new Set([...Object.keys(organized.indexByName), ...[...rows.values()].flatMap(Object.keys)])].filter((name) => !organized.excludeByName[name]);
  const columns = names.filter((name) => [...rows.values()].some((row) => row[name] !== undefined));
  const cell = (name, value) => {
    const title = organized.renameByName[name] ?? name, own = override(panel, title);
    if (value === undefined) return '<td></td>';
    const named = mapping(own.mappings, value), kind = own['custom.cellOptions']?.type;
    const text = typeof value === 'number' ? named?.text ?? shown(value, own.unit, own.decimals) : value;
    const ink = typeof value === 'number' && kind ? color(named?.color) ?? stepColor(own.thresholds ?? panel.fieldConfig.defaults.thresholds, value) : undefined;
    const style = kind === 'color-background' ? `background:${ink};color:#fff` : ink ? `color:${ink}` : own.links ? 'color:#6e9fff' : '';
    return `<td style="${style}">${escaped(text)}</td>`;
  };
  const order = [...rows.values()].sort((a, b) => String(a[columns[0]]).localeCompare(String(b[columns[0]])));
  const head = columns.map((name) => `<th>${escaped(organized.renameByName[name] ?? name)}</th>`).join('');
  return `<table><tr>${head}</tr>${order.map((row) => `<tr>${columns.map((name) => cell(name, row[name])).join('')}</tr>`).join('')}</table>`;
}

function bargauge(panel, data, width, height) {
  const list = all(data).map((series) => [series.name, last(series)]).sort((a, b) => b[1] - a[1]).slice(0, Math.floor(height / 21));
  if (!list.length) return NOTHING;
  const { unit, color: ink } = panel.fieldConfig.defaults;
  return list.map(([name, value]) => `<div class="bar"><span>${escaped(name)}</span><div><em style="width:${value / list[0][1] * 100}%;background:${color(ink.fixedColor)}"></em></div><u>${shown(value, unit)}</u></div>`).join('');
}

function stateTimeline(panel, data, width, height) {
  const list = all(data), left = 100, right = width - 6, bottom = height - 22;
  if (!list.length) return NOTHING;
  const x = (at) => left + (at - DRAWN.from) / (DRAWN.to - DRAWN.from) * (right - left), tall = bottom / list.length;
  const rows = list.map((series, number) => {
    const runs = [];
    for (const [at, value] of series.points) {
      if (runs.length && runs.at(-1).value === value) runs.at(-1).to = at + DRAWN.step; else runs.push({ from: at, to: at + DRAWN.step, value });
    }
    const drawn = runs.map(({ from, to, value }) => {
      const named = mapping(panel.fieldConfig.defaults.mappings, value), wide = Math.min(x(to), right) - x(from);
      return `<rect x="${x(from)}" y="${number * tall + 1.5}" width="${wide}" height="${tall * 0.85}" fill="${color(named?.color)}" opacity=".8"/>` +
        (wide > 60 ? `<text x="${x(from) + 6}" y="${number * tall + tall / 2 + 4}" style="fill:#0b0c0e">${named?.text}</text>` : '');
    });
    return `<text x="${left - 6}" y="${number * tall + tall / 2 + 4}" text-anchor="end">${escaped(series.name)}</text>${drawn.join('')}`;
  });
  const along = clockTicks(DRAWN.from, DRAWN.to, width).map((at) => `<text x="${x(at)}" y="${height - 6}" text-anchor="middle">${clock(at)}</text>`);
  return `<svg width="${width}" height="${height}">${rows.join('')}${along.join('')}</svg>`;
}

function logs(panel, data) {
  const inks = { info: 'green', warn: 'yellow', error: 'red', critical: 'purple', debug: 'blue' };
  const list = data.flatMap((answer) => answer.lines ?? []).sort((a, b) => b.time - a.time);
  if (!list.length) return NOTHING;
  return `<div class="lines">${list.slice(0, 40).map(({ time, level, text }) => `<div><b style="background:${color(inks[level] ?? '#808590')}"></b><i>${clock(time, 12)}</i>${escaped(text)}</div>`).join('')}</div>`;
}

const KINDS = { timeseries, stat, heatmap, table, bargauge, 'state-timeline': stateTimeline, logs };
const COLUMN = (1416) / 24, LINE = 36, GAP = 6, ABOVE = 44;

function draw() {
  const { board, chosen } = DRAWN;
  const pills = chosen.map(([name, value]) => `<span><b>${escaped(name)}</b>${escaped(value)}</span>`).join('');
  const panels = DRAWN.panels.map(({ panel, data }) => {
    const { x, y, w, h } = panel.gridPos;
    const width = w * COLUMN - GAP, height = h * LINE - GAP;
    const place = `left:${8 + x * COLUMN}px;top:${ABOVE + y * LINE}px;width:${width}px;height:${height}px`;
    if (panel.type === 'row') return `<div class="row" style="${place}">⌄ ${escaped(panel.title)}</div>`;
    return `<div class="panel" style="${place}"><h2>${escaped(panel.title)}</h2><div class="body">${KINDS[panel.type](panel, data, width - 14, height - 34)}</div></div>`;
  });
  document.body.innerHTML = `<header><h1>${escaped(board.title)}</h1>${pills}<i>drawn from the same queries by tests/grafana/pictures, not by Grafana</i></header>${panels.join('')}`;
}
draw();
