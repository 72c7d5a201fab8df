// Checkpoints as commands take them: a file, or the folder of a run.

import { existsSync, statSync } from 'node:fs';
import { DataError } from '../base/errors.ts';
import { choice, type OptionTable, option } from '../base/option.ts';
import { type Checkpoint, loadCheckpoint, type WeightSet, weightSets } from '../checkpoints/index.ts';
import { checkpointPath } from '../train/index.ts';

export const weightsOption = {
  weights: option(choice(weightSets), 'weights', 'weights of a run with --ema', {
    defaultText: 'ema, if the run has an EMA',
    placeholder: 'set',
  }),
} as const satisfies OptionTable;

/**
 * Loads a checkpoint file, or the best checkpoint of a run (the last one without evaluations).
 * @param weights default: those the run evaluated
 * @throws DataError if there is none, the file is damaged, or it does not have these weights
 */
export async function openCheckpoint(place: string, weights?: WeightSet): Promise<Checkpoint> {
  return loadCheckpoint(findFile(place), weights === undefined ? {} : { weights });
}

function findFile(place: string): string {
  const found = statSync(place, { throwIfNoEntry: false });
  if (!found) {
    throw new DataError(`there is no "${place}"; give a checkpoint file or a run folder, such as runs/demo.`);
  }
  if (!found.isDirectory()) return place;
  const file = [checkpointPath(place, 'best'), checkpointPath(place, 'last')].find(existsSync);
  if (file) return file;
  throw new DataError(
    `the folder ${place} holds neither best.safetensors nor last.safetensors; give the folder of a run that has saved.`,
  );
}
