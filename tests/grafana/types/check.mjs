// Holds the dashboards to Grafana's own types: each file becomes a constant of the type it should have, options and the drawing of
// every panel too, and the TypeScript compiler says what does not fit. Usage: node check.mjs FOLDER-OF-DASHBOARDS
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ts = createRequire(import.meta.url)('typescript');

// Of these Grafana publishes types: the panel's options and, where it has some, what is special in its fields.
const KINDS = {
  stat: ['stat', 'Stat', 'Options'], timeseries: ['timeseries', 'TimeSeries', 'Options', 'FieldConfig'],
  table: ['table', 'Table', 'Options', 'FieldConfig'], logs: ['logs', 'Logs', 'Options'],
  heatmap: ['heatmap', 'Heatmap', 'Options', 'FieldConfig'], bargauge: ['bargauge', 'BarGauge', 'Options'],
  'state-timeline': ['statetimeline', 'StateTimeline', 'Options', 'FieldConfig'],
};

const head = (kinds) => [
  "import type { Dashboard, Panel, RowPanel } from '@grafana/schema';",
  ...kinds.map(([folder, name]) =>
    `import type * as ${name} from '@grafana/schema/dist/esm/raw/composable/${folder}/panelcfg/x/${name}PanelCfg_types.gen';`),
  // JSON has the texts of enums, not their members.
  'type Json<T> = T extends string ? `${T}` : T extends number | boolean | null | undefined ? T',
  '  : T extends (infer E)[] ? Json<E>[] : T extends object ? { [K in keyof T]: Json<T[K]> } : T;',
  // Annotations of Prometheus have more fields than the schema knows; Grafana hands them to the datasource.
  'type Board = Json<Omit<Dashboard, "annotations" | "panels">> & { annotations: unknown; panels: unknown[] };',
].join('\n');

function asSource(board, number) {
  const text = (value) => JSON.stringify(value);
  const lines = [`// ${board.uid}`, `const board${number}: Board = ${text(board)};`];
  for (const panel of board.panels) {
    const name = `panel${number}_${panel.id}`;
    lines.push(`// ${board.uid}: ${panel.title}`);
    lines.push(`const ${name}: Json<${panel.type === 'row' ? 'RowPanel' : 'Panel'}> = ${text(panel)};`);
    if (panel.type === 'row') continue;
    const kind = KINDS[panel.type];
    if (!kind) throw new Error(`${board.uid}: no type known for a panel of type ${panel.type}`);
    lines.push(`const ${name}_options: Json<Partial<${kind[1]}.${kind[2]}>> = ${text(panel.options)};`);
    const { custom } = panel.fieldConfig.defaults;
    if (custom) lines.push(`const ${name}_fields: Json<Partial<${kind[1]}.${kind[3] ?? 'never'}>> = ${text(custom)};`);
  }
  return lines.join('\n');
}

const folder = process.argv[2];
const files = readdirSync(folder, { recursive: true }).filter((name) => name.endsWith('.json')).sort();
if (!files.length) throw new Error(`no dashboards in ${folder}`);
const boards = files.map((name) => JSON.parse(readFileSync(join(folder, name), 'utf8')));
const file = fileURLToPath(new URL('dashboards.ts', import.meta.url));
writeFileSync(file, [head(Object.values(KINDS)), ...boards.map(asSource), 'export {};'].join('\n'));

const program = ts.createProgram([file], {
  strict: true, noEmit: true, skipLibCheck: true, target: ts.ScriptTarget.ES2022, module: ts.ModuleKind.ESNext,
  moduleResolution: ts.ModuleResolutionKind.Bundler, types: [],
});
const source = program.getSourceFile(file);
const before = (line) => source.text.split('\n').slice(0, line).findLast((text) => text.startsWith('// '))?.slice(3);
const found = ts.getPreEmitDiagnostics(program).map((problem) => {
  const { line } = problem.file ? problem.file.getLineAndCharacterOfPosition(problem.start) : { line: 0 };
  return `${before(line) ?? problem.file?.fileName}: ${ts.flattenDiagnosticMessageText(problem.messageText, '\n  ').slice(0, 1500)}`;
});
console.log(found.join('\n') || `${boards.length} dashboards are what Grafana's types say`);
process.exit(found.length ? 1 : 0);
