// The result of `fovea shift` as text.
import { join } from 'node:path';
import { formatInteger, formatInterval, formatPercent, formatSignificant, visible } from '../base/text.ts';
import { UNLABELED } from '../data/folder/options.ts';
import type { Shift } from '../shift/index.ts';
import { heading } from './output.ts';
import { formatTable, numberColumns } from './table.ts';

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
    [formatClassifier(shift), formatDistance(shift), formatOutliers(shift)].join('\n'),
    formatStatistics(shift),
    ...formatClasses(shift),
    formatExamples(shift),
    ...(out === undefined
      ? []
      : [`${join(out, 'foreign.png')}: the strongest outliers, each above its nearest reference image`]),
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
  const probability = pValue < 1e-6 ? '< 0.000001' : `= ${formatSignificant(pValue, 2)}`;
  return (
    `classifier two-sample test: accuracy ${accuracy.toFixed(2)} (95% CI ${formatInterval(interval, 2)}) on ` +
    `${formatInteger(count)} images; 0.5 is expected without a shift (p ${probability})`
  );
}

function formatDistance({ distance }: Shift): string {
  const { frechet, size, target, chance, ratio, share } = distance;
  const times = ratio === undefined ? '' : `, ${short(ratio)} times as large`;
  const own =
    share === undefined
      ? ''
      : `\nthis shift is ${percent(share)} of the mean squared distance between two images of the reference`;
  return (
    `Fréchet distance ${short(frechet)}; between ${formatInteger(size)} images each it is ${short(target)} to the target and ` +
    `${short(chance)} between two random parts of the reference${times} (1 is expected without a shift)${own}`
  );
}

function formatOutliers({ foreign: { foreignShare } }: Shift): string {
  return (
    `${formatPercent(foreignShare, 0)} of the target images are outliers, farther from the reference than 95% of the reference images ` +
    'are from one another; 5% is expected without a shift'
  );
}

function formatStatistics({ statistics }: Shift): string {
  const numbers = numberColumns(['reference', 'target', 'difference']);
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
  const meaning = "difference in standard deviations (Cohen's d): 0.2 is small, 0.8 is large";
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
  const columns = [
    { title: 'class' },
    ...numberColumns(['reference', 'target', 'shift', 'relative to chance']),
  ];
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
    `strongest outliers of the target, by distance to the nearest reference image (95th percentile: ${short(usual)}):`,
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
