// What the checkpoint of a run does on the data set, and what its images look like.
import { existsSync } from 'node:fs';
import { DataError, FoveaError } from '../base/errors.ts';
import { type Checkpoint, loadCheckpoint } from '../checkpoints/index.ts';
import type { SplitDataset } from '../data/dataset.ts';
import type { Engine } from '../engines/index.ts';
import { type EvaluateOptions, type EvaluationMetrics, evaluate } from '../evaluation/index.ts';
import { checkpointPath } from '../train/index.ts';
import { type Inside, insideOf } from './inside.ts';
import { augmentedOf, type Mistake, mistakesOf, type PictureRow, samplesOf } from './pictures.ts';
import type { RunRecord } from './record.ts';

export interface Evaluated {
  /** Test for a run that came to its test, else validation. */
  readonly split: 'test' | 'valid';
  readonly figures: EvaluationMetrics;
  readonly mistakes: readonly Mistake[];
}

interface EvaluatedCheckpoint extends Evaluated {
  readonly checkpoint: Checkpoint;
}

export interface Findings {
  readonly evaluated?: Evaluated;
  readonly samples: readonly PictureRow[];
  readonly augmented: readonly PictureRow[];
  /** Where it was asked for. */
  readonly inside?: Inside;
  /** What is left out, and why: a sentence each. */
  readonly notes: readonly string[];
}

export interface Sources {
  /** The data set of the run; without it the report has no pictures and no figures of classes. */
  readonly data?: SplitDataset | undefined;
  /** Why there is no data set, in a sentence. */
  readonly missing?: string | undefined;
  /** That of the run, unless given: needed where its model is not one of the zoo's. */
  readonly checkpoint?: Checkpoint | undefined;
  /** The best one that runs here, unless given. */
  readonly engine?: Engine | undefined;
  /** Whether to look inside the network, too, which takes longer than the rest. */
  readonly inside?: boolean | undefined;
  /** Called with the reason if a checkpoint cannot be read or evaluated; the report has it, too. */
  readonly onFault?: ((fault: FoveaError) => void) | undefined;
  /** Hears how many images are evaluated. */
  readonly onProgress?: EvaluateOptions['onProgress'] | undefined;
}

/** Evaluates and looks at images as far as that is possible. */
export async function findingsOf(record: RunRecord, sources: Sources): Promise<Findings> {
  const { data, missing = 'The data set was not given.' } = sources;
  if (!data) {
    const note = `${missing} Figures of classes and pictures are left out.`;
    return { samples: [], augmented: [], notes: [note] };
  }
  const notes: string[] = [];
  const evaluated = await noting(notes, 'The checkpoint could not be evaluated', () =>
    evaluateRun(record, data, sources),
  );
  const { train } = data.splits;
  const samples = await noting(notes, 'No samples are shown', () => samplesOf(train));
  const transforms = evaluated?.checkpoint.training?.recipe.augmentation?.transforms;
  const augmented = transforms && (await augmentedOf(train, transforms));
  const inside =
    evaluated &&
    sources.inside &&
    (await noting(notes, 'The network could not be looked into', () => lookInside(evaluated, data, sources)));
  return {
    ...(evaluated && { evaluated }),
    samples: samples ?? [],
    augmented: augmented ?? [],
    ...(inside && { inside }),
    notes,
  };
}

/** At the most confident mistake; without one, at the first image. */
function lookInside(
  { split, mistakes, checkpoint }: EvaluatedCheckpoint,
  data: SplitDataset,
  { engine }: Sources,
): Promise<Inside> {
  return insideOf(checkpoint, data.splits[split], mistakes[0]?.index ?? 0, engine);
}

/** What `work` gives; if it fails with an error of Fovea's, a note of it and undefined. */
async function noting<T>(notes: string[], what: string, work: () => Promise<T>): Promise<T | undefined> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof FoveaError)) throw error;
    notes.push(`${what}: ${error.message}`);
    return undefined;
  }
}

async function evaluateRun(
  { run, history }: RunRecord,
  data: SplitDataset,
  { checkpoint, engine, onFault, onProgress }: Sources,
): Promise<EvaluatedCheckpoint> {
  const split = history.test ? 'test' : 'valid';
  const dataset = data.splits[split];
  if (dataset.length === 0) throw new DataError(`${data.name} has no ${split} images.`);
  const path = checkpoint ? undefined : checkpointOf(run);
  try {
    const own = checkpoint ?? (await loadCheckpoint(path!));
    const { metrics: figures, predictions } = await evaluate(own, dataset, {
      ...(engine && { engine }),
      ...(onProgress && { onProgress }),
    });
    return { split, figures, mistakes: await mistakesOf(dataset, predictions), checkpoint: own };
  } catch (error) {
    if (error instanceof FoveaError) onFault?.(error);
    throw error;
  }
}

/** @throws DataError if the run has saved none */
function checkpointOf(run: string): string {
  const path = [checkpointPath(run, 'best'), checkpointPath(run, 'last')].find(existsSync);
  if (path) return path;
  throw new DataError(`the run in ${run} has saved no checkpoint.`);
}
