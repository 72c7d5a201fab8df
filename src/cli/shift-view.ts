// The result of `fovea shift` as text.
import { join } from 'node:path';
import { formatInteger, formatPercent, formatSignificant, visible } from '../base/text.ts';
import { UNLABELED } from '../data/folder/options.ts';
import type { Shift } from '../shift/index.ts';
import { heading } from './output.ts';
import { formatTable } from './table.ts';

/** A measured shift with the names of the data sets. */
type NamedShift = Shift & { readonly data: { readonly reference: string; readonly target: string } };

const VERDICTS = {
  same: 'no difference was found',
  slightly: 'the target is slightly different',
  clearly: 'the target is clearly different',
  entirely: 'the target is entirely different',
} as const satisfies Record<Shift['verdict']['level'], string>;

/** Examples listed. */
const LISTED = 5;
/** Classes listed, those that moved farthest. */
const MOST_CLASSES = 20;

/** @param out folder of foreign.png, if it was written */
export function formatShift(shift: NamedShift, out?: string): string {
  return [
    formatVerdict(shift),
    formatCompared(shift),
    [formatClassifier(shift), formatDistance(shift), formatForeign(shift)].join('\n'),
    formatStatistics(shift),
    ...formatClasses(shift),
    formatExamples(shift),
    ...(out === undefined
      ? []
      : [`${join(out, 'foreign.png')}: the most foreign images, and under each the nearest reference image`]),
  ].join('\n\n');
}

function formatVerdict({ verdict: { level, differs } }: Shift): string {
  const words = differs.length > 0 ? `: ${differs.join(', ')}` : '';
  return heading(`${VERDICTS[level]}${words}`);
}

function formatCompared({ data, reference, target, features }: NamedShift): string {
  const counted = ({ count, available }: Shift['reference']) =>
    count === available
      ? `${formatInteger(count)} images`
      : `${formatInteger(count)} of ${formatInteger(available)} images, drawn at random`;
  const { description, count, dimensions, varianceKept } = features;
  const reduced =
    dimensions < count
      ? `${dimensions} principal components, ${percent(varianceKept)} of the variance`
      : 'all of them';
  return [
    `reference  ${data.reference}: ${counted(reference)}`,
    `target     ${data.target}: ${counted(target)}`,
    `features   ${description}`,
    `           ${count} values per image; compared: ${reduced}`,
  ].join('\n');
}

function formatClassifier({ classifier: { accuracy, interval, pValue, count } }: Shift): string {
  const [low, high] = interval.map((value) => (100 * value).toFixed(0));
  const chance = pValue < 1e-6 ? 'less than one in a million' : pValue.toPrecision(2);
  return (
    `a simple classifier tells the two sets apart in ${(100 * accuracy).toFixed(0)} of 100 images [${low}, ${high}]; 50 would be no ` +
    `difference (asked about ${formatInteger(count)} images; by guessing as good with a chance of ${chance})`
  );
}

function formatDistance({ distance }: Shift): string {
  const { frechet, size, target, chance, ratio, share } = distance;
  const times = ratio === undefined ? '' : `, ${short(ratio)} times as far`;
  const own =
    share === undefined
      ? ''
      : `\nthis shift is ${percent(share)} of the mean squared distance between two images of the reference`;
  return (
    `Fréchet distance ${short(frechet)}; between ${formatInteger(size)} images each it is ${short(target)} to the target and ` +
    `${short(chance)} between two random parts of the reference${times} (1 would be no difference)${own}`
  );
}

function formatForeign({ foreign: { foreignShare } }: Shift): string {
  return (
    `${(100 * foreignShare).toFixed(0)}% of the target images are farther from the reference than 95% of the reference images are from ` +
    'one another; 5% would be no difference'
  );
}

function formatStatistics({ statistics }: Shift): string {
  const numbers = ['reference', 'target', 'difference'].map((title) => ({ title, align: 'right' as const }));
  const columns = [
    { title: 'statistic' },
    ...numbers,
    { title: 'target is' },
    { title: 'unit', dispensable: true },
  ];
  const isFixed = ({ reference, target, difference }: (typeof statistics)[number]) =>
    difference === 0 && reference.std + target.std === 0;
  const rows = statistics
    .filter((statistic) => !isFixed(statistic))
    .map(({ name, unit, reference, target, difference, word }) => [
      name,
      ...[reference, target].map(({ mean, std }) => `${short(mean)} ± ${short(std)}`),
      difference === null ? 'always' : difference.toFixed(2),
      difference === null || Math.abs(difference) >= 0.2 ? word : 'the same',
      unit,
    ]);
  const fixed = statistics.filter(isFixed).map(({ name, reference }) => `${name} ${short(reference.mean)}`);
  const equal = fixed.length > 0 ? `\nequal in all images: ${fixed.join(', ')}` : '';
  const meaning = 'difference in standard deviations of one set: 0.2 is small, 0.8 is large';
  return `${formatTable(columns, rows)}\n${meaning}${equal}`;
}

function formatClasses({ classes }: Shift): string[] {
  const { common, onlyReference, onlyTarget } = classes;
  const only = (which: string, labels: readonly string[]) =>
    labels.length === 0
      ? []
      : [
          `only in the ${which}: ${labels.slice(0, MOST_CLASSES).map(visible).join(', ')}${labels.length > MOST_CLASSES ? ', ...' : ''}`,
        ];
  const rest = [...only('reference', onlyReference), ...only('target', onlyTarget)];
  if (common.length + rest.length === 0) return []; // The images of one set have no classes.
  if (common.length === 0) return [['no class has the same name in both data sets', ...rest].join('\n')];
  const titles = ['reference', 'target', 'shift', 'times chance'];
  const columns = [{ title: 'class' }, ...titles.map((title) => ({ title, align: 'right' as const }))];
  const farthest = common
    .toSorted((a, b) => (b.distance?.share ?? -1) - (a.distance?.share ?? -1))
    .slice(0, MOST_CLASSES);
  const rows = farthest.map(({ label, reference, target, distance }) => [
    label,
    ...[reference, target].map(({ count, share }) => `${formatInteger(count)} (${percent(share)})`),
    distance?.share === undefined ? 'too few' : percent(distance.share),
    distance?.ratio === undefined ? '' : short(distance.ratio),
  ]);
  return [[formatTable(columns, rows), ...rest].join('\n')];
}

function formatExamples({ foreign: { examples, usual } }: Shift): string {
  const lines = examples
    .slice(0, LISTED)
    .map(
      ({ image, label, distance, nearest }) =>
        `  ${short(distance)}  ${visible(image)}${label === UNLABELED ? '' : ` (${visible(label)})`}; nearest: ${visible(nearest)}`,
    );
  return [
    `most foreign images of the target, by distance to the nearest reference image (usual: up to ${short(usual)}):`,
    ...lines,
  ].join('\n');
}

function percent(fraction: number): string {
  return formatPercent(fraction, fraction < 0.1 ? 1 : 0);
}

/** Three significant digits: `0.0123`, `4.56`, `789`, `12,345`. */
function short(value: number): string {
  return Math.abs(value) >= 100 ? formatInteger(Math.round(value)) : formatSignificant(value, 3);
}
