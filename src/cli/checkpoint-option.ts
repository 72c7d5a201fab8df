// Checkpoints as commands take them: the file itself, or the folder of the run that made it.
import { existsSync, statSync } from 'node:fs';
import { type Command, Option } from 'commander';
import { DataError } from '../base/errors.ts';
import { type Checkpoint, loadCheckpoint, type WeightSet, weightSets } from '../checkpoints/index.ts';
import { checkpointPath } from '../train/index.ts';

export interface WeightsChoice {
  readonly weights?: WeightSet;
}

/** Lets the user choose among the weights of a checkpoint. */
export function withWeights(command: Command): Command {
  return command.addOption(weightsOption('--weights <set>', 'weights of a run with --ema'));
}

export function weightsOption(flags: string, what: string): Option {
  return new Option(flags, `${what}: the averages or the raw ones (default: ema if there are any)`).choices(
    weightSets,
  );
}

/**
 * The checkpoint in a file, or a run's best one (the last one, where nothing was validated).
 * @param weights those of the run's EMA or the raw ones; as the run evaluated by default
 * @throws DataError if there is none, the file is damaged, or it does not have these weights
 */
export async function openCheckpoint(place: string, weights?: WeightSet): Promise<Checkpoint> {
  return loadCheckpoint(fileOf(place), weights === undefined ? {} : { weights });
}

function fileOf(place: string): string {
  const found = statSync(place, { throwIfNoEntry: false });
  if (!found) {
    throw new DataError(
      `there is no "${place}"; give a checkpoint file or the folder of a run, such as runs/demo.`,
    );
  }
  if (!found.isDirectory()) return place;
  const file = [checkpointPath(place, 'best'), checkpointPath(place, 'last')].find(existsSync);
  if (file) return file;
  throw new DataError(
    `the folder ${place} holds neither best.safetensors nor last.safetensors; give the folder of a run that has saved.`,
  );
}
