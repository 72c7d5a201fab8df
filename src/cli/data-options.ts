// The options that choose images: which data set, from where, how many.
import { type Command, Option } from 'commander';
import { type ChannelCounts, describeChannels } from '../data/channels.ts';
import { labelsOf, type SplitDataset, slice } from '../data/dataset.ts';
import { type Unreadable, withoutUnreadable } from '../data/readable.ts';
import { type DatasetOptions, dataSetNames, openDataset } from '../data/sources.ts';
import { parseFold, takeFold } from '../data/split.ts';
import { parseSplitFolders } from '../data/split-folders.ts';
import { parseSubset, type Subset, takeSubset } from '../data/subset.ts';
import { UsageError } from '../tensor/errors.ts';
import { reportNote } from './failure.ts';
import { ProgressBar } from './progress.ts';

export interface DataChoice extends DataSelection {
  readonly data: string;
  readonly dataDir?: string;
}

/** How a data set is read and divided, and which of its images are used. */
export interface DataSelection {
  readonly fold?: string;
  readonly followLinks?: boolean;
  readonly splitFolders?: string;
  readonly subset?: string;
  readonly unreadable?: string;
}

/** Files that are named when unreadable ones are left out. */
const NAMED = 10;

export function withData(command: Command): Command {
  return withUnreadable(
    withSubset(
      withPlace(
        command.option(
          '--data <name>',
          `images: ${dataSetNames.join(', ')} (a folder with one sub-folder per class, a table of paths and labels)`,
        ),
      ),
    ),
  );
}

export function withSubset(command: Command): Command {
  return command.option(
    '--subset <counts>',
    'only the first images of each part, such as train=1000,valid=200,test=200',
  );
}

export function withUnreadable(command: Command): Command {
  return command.addOption(
    new Option(
      '--unreadable <action>',
      'what to do about image files that cannot be read: stop when one is met, or decode all at the beginning and skip those',
    ).choices(['stop', 'skip']),
  );
}

/** Where the files are, how they are read, and how they are divided. */
export function withPlace(command: Command): Command {
  return command
    .option(
      '--data-dir <folder>',
      'folder that holds the files of a published data set; nothing is downloaded then',
    )
    .option(
      '--fold <i/k>',
      'validate on the i-th of k folds of training and validation images, train on the others',
    )
    .option(
      '--split-folders <folders>',
      'sub-folders that are splits, such as train=A,test=B, or none if all are classes (default: told by their names)',
    )
    .option('--follow-links', 'follow symbolic links that lead out of a folder of images');
}

/** @throws UsageError that there is no data set */
export function noData(): UsageError {
  return new UsageError(`no data set: give --data ${dataSetNames.join(', ')}.`);
}

/**
 * The data set that was chosen. Its own seed stays 0 whatever the training's: its parts are the same in every command.
 * Its notes, to which is added what is left out here, are written to the error output.
 * @param expected classes that a folder's sub-folders must be among, for example a checkpoint's; whether labels are needed
 */
export async function openChosenData(
  { data, dataDir, fold, followLinks, splitFolders, subset, unreadable }: DataChoice,
  expected: Pick<DatasetOptions, 'classes' | 'labels'> = {},
): Promise<SplitDataset> {
  const counts = subset === undefined ? undefined : parseSubset(subset);
  const place = fold === undefined ? undefined : parseFold(fold);
  const folders = splitFolders === undefined ? undefined : parseSplitFolders(splitFolders);
  const bar = new ProgressBar();
  try {
    const opened = await openDataset(data, {
      ...expected,
      dataDir,
      followLinks,
      splitFolders: folders,
      onProgress: ({ file, done, total }) => bar.update(`download ${file}`, done, total, 'bytes'),
    });
    for (const note of opened.notes ?? []) reportNote(note);
    const divided = place ? takeFold(opened, place.fold, place.count) : opened;
    const readable = unreadable === 'skip' ? await leaveOut(divided, bar) : divided;
    return counts ? noted(takeSubset(readable, counts), missingClasses(readable, counts)) : readable;
  } finally {
    bar.clear();
  }
}

/** The data set with a note about its channels, if its images are of both kinds. */
export function noteChannels(data: SplitDataset, counts: ChannelCounts): SplitDataset {
  const decision = describeChannels(counts);
  if (decision === undefined) return data;
  const note = `${data.name}: ${decision}; --input C,H,W chooses otherwise.`;
  return noted(data, note);
}

/** The data set with one note more, if there is one, which is written to the error output. */
function noted(data: SplitDataset, note: string | undefined): SplitDataset {
  if (note === undefined) return data;
  reportNote(note);
  return { ...data, notes: [...(data.notes ?? []), note] };
}

/** Images of a folder come class by class, so that its first ones may all be of one. */
function missingClasses({ splits: { train } }: SplitDataset, counts: Subset): string | undefined {
  const count = counts.train ?? train.length;
  const [before, after] = [train, slice(train, 0, count)].map((part) => new Set(labelsOf(part)).size);
  if (after === before) return undefined;
  return (
    `the first ${count} training images are of ${after} of ${before} classes: a subset takes images in the order of ` +
    'their files; ask for more of them, or copy some of each class into a folder of their own.'
  );
}

async function leaveOut(data: SplitDataset, bar: ProgressBar): Promise<SplitDataset> {
  const { data: kept, unreadable } = await withoutUnreadable(data, (done, total) =>
    bar.update('read', done, total, 'images'),
  );
  bar.clear();
  if (unreadable.length === 0) return kept;
  const { length } = unreadable;
  return noted(kept, `${data.name}: left out ${length} unreadable file(s):\n${formatUnreadable(unreadable)}`);
}

/** A line for each of the first files, and how many more there are. */
export function formatUnreadable(unreadable: readonly Unreadable[]): string {
  const lines = unreadable.slice(0, NAMED).map(({ name, reason }) => `  ${name}: ${reason}`);
  const more = unreadable.length - lines.length;
  return [...lines, ...(more > 0 ? [`  and ${more} more`] : [])].join('\n');
}
