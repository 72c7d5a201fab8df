// A run's figures for TensorBoard: one folder each for training, validation and test, so that their curves lie over one another.
import { appendFile, mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { UsageError } from '../../base/errors.ts';
import { writeError } from '../../system/files.ts';
import type { Listener, StartedEvent, TrainEvent } from '../../train/index.ts';
import { fileRecord, fileStart } from './event-file.ts';

const parts = ['train', 'valid', 'test'] as const;
type Part = (typeof parts)[number];

/** What is added to a part's curves. */
interface ScalarUpdate {
  readonly part: Part;
  readonly step: number;
  readonly scalars: Readonly<Record<string, number>>;
}

/**
 * Listens to a run and writes what TensorBoard shows. A run that is begun anew replaces its event files of before; one that
 * goes on adds to them.
 * @param folder for the event files; `tensorboard` in the folder of the run unless given
 * @throws UsageError if neither the run nor this has a folder
 * @throws DataError if a file cannot be written
 */
export function tensorBoard(folder?: string): Listener {
  let place: string | undefined;
  let name = '';
  return async (event) => {
    const wallTime = Date.parse(event.time) / 1000;
    try {
      if (event.type === 'started') {
        place = folder ?? eventFolder(event);
        name = `events.out.tfevents.${Math.floor(wallTime)}.fovea.${process.pid}`;
        await openFiles(place, name, event.step, wallTime);
      }
      const figures = eventScalars(event);
      if (figures && place)
        await appendFile(join(place, figures.part, name), fileRecord({ wallTime, ...figures }));
    } catch (error) {
      if (error instanceof UsageError) throw error;
      throw writeError(place ?? 'event files', error as NodeJS.ErrnoException);
    }
  };
}

function eventFolder({ run }: StartedEvent): string {
  if (run !== undefined) return join(run, 'tensorboard');
  throw new UsageError(
    'the run has no folder, so tensorBoard() needs one of its own: tensorBoard(folder), or train with `out`.',
  );
}

async function openFiles(place: string, name: string, step: number, wallTime: number): Promise<void> {
  for (const part of parts) {
    const folder = join(place, part);
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
