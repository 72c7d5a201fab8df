// fovea data: inspect a data set.
import { UsageError } from '../../base/errors.ts';
import { type OptionTable, option, type SettledOf, text } from '../../base/option.ts';
import { formatCount, formatInteger, visible } from '../../base/text.ts';
import { type Dataset, readImage, type SplitDataset, selectSplit, splitNames } from '../../data/dataset.ts';
import { dataSetNames } from '../../data/sources.ts';
import { channelsFor } from '../../data/survey/channels.ts';
import { augmentedSamples, contactSheet, spreadOverClasses } from '../../data/survey/contact-sheet.ts';
import { type Duplicates, type Survey, survey } from '../../data/survey/survey.ts';
import { parseAugmentation } from '../../data/transforms/augmentation.ts';
import { defaultPreprocessing } from '../../data/transforms/transforms.ts';
import { writePng } from '../../image/encode.ts';
import { fitInto } from '../../image/fit.ts';
import type { Image } from '../../image/image.ts';
import { defineCommand } from '../command.ts';
import { furtherDataOptions } from '../data-options.ts';
import { reportNote } from '../failure.ts';
import { formatUnreadable, noteChannels, openChosenData } from '../open-data.ts';
import { heading, type Output } from '../output.ts';
import { withProgress } from '../progress.ts';
import { formatTable, numberColumns } from '../table.ts';

/** Pixels of an image on a contact sheet, and images per row unless told otherwise. */
const CELL = 96;
const COLUMNS = 10;
const MAX_ROWS = 50;
/** Groups of duplicates that are listed, and images named of each. */
const LISTED = 10;
const NAMED = 4;

const options = {
  ...furtherDataOptions,
  sheet: option(text, 'contact sheet', 'write a contact sheet, one row per class', {
    placeholder: 'file.png',
  }),
  columns: option({ type: 'integer', min: 1, max: 1000 }, 'columns', 'images per row of the sheet', {
    defaultText: String(COLUMNS),
  }),
  augment: option(text, 'augmentation', 'on the sheet show augmented samples (see `fovea train --help`)', {
    placeholder: 'list',
  }),
  input: option({ type: 'shape', axes: ['C', 'H', 'W'] }, 'input', 'image shape for --augment', {
    defaultText: 'the size of each image, 3 channels unless all are grayscale',
  }),
} as const satisfies OptionTable;

type SheetChoice = SettledOf<typeof options>;

export const configure = defineCommand({
  arguments: [['<name>', `${dataSetNames.join(', ')}, or the path of a folder or of a .csv table`]],
  options,
  help: `
Every image is read. Duplicates are images with equal bytes; duplicates in train and in valid or test are leaks, which make
metrics too good.

Examples:
  $ fovea data digits --sheet digits.png
  $ fovea data photos --sheet augmented.png --augment random-resized-crop,horizontal-flip --input 3,224,224`,
  run: runData,
});

async function runData(choice: SheetChoice, output: Output, name: string): Promise<void> {
  const { sheet } = choice;
  checkSheet(choice);
  const opened = await openChosenData({ ...choice, data: name }, { labels: 'optional' });
  const found = await withProgress('read', 'images', (onProgress) => survey(opened, onProgress));
  const counts = { grayscale: found.sizes?.grey ?? 0, color: found.sizes?.rgb ?? 0 };
  for (const note of found.notes) reportNote(note);
  const notes = [...(noteChannels(opened, counts).notes ?? []), ...found.notes];
  if (sheet !== undefined) await writePng(await drawSheet(opened, channelsFor(counts), choice), sheet);
  output.result({ ...found, notes, ...(sheet !== undefined && { sheet }) }, () => formatSurvey(found, sheet));
}

function checkSheet({ sheet, ...given }: SheetChoice): void {
  if (sheet !== undefined) return;
  const unused = (['columns', 'augment', 'input'] as const).find((name) => given[name] !== undefined);
  if (unused !== undefined) throw new UsageError(`--${unused} needs --sheet FILE.png.`);
}

async function drawSheet(data: SplitDataset, channels: 1 | 3, choice: SheetChoice): Promise<Image> {
  const all = selectSplit(data, 'all');
  const { columns = COLUMNS, augment } = choice;
  const indicesByRow = spreadOverClasses(all, augment === undefined ? columns : 1).slice(0, MAX_ROWS);
  const rows: Image[][] = [];
  for (const row of indicesByRow) {
    if (augment === undefined) rows.push(await mapImages(all, row, toCell));
    else {
      const samples = (image: Image) => augmentedRow(image, channels, row[0], augment, choice).map(toCell);
      rows.push(...(await mapImages(all, row, samples)));
    }
  }
  return contactSheet(rows, CELL);
}

/** Scaled down right after decoding, since a row of photos would take gigabytes. */
function toCell(image: Image): Image {
  return fitInto(image, CELL);
}

function augmentedRow(
  image: Image,
  ownChannels: 1 | 3,
  index: number,
  augment: string,
  choice: SheetChoice,
): Image[] {
  const [channels, height, width] = choice.input ?? [ownChannels, image.height, image.width];
  const preprocessing = defaultPreprocessing({ channels: channels === 1 ? 1 : 3, height, width });
  const { transforms } = parseAugmentation(augment, preprocessing, [channels, height, width]);
  return [image, ...augmentedSamples(image, index, transforms, (choice.columns ?? COLUMNS) - 1)];
}

/** Maps the images that can be read; the others are in the report. */
async function mapImages<Result>(
  dataset: Dataset,
  indices: readonly number[],
  map: (image: Image) => Result,
): Promise<Result[]> {
  const results: Result[] = [];
  for (const index of indices) {
    const image = await readImage(dataset, index);
    if (image) results.push(map(image));
  }
  return results;
}

function formatSurvey(found: Survey, sheet: string | undefined): string {
  const { name, duplicates, unreadable } = found;
  const bad =
    unreadable.length > 0
      ? [`${formatInteger(unreadable.length)} unreadable:\n${formatUnreadable(unreadable)}`]
      : [];
  return [
    heading(name),
    formatCounts(found),
    ...formatPixels(found),
    ...formatDuplicates(duplicates),
    ...(bad.length > 0 ? bad : ['every image can be read']),
    ...(sheet === undefined ? [] : [`contact sheet in ${sheet}, ${rowsOf(found)}`]),
  ].join('\n\n');
}

/** Describes the rows of the sheet. */
function rowsOf({ classes }: Survey): string {
  const which = classes.length > MAX_ROWS ? `each of the first ${MAX_ROWS} classes` : 'each class';
  return `a row for ${which} in the order above`;
}

function formatCounts({ classes, splits }: Survey): string {
  const columns = ['class', ...numberColumns([...splitNames, 'all'])];
  const row = (label: string, counts: readonly number[]) => [
    label,
    ...[...counts, counts.reduce((sum, count) => sum + count, 0)].map(formatInteger),
  ];
  const rows = classes.map((label, i) =>
    row(
      label,
      splitNames.map((split) => splits[split].perClass[i].count),
    ),
  );
  return formatTable(columns, [
    ...rows,
    row(
      'all',
      splitNames.map((split) => splits[split].count),
    ),
  ]);
}

function formatPixels({ sizes, mean, std }: Survey): string[] {
  if (!sizes || !mean || !std) return [];
  const { width, height, grey: gray, rgb } = sizes;
  const spread = ({ min, median, max }: typeof width) =>
    min === max ? String(min) : `${min} to ${max} (median ${median})`;
  const kinds = [
    ...(gray > 0 ? [`${formatInteger(gray)} grayscale`] : []),
    ...(rgb > 0 ? [`${formatInteger(rgb)} RGB`] : []),
  ];
  const line = (values: readonly number[]) =>
    `${values.map((value) => value.toFixed(2)).join(', ')}  (in 0..1: ${values.map((value) => (value / 255).toFixed(4)).join(', ')})`;
  return [
    [
      `width ${spread(width)}, height ${spread(height)}, ${kinds.join(', ')}`,
      `mean  ${line(mean)}`,
      `std   ${line(std)}`,
    ].join('\n'),
  ];
}

function formatDuplicates(duplicates: readonly Duplicates[]): string[] {
  if (duplicates.length === 0) return ['no duplicates'];
  const leaks = duplicates.filter((group) => group.leaks);
  const leaked = leaks.flatMap(({ images }) => images.filter(({ split }) => split !== 'train')).length;
  const wrong = duplicates.filter((group) => group.disagree).length;
  const counts =
    `${formatCount(duplicates.length, 'group')} of duplicates: ${formatInteger(leaks.length)} leak from train into valid or test ` +
    `(${formatCount(leaked, 'image')} there), ${formatInteger(wrong)} have different labels`;
  // Leaks first, then different labels.
  const weight = ({ leaks, disagree }: Duplicates) => 2 * Number(leaks) + Number(disagree);
  const listed = duplicates.toSorted((a, b) => weight(b) - weight(a)).slice(0, LISTED);
  const rest = duplicates.length - listed.length;
  const more = rest > 0 ? [`  and ${formatCount(rest, 'more group')}`] : [];
  return [[counts, ...listed.map(formatGroup), ...more].join('\n')];
}

/** One image of each split and class before others. */
function formatGroup({ images }: Duplicates): string {
  const origin = ({ split, label }: Duplicates['images'][number]) => `${split}, ${label}`;
  const origins = images.map(origin);
  const first = images.filter((_, i) => origins.indexOf(origins[i]) === i);
  const named = [...new Set([...first, ...images])].slice(0, NAMED);
  const more = images.length > named.length ? ` = ${formatInteger(images.length - named.length)} more` : '';
  return `  ${named.map((image) => visible(`${image.name} (${origin(image)})`)).join(' = ')}${more}`;
}
