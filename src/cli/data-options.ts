// The options that choose images: which data set, from where, how many.
import { type Command, Option } from 'commander';
import { type Dataset, labelsOf, type SplitDataset } from '../data/dataset.ts';
import { type Unreadable, withoutUnreadable } from '../data/readable.ts';
import { type DatasetOptions, dataSetNames, openDataset } from '../data/sources.ts';
import { parseFold, takeFold } from '../data/split.ts';
import { parseSubset, takeSubset } from '../data/subset.ts';
import { UsageError } from '../tensor/errors.ts';
import { visible } from '../tensor/visible.ts';
import { reportNote } from './failure.ts';
import { ProgressBar } from './progress.ts';

export interface DataChoice {
  readonly data: string;
  readonly dataDir?: string;
  readonly fold?: string;
  readonly subset?: string;
  readonly unreadable?: string;
}

/** Files that are named when unreadable ones are left out. */
const NAMED = 10;

export function withData(command: Command): Command {
  const chosen = withPlace(
    command.option(
      '--data <name>',
      `images: ${dataSetNames.join(', ')} (a folder with one sub-folder per class, a table of paths and labels)`,
    ),
  ).option('--subset <counts>', 'only the first images of each part, such as train=1000,valid=200,test=200');
  return withUnreadable(chosen);
}

export function withUnreadable(command: Command): Command {
  return command.addOption(
    new Option(
      '--unreadable <action>',
      'what to do about image files that cannot be read: stop when one is met, or decode all at the beginning and skip those',
    ).choices(['stop', 'skip']),
  );
}

/** Where the files are, and how they are divided. */
export function withPlace(command: Command): Command {
  return command
    .option(
      '--data-dir <folder>',
      'folder that holds the files of a published data set; nothing is downloaded then',
    )
    .option(
      '--fold <i/k>',
      'validate on the i-th of k folds of training and validation images, train on the others',
    );
}

/** @throws UsageError that there is no data set */
export function noData(): UsageError {
  return new UsageError(`no data set: give --data ${dataSetNames.join(', ')}.`);
}

/**
 * The data set that was chosen. Its own seed stays 0 whatever the training's: its parts are the same in every command.
 * What was passed over or left out is written to the error output.
 * @param expected classes that a folder's sub-folders must be among, for example a checkpoint's; whether labels are needed
 */
export async function openChosenData(
  { data, dataDir, fold, subset, unreadable }: DataChoice,
  expected: Pick<DatasetOptions, 'classes' | 'labels'> = {},
): Promise<SplitDataset> {
  const counts = subset === undefined ? undefined : parseSubset(subset);
  const place = fold === undefined ? undefined : parseFold(fold);
  const bar = new ProgressBar();
  try {
    const opened = await openDataset(data, {
      ...expected,
      dataDir,
      onProgress: ({ file, done, total }) => bar.update(`download ${file}`, done, total, 'bytes'),
    });
    const divided = place ? takeFold(opened, place.fold, place.count) : opened;
    const readable = unreadable === 'skip' ? await leaveOut(divided, bar) : divided;
    for (const note of opened.notes ?? []) reportNote(note);
    if (!counts) return readable;
    const taken = takeSubset(readable, counts);
    noteMissingClasses(readable.splits.train, taken.splits.train);
    return taken;
  } finally {
    bar.clear();
  }
}

/** Images of a folder come class by class, so that its first ones may all be of one. */
function noteMissingClasses(whole: Dataset, taken: Dataset): void {
  const [before, after] = [whole, taken].map((part) => new Set(labelsOf(part)).size) as [number, number];
  if (after === before) return;
  reportNote(
    `the first ${taken.length} training images are of ${after} of ${before} classes: a subset takes images in the order of ` +
      'their files; ask for more of them, or copy some of each class into a folder of their own.',
  );
}

async function leaveOut(data: SplitDataset, bar: ProgressBar): Promise<SplitDataset> {
  const { data: kept, unreadable } = await withoutUnreadable(data, (done, total) =>
    bar.update('read', done, total, 'images'),
  );
  bar.clear();
  if (unreadable.length > 0) {
    reportNote(
      `${data.name}: left out ${unreadable.length} unreadable file(s):\n${formatUnreadable(unreadable)}`,
    );
  }
  return kept;
}

/** A line for each of the first files, and how many more there are. */
export function formatUnreadable(unreadable: readonly Unreadable[]): string {
  const lines = unreadable.slice(0, NAMED).map(({ name, reason }) => visible(`  ${name}: ${reason}`));
  const more = unreadable.length - lines.length;
  return [...lines, ...(more > 0 ? [`  and ${more} more`] : [])].join('\n');
}
