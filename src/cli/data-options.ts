// The options that choose images: which data set, from where, how many.
import type { Command } from 'commander';
import type { SplitDataset } from '../data/dataset.ts';
import { dataSetNames, openDataset } from '../data/sources.ts';
import { parseSubset, takeSubset } from '../data/subset.ts';
import { ProgressBar } from './progress.ts';

export interface DataChoice {
  readonly data: string;
  readonly dataDir?: string;
  readonly subset?: string;
}

export function withData(command: Command): Command {
  return command
    .option(
      '--data <name>',
      `images: ${dataSetNames.join(', ')} (a folder with one sub-folder per class, a table of paths and labels)`,
    )
    .option(
      '--data-dir <folder>',
      'folder that holds the files of a published data set; nothing is downloaded then',
    )
    .option('--subset <counts>', 'only the first images of each part, such as train=1000,valid=200,test=200');
}

/**
 * The data set that was chosen. Its own seed stays 0 whatever the training's: its parts are the same in every command.
 * @param classes those a folder's sub-folders must be among, for example a checkpoint's
 */
export async function openChosenData(
  { data, dataDir, subset }: DataChoice,
  classes?: readonly string[],
): Promise<SplitDataset> {
  const counts = subset === undefined ? undefined : parseSubset(subset);
  const bar = new ProgressBar();
  const opened = await openDataset(data, {
    dataDir,
    classes,
    onProgress: ({ file, done, total }) => bar.update(`download ${file}`, done, total, 'bytes'),
  });
  bar.clear();
  return counts ? takeSubset(opened, counts) : opened;
}
