// fovea data: what is in a data set, what is wrong with it, and what it looks like.
import type { Command } from 'commander';
import { FoveaError, UsageError } from '../../base/errors.ts';
import { visible } from '../../base/text.ts';
import { type Dataset, type SplitDataset, selectSplit, splitNames } from '../../data/dataset.ts';
import { dataSetNames } from '../../data/sources.ts';
import { channelsFor } from '../../data/survey/channels.ts';
import { augmentedSamples, contactSheet, spreadOverClasses } from '../../data/survey/contact-sheet.ts';
import { type Duplicates, type Survey, survey } from '../../data/survey/survey.ts';
import { parseAugmentation } from '../../data/transforms/augmentation.ts';
import { defaultPreprocessing } from '../../data/transforms/transforms.ts';
import { writePng } from '../../image/encode.ts';
import { fitInto } from '../../image/fit.ts';
import type { Image } from '../../image/image.ts';
import {
  type DataChoice,
  formatUnreadable,
  noteChannels,
  openChosenData,
  withDataOptions,
} from '../data-options.ts';
import { reportNote } from '../failure.ts';
import { type ImageShape, imageShape, type JsonOptions, wholeNumber, withJson } from '../options.ts';
import { heading, openOutput } from '../output.ts';
import { ProgressBar } from '../progress.ts';
import { counted, formatTable, grouped } from '../table.ts';

interface DataCommandOptions extends Omit<DataChoice, 'data'>, JsonOptions {
  readonly sheet?: string;
  readonly columns?: number;
  readonly augment?: string;
  readonly input?: ImageShape;
}

/** Pixels of a picture on a contact sheet, pictures in a row unless told, and rows it has at most. */
const CELL = 96;
const COLUMNS = 10;
const MAX_ROWS = 50;
/** Groups of equal images that are listed, and images named of each. */
const LISTED = 10;
const NAMED = 4;

export function configure(command: Command): void {
  command.argument('<name>', `${dataSetNames.join(', ')}, or the path of a folder or of a .csv table`);
  withJson(withDataOptions(command))
    .option('--sheet <file.png>', 'write a picture of samples, a row for each class')
    .option('--columns <count>', `samples in a row of the sheet (default: ${COLUMNS})`, wholeNumber(1, 1000))
    .option(
      '--augment <list>',
      'on the sheet show a sample of each class in a row, as it is and as training would see it, but for mixup and cutmix (see `fovea train --help`)',
    )
    .option(
      '--input <C,H,W>',
      'channels, height, width for --augment (default: 3 channels unless all images are grayscale, the size of each image)',
      imageShape,
    )
    .addHelpText(
      'after',
      '\nEvery image is read. Duplicates are images of the same bytes; those in train and in valid or test are leaks, which ' +
        'make\nfigures too good.\n\nExamples:\n' +
        '  $ fovea data digits --sheet digits.png\n' +
        '  $ fovea data photos --sheet augmented.png --augment random-resized-crop,horizontal-flip --input 3,224,224',
    )
    .action(runData);
}

async function runData(name: string, options: DataCommandOptions): Promise<void> {
  const { json, sheet } = options;
  checkSheet(options);
  const opened = await openChosenData({ ...options, data: name }, { labels: 'optional' });
  const bar = new ProgressBar();
  const found = await survey(opened, (done, total) => bar.update('read', done, total, 'images')).finally(() =>
    bar.clear(),
  );
  const counts = { grayscale: found.sizes?.grey ?? 0, color: found.sizes?.rgb ?? 0 };
  for (const note of found.notes) reportNote(note);
  const notes = [...(noteChannels(opened, counts).notes ?? []), ...found.notes];
  if (sheet !== undefined) await writePng(await drawSheet(opened, channelsFor(counts), options), sheet);
  const result = {
    ...found,
    notes,
    ...(sheet !== undefined && { sheet }),
  };
  openOutput(json).result(result, () => formatSurvey(found, sheet));
}

function checkSheet({ sheet, ...options }: DataCommandOptions): void {
  if (sheet !== undefined) return;
  const needless = (['columns', 'augment', 'input'] as const).find((name) => options[name] !== undefined);
  if (needless === undefined) return;
  throw new UsageError(`--${needless} is about the contact sheet; name its file by --sheet FILE.png.`);
}

async function drawSheet(data: SplitDataset, channels: 1 | 3, options: DataCommandOptions): Promise<Image> {
  const all = selectSplit(data, 'all');
  const { columns = COLUMNS, augment } = options;
  const places = spreadOverClasses(all, augment === undefined ? columns : 1).slice(0, MAX_ROWS);
  const rows: Image[][] = [];
  for (const row of places) {
    if (augment === undefined) rows.push(await mapImages(all, row, toCell));
    else {
      const samples = (image: Image) => augmentedRow(image, channels, row[0], augment, options).map(toCell);
      rows.push(...(await mapImages(all, row, samples)));
    }
  }
  return contactSheet(rows, CELL);
}

/** As small as it is shown: a row of photographs would take gigabytes. */
function toCell(image: Image): Image {
  return fitInto(image, CELL);
}

function augmentedRow(
  image: Image,
  ownChannels: 1 | 3,
  index: number,
  augment: string,
  options: DataCommandOptions,
): Image[] {
  const [channels, height, width] = options.input ?? [ownChannels, image.height, image.width];
  const preprocessing = defaultPreprocessing({ channels: channels === 1 ? 1 : 3, height, width });
  const { transforms } = parseAugmentation(augment, preprocessing, [channels, height, width]);
  return [image, ...augmentedSamples(image, index, transforms, (options.columns ?? COLUMNS) - 1)];
}

/** What becomes of the images that can be read; the others are in the report. */
async function mapImages<Result>(
  dataset: Dataset,
  places: readonly number[],
  map: (image: Image) => Result,
): Promise<Result[]> {
  const results: Result[] = [];
  for (const place of places) {
    const image = await readImage(dataset, place);
    if (image) results.push(map(image));
  }
  return results;
}

async function readImage(dataset: Dataset, place: number): Promise<Image | undefined> {
  try {
    return (await dataset.get(place)).image;
  } catch (error) {
    if (error instanceof FoveaError) return undefined;
    throw error;
  }
}

function formatSurvey(found: Survey, sheet: string | undefined): string {
  const { name, duplicates, unreadable } = found;
  const bad =
    unreadable.length > 0
      ? [`${grouped(unreadable.length)} unreadable:\n${formatUnreadable(unreadable)}`]
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

/** What the rows of the sheet are. */
function rowsOf({ classes }: Survey): string {
  const which = classes.length > MAX_ROWS ? `each of the first ${MAX_ROWS} classes` : 'each class';
  return `a row for ${which} in the order above`;
}

function formatCounts({ classes, splits }: Survey): string {
  const columns = [
    { title: 'class' },
    ...[...splitNames, 'all'].map((title) => ({ title, align: 'right' as const })),
  ];
  const row = (label: string, counts: readonly number[]) => [
    label,
    ...[...counts, counts.reduce((sum, count) => sum + count, 0)].map(grouped),
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
  const { width, height, grey, rgb } = sizes;
  const spread = ({ min, median, max }: typeof width) =>
    min === max ? String(min) : `${min} to ${max} (median ${median})`;
  const kinds = [...(grey > 0 ? [`${grouped(grey)} grey`] : []), ...(rgb > 0 ? [`${grouped(rgb)} RGB`] : [])];
  const line = (values: readonly number[]) =>
    `${values.map((value) => value.toFixed(2)).join(', ')}  (of 0..1: ${values.map((value) => (value / 255).toFixed(4)).join(', ')})`;
  return [
    [
      `width ${spread(width)}, height ${spread(height)}, ${kinds.join(', ')}`,
      `mean  ${line(mean)}`,
      `std   ${line(std)}`,
    ].join('\n'),
  ];
}

function formatDuplicates(duplicates: readonly Duplicates[]): string[] {
  if (duplicates.length === 0) return ['no image is there twice'];
  const leaks = duplicates.filter((group) => group.leaks);
  const leaked = leaks.flatMap(({ images }) => images.filter(({ split }) => split !== 'train')).length;
  const wrong = duplicates.filter((group) => group.disagree).length;
  const counts =
    `${counted(duplicates.length, 'group')} of equal images; of these ${grouped(leaks.length)} leak from train into valid or test ` +
    `(${counted(leaked, 'image')} there), ${grouped(wrong)} have different labels`;
  // Those that matter most first.
  const weight = ({ leaks, disagree }: Duplicates) => 2 * Number(leaks) + Number(disagree);
  const listed = duplicates.toSorted((a, b) => weight(b) - weight(a)).slice(0, LISTED);
  const rest = duplicates.length - listed.length;
  const more = rest > 0 ? [`  and ${counted(rest, 'more group')}`] : [];
  return [[counts, ...listed.map(formatGroup), ...more].join('\n')];
}

/** One image of each part and class before others of the same. */
function formatGroup({ images }: Duplicates): string {
  const place = ({ split, label }: Duplicates['images'][number]) => `${split}, ${label}`;
  const places = images.map(place);
  const first = images.filter((_, i) => places.indexOf(places[i]) === i);
  const named = [...new Set([...first, ...images])].slice(0, NAMED);
  const more = images.length > named.length ? ` = ${grouped(images.length - named.length)} more` : '';
  return `  ${named.map((image) => visible(`${image.name} (${place(image)})`)).join(' = ')}${more}`;
}
