// Configuration and environment of the run, and the command that repeats it.

import { formatInteger } from '../../base/text.ts';
import { repeatCommand } from '../command.ts';
import { drawFacts, drawName, drawSection } from '../elements.ts';
import { type Content, type Markup, markup } from '../markup.ts';
import { configAt, type RunRecord, textAt } from '../run-record.ts';
import { formatValue, splitWords } from '../text.ts';

type Fact = readonly [name: string, value: Content];

/** Parts of a recipe, and options of a model, that are shown elsewhere. */
const SHOWN_ELSEWHERE = ['data', 'images', 'augmentation'];
const OPTIONS_SHOWN_ELSEWHERE = ['classes', 'inChannels', 'init', 'input'];
/** Parts of a recipe that count steps. */
const IN_STEPS = ['evaluateEvery', 'logEvery'];

export function drawSettings({ config }: RunRecord): Markup {
  const command = repeatCommand(config);
  return markup`${drawSection('configuration', 'Configuration', drawFacts(configurationFacts(config)))}
${drawSection('environment', 'Environment', drawFacts(environmentFacts(config)))}
${command === undefined ? undefined : drawSection('again', 'Command to repeat the run', markup`<pre tabindex="0"><code>${command}</code></pre>`)}`;
}

function configurationFacts(config: RunRecord['config']): Fact[] {
  const recipe = entriesAt(config, 'recipe').filter(([key]) => !SHOWN_ELSEWHERE.includes(key));
  const options = entriesAt(config, 'model', 'options').filter(
    ([key]) => !OPTIONS_SHOWN_ELSEWHERE.includes(key),
  );
  return [
    ['model', textAt(config, 'model', 'name')],
    ...(options.length === 0 ? [] : [['options', formatValue(Object.fromEntries(options))] as const]),
    ['input', formatValue(configAt(config, 'model', 'input'))],
    ['initialization', textAt(config, 'model', 'init')],
    ['data', textAt(config, 'data', 'name')],
    ['images', formatImageCounts(configAt(config, 'data', 'images'))],
    ['classes', drawClasses(configAt(config, 'data', 'classes'))],
    ...noteFacts(config),
    ['preprocessing', formatValue(configAt(config, 'preprocessing'))],
    ...augmentationFacts(config),
    ['loss function', formatValue(configAt(config, 'loss'))],
    ...recipe.map(([key, value]) => [splitWords(key), formatSetting(key, value)] as const),
  ];
}

function entriesAt(config: RunRecord['config'], ...keys: readonly string[]): [string, unknown][] {
  return Object.entries(configAt(config, ...keys) ?? {});
}

function formatSetting(key: string, value: unknown): string {
  if (!IN_STEPS.includes(key)) return formatValue(value);
  return value === 1 ? '1 step' : `${formatCount(value)} steps`;
}

/** `20,000 train, 2,000 valid, 2,000 test` */
function formatImageCounts(counts: unknown): string {
  if (typeof counts !== 'object' || counts === null) return formatValue(counts);
  return Object.entries(counts)
    .map(([split, count]) => `${formatCount(count)} ${split}`)
    .join(', ');
}

function formatCount(count: unknown): string {
  return typeof count === 'number' ? formatInteger(count) : formatValue(count);
}

function drawClasses(classes: unknown): Content {
  if (!Array.isArray(classes)) return '–';
  const names = classes.slice(0, 50).map((name, i) => [i > 0 ? ', ' : '', drawName(String(name))]);
  return [`${classes.length}: `, ...names.flat(), classes.length > 50 ? ', …' : ''];
}

/** Notes about the data: assumptions, and what was skipped. */
function noteFacts(config: RunRecord['config']): Fact[] {
  const notes = configAt(config, 'data', 'notes');
  return Array.isArray(notes) ? [['notes on the data', notes.join(' ')]] : [];
}

function augmentationFacts(config: RunRecord['config']): Fact[] {
  const transforms = configAt(config, 'recipe', 'augmentation', 'transforms');
  const mixing = configAt(config, 'recipe', 'augmentation', 'mixing');
  return [
    ...(transforms === undefined ? [] : [['augmentation', formatValue(transforms)] as const]),
    ...(mixing === undefined ? [] : [['mixing', formatValue(mixing)] as const]),
  ];
}

function environmentFacts(config: RunRecord['config']): Fact[] {
  return [
    ['fovea', textAt(config, 'versions', 'fovea')],
    ['node', textAt(config, 'versions', 'node')],
    ['engine', formatEngine(config)],
    ['processor', textAt(config, 'processor')],
    ['threads', formatValue(configAt(config, 'threads'))],
    ['platform', textAt(config, 'platform')],
  ];
}

/** `onnx; native until step 12 (the C compiler could not ...)` */
function formatEngine(config: RunRecord['config']): string {
  const changes = configAt(config, 'engineChanges');
  const before = (Array.isArray(changes) ? changes : []).map(
    ({ step, from, reason }) =>
      `${formatValue(from)} until step ${formatValue(step)} (${formatValue(reason)})`,
  );
  return [textAt(config, 'engine'), ...before].join('; ');
}
