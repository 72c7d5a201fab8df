// Writes TensorBoard event files of a run: one folder each for training, validation and test, so that their curves overlay.
import { appendFile, mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { UsageError } from '../../base/errors.ts';
import { writeError } from '../../system/files.ts';
import type { Listener, StartedEvent, TrainEvent } from '../../train/index.ts';
import { fileRecord, fileStart } from './event-file.ts';

const parts = ['train', 'valid', 'test'] as const;
type Part = (typeof parts)[number];

/** Values to add to the curves of one part. */
interface ScalarUpdate {
  readonly part: Part;
  readonly step: number;
  readonly scalars: Readonly<Record<string, number>>;
}

/**
 * A listener that writes TensorBoard event files: loss, accuracy, learning rate and throughput. A new run replaces earlier
 * event files; a resumed run adds to them.
 * @param folder of the event files; defaults to `tensorboard` in the folder of the run
 * @throws UsageError if the run has no folder and none is given
 * @throws DataError if a file cannot be written
 * @example
 * await train(model, data, { out: 'runs/mnist', listeners: [tensorBoard()] });
 */
export function tensorBoard(folder?: string): Listener {
  let target: string | undefined;
  let name = '';
  return async (event) => {
    const wallTime = Date.parse(event.time) / 1000;
    try {
      if (event.type === 'started') {
        target = folder ?? eventFolder(event);
        name = `events.out.tfevents.${Math.floor(wallTime)}.fovea.${process.pid}`;
        await openFiles(target, name, event.step, wallTime);
      }
      const update = eventScalars(event);
      if (update && target)
        await appendFile(join(target, update.part, name), fileRecord({ wallTime, ...update }));
    } catch (error) {
      if (error instanceof UsageError) throw error;
      throw writeError(target ?? 'event files', error as NodeJS.ErrnoException);
    }
  };
}

function eventFolder({ run }: StartedEvent): string {
  if (run !== undefined) return join(run, 'tensorboard');
  throw new UsageError(
    'tensorBoard() needs a folder, but the run has none; call tensorBoard(folder), or train with `out`.',
  );
}

async function openFiles(target: string, name: string, step: number, wallTime: number): Promise<void> {
  for (const part of parts) {
    const folder = join(target, part);
    await mkdir(folder, { recursive: true });
    if (step === 0) await removeOwn(folder);
    const restart = step > 0 ? [fileRecord({ wallTime, step: step + 1, restart: true })] : [];
    await writeFile(join(folder, name), Buffer.concat([fileStart(wallTime), ...restart]));
  }
}

async function removeOwn(folder: string): Promise<void> {
  const own = (await readdir(folder)).filter((name) => /^events\.out\.tfevents\.\d+\.fovea\./.test(name));
  for (const name of own) await rm(join(folder, name));
}

function eventScalars(event: TrainEvent): ScalarUpdate | undefined {
  if (event.type === 'logged') {
    const { step, loss, accuracy, learningRate, imagesPerSecond } = event;
    const scalars = { loss, accuracy, learning_rate: learningRate, images_per_second: imagesPerSecond };
    return { part: 'train', step, scalars };
  }
  if (event.type !== 'evaluated') return undefined;
  const { split, step, loss, accuracy } = event;
  return { part: split, step, scalars: { loss, accuracy } };
}
