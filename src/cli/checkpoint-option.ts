// Checkpoints as commands take them: the file itself, or the folder of the run that made it.
import { existsSync, statSync } from 'node:fs';
import { DataError } from '../tensor/errors.ts';
import { type Checkpoint, checkpointPath, loadCheckpoint } from '../train/index.ts';

/**
 * The checkpoint in a file, or a run's best one (the last one, where nothing was validated).
 * @throws DataError if there is none, or the file is damaged
 */
export async function openCheckpoint(place: string): Promise<Checkpoint> {
  return loadCheckpoint(fileOf(place));
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
