// Opens the data set of a command, and reports what was assumed or skipped.
import { formatCount, formatList, visible } from '../base/text.ts';
import type { Checkpoint } from '../checkpoints/index.ts';
import { labelsOf, type SplitDataset, slice, splitNames } from '../data/dataset.ts';
import { parseSplitFolders } from '../data/folder/split-folders.ts';
import { type DatasetOptions, openDataset, sourceOptions, takesOption } from '../data/sources.ts';
import { parseFold, takeFold } from '../data/split.ts';
import { parseSubset, type Subset, takeSubset } from '../data/subset.ts';
import { type ChannelCounts, describeChannels } from '../data/survey/channels.ts';
import { findHighBitDepthRange } from '../data/survey/high-bit-depth.ts';
import { type Unreadable, withoutUnreadable } from '../data/survey/unreadable.ts';
import { valueRangeOf } from '../data/transforms/transforms.ts';
import { hasClassNames } from '../evaluation/index.ts';
import { parseValueRange } from '../image/value-range.ts';
import type { DataChoice } from '../recipe/data-options.ts';
import { reportNote } from './failure.ts';
import { ProgressBar, withProgress } from './progress.ts';

/** Skipped files that are listed. */
const LISTED = 10;
/** Missing classes of a split that are listed. */
const LISTED_CLASSES = 5;

/**
 * Opens the chosen data set. Its seed is 0, whatever the seed of training: the splits are the same in every command. Its
 * notes are written to standard error.
 * @param expected known classes, such as a checkpoint's; whether labels are needed
 */
export async function openChosenData(
  choice: DataChoice,
  expected: Pick<DatasetOptions, 'classes' | 'labels'> = {},
): Promise<SplitDataset> {
  const { data, dataDir, fold, subset, unreadable, splitFolders, valueRange } = choice;
  const counts = subset === undefined ? undefined : parseSubset(subset);
  const place = fold === undefined ? undefined : parseFold(fold);
  const bar = new ProgressBar();
  const opened = await openDataset(data, {
    ...expected,
    ...Object.fromEntries(sourceOptions.map((key) => [key, choice[key]])),
    ...(splitFolders !== undefined && { splitFolders: parseSplitFolders(splitFolders) }),
    ...(valueRange !== undefined && { valueRange: parseValueRange(valueRange) }),
    ...(unreadable === 'skip' && { missing: 'keep' }),
    dataDir,
    onProgress: ({ file, done, total }) => bar.update(`download ${file}`, done, total, 'bytes'),
  }).finally(() => bar.clear());
  for (const note of opened.notes ?? []) reportNote(note);
  const divided = place ? takeFold(opened, place.fold, place.count) : opened;
  const readable = unreadable === 'skip' ? await skipUnreadable(divided) : divided;
  if (counts) return noted(takeSubset(readable, counts), missingClasses(readable, counts));
  return expected.classes ? readable : classlessSplits(readable).reduce(noted, readable);
}

/**
 * Opens the chosen data set for a checkpoint. Imported weights without class names take the names of the data set in its
 * order, with a note.
 */
export async function openDataFor(checkpoint: Checkpoint, choice: DataChoice): Promise<SplitDataset> {
  const { classes } = checkpoint;
  const decoded = withValueRangeOf(checkpoint, choice);
  if (hasClassNames(checkpoint)) return openChosenData(decoded, { classes });
  const data = await openChosenData(decoded, { labels: 'optional' });
  const isByName = data.classes.every((name) => classes.includes(name));
  if (!isByName && data.classes.length === classes.length) {
    const first = data.classes.slice(0, 3).map((name, index) => `${index} = ${name}`);
    reportNote(
      `the checkpoint has no class names; taking those of the data set in its order (${first.join(', ')}, ...). ` +
        'If it was trained with another order, set the names with `fovea import --labels`.',
    );
  }
  return data;
}

/** The choice with the value range of the checkpoint, unless it has one. */
function withValueRangeOf({ preprocessing }: Checkpoint, choice: DataChoice): DataChoice {
  const range = valueRangeOf(preprocessing);
  if (range === undefined || choice.valueRange || !takesOption(choice.data, 'valueRange')) return choice;
  return { ...choice, valueRange: String(range) };
}

/** Adds a note if there are both grayscale and color images. */
export function noteChannels(data: SplitDataset, counts: ChannelCounts): SplitDataset {
  const decision = describeChannels(counts);
  if (decision === undefined) return data;
  const note = `${data.name}: ${decision}; override with --input C,H,W.`;
  return noted(data, note);
}

/** Adds a note if values of more than 8 bits leave most of their range unused. */
export async function noteDeepValues(data: SplitDataset, paths: readonly string[]): Promise<SplitDataset> {
  if (data.valueRange || paths.length === 0) return data;
  return noted(data, (await findHighBitDepthRange(paths)).describe(data.name));
}

/** Adds a note, if there is one, and writes it to standard error. */
function noted(data: SplitDataset, note: string | undefined): SplitDataset {
  if (note === undefined) return data;
  reportNote(note);
  return { ...data, notes: [...(data.notes ?? []), note] };
}

/** A note if a subset lacks classes: the images of a folder are in class order. */
function missingClasses({ splits: { train } }: SplitDataset, counts: Subset): string | undefined {
  const count = counts.train ?? train.length;
  const [before, after] = [train, slice(train, 0, count)].map((part) => new Set(labelsOf(part)).size);
  if (after === before) return undefined;
  return (
    `the first ${count} training images have ${after} of ${before} classes: a subset takes images in file order; ` +
    'take a larger subset, or copy some images of each class into another folder.'
  );
}

/** Notes about splits without images of a class: metrics cannot tell anything about it. */
function classlessSplits({ name, classes, splits }: SplitDataset): string[] {
  return splitNames.flatMap((split) => {
    const present = new Set(labelsOf(splits[split]));
    const missing = classes.filter((_, label) => !present.has(label));
    if (present.size === 0 || missing.length === 0) return [];
    return [`${name}: the ${split} split has no images of ${formatList(missing, LISTED_CLASSES)}.`];
  });
}

async function skipUnreadable(data: SplitDataset): Promise<SplitDataset> {
  const { data: kept, unreadable } = await withProgress('read', 'images', (onProgress) =>
    withoutUnreadable(data, onProgress),
  );
  if (unreadable.length === 0) return kept;
  const count = formatCount(unreadable.length, 'unreadable file');
  return noted(kept, `${data.name}: skipped ${count}:\n${formatUnreadable(unreadable)}`);
}

/** One line per file, and the number of files not listed. */
export function formatUnreadable(unreadable: readonly Unreadable[]): string {
  const lines = unreadable.slice(0, LISTED).map(({ name, reason }) => visible(`  ${name}: ${reason}`));
  const more = unreadable.length - lines.length;
  return [...lines, ...(more > 0 ? [`  and ${more} more`] : [])].join('\n');
}
