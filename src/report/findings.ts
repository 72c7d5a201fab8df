// What a report shows beyond the files of a run: evaluation of its checkpoint, sample images, and an inspection of the network.
import { existsSync } from 'node:fs';
import { DataError, FoveaError } from '../base/errors.ts';
import { type Checkpoint, loadCheckpoint } from '../checkpoints/index.ts';
import type { SplitDataset } from '../data/dataset.ts';
import type { Engine } from '../engines/index.ts';
import { type EvaluateOptions, type EvaluationMetrics, evaluate } from '../evaluation/index.ts';
import { checkpointPath } from '../train/index.ts';
import {
  augmentedRows,
  findMisclassified,
  type ImageRow,
  type MisclassifiedImage,
  sampleRows,
} from './images.ts';
import { inspectSample, type ReportInspection } from './inspection.ts';
import type { RunRecord } from './run-record.ts';

export interface Evaluated {
  /** The test split if the run was tested, otherwise the validation split. */
  readonly split: 'test' | 'valid';
  readonly metrics: EvaluationMetrics;
  readonly misclassified: readonly MisclassifiedImage[];
}

interface EvaluatedCheckpoint extends Evaluated {
  readonly checkpoint: Checkpoint;
}

export interface Findings {
  readonly evaluated?: Evaluated;
  readonly samples: readonly ImageRow[];
  readonly augmented: readonly ImageRow[];
  /** If requested. */
  readonly inspection?: ReportInspection;
  /** What is missing and why, as sentences. */
  readonly notes: readonly string[];
}

/** Options of `writeReport`. */
export interface ReportOptions {
  /** The data set of the run. Without it the report has no evaluation and no images. */
  readonly data?: SplitDataset | undefined;
  /** Why there is no data set, as a sentence for the report. */
  readonly missing?: string | undefined;
  /** Defaults to the best checkpoint of the run. Required if its model is not built in. */
  readonly checkpoint?: Checkpoint | undefined;
  /** Defaults to the fastest engine available. */
  readonly engine?: Engine | undefined;
  /** Whether to inspect the network, which takes longer than the rest. Defaults to false. */
  readonly inspect?: boolean | undefined;
  /** Called with the error if the checkpoint cannot be loaded or evaluated. The report contains it, too. */
  readonly onFault?: ((fault: FoveaError) => void) | undefined;
  /** Called with the number of evaluated images and their total. */
  readonly onProgress?: EvaluateOptions['onProgress'] | undefined;
}

/** Collects as much as possible; the notes say what is missing. */
export async function collectFindings(record: RunRecord, options: ReportOptions): Promise<Findings> {
  const { data, missing = 'No data set was given.' } = options;
  if (!data) {
    const note = `${missing} The report has no evaluation and no images.`;
    return { samples: [], augmented: [], notes: [note] };
  }
  const notes: string[] = [];
  const evaluated = await orNote(notes, 'The checkpoint could not be evaluated', () =>
    evaluateRun(record, data, options),
  );
  const { train } = data.splits;
  const samples = await orNote(notes, 'Sample images could not be read', () => sampleRows(train));
  const transforms = evaluated?.checkpoint.training?.recipe.augmentation?.transforms;
  const augmented = transforms && (await augmentedRows(train, transforms));
  const inspection =
    evaluated &&
    options.inspect &&
    (await orNote(notes, 'The network could not be inspected', () =>
      inspectNetwork(evaluated, data, options),
    ));
  return {
    ...(evaluated && { evaluated }),
    samples: samples ?? [],
    augmented: augmented ?? [],
    ...(inspection && { inspection }),
    notes,
  };
}

/** On the misclassified image with the highest confidence, or else on the first image. */
function inspectNetwork(
  { split, misclassified, checkpoint }: EvaluatedCheckpoint,
  data: SplitDataset,
  { engine }: ReportOptions,
): Promise<ReportInspection> {
  return inspectSample(checkpoint, data.splits[split], misclassified[0]?.index ?? 0, engine);
}

/** The result of `work`. If it fails with a FoveaError, adds a note and returns undefined. */
async function orNote<T>(notes: string[], what: string, work: () => Promise<T>): Promise<T | undefined> {
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
  { checkpoint, engine, onFault, onProgress }: ReportOptions,
): Promise<EvaluatedCheckpoint> {
  const split = history.test ? 'test' : 'valid';
  const dataset = data.splits[split];
  if (dataset.length === 0) throw new DataError(`${data.name} has no ${split} images.`);
  try {
    const own = checkpoint ?? (await loadCheckpoint(savedCheckpoint(run)));
    const { metrics, predictions } = await evaluate(own, dataset, {
      ...(engine && { engine }),
      ...(onProgress && { onProgress }),
    });
    return { split, metrics, misclassified: await findMisclassified(dataset, predictions), checkpoint: own };
  } catch (error) {
    if (error instanceof FoveaError) onFault?.(error);
    throw error;
  }
}

/** The best checkpoint of a run, or else the last. @throws DataError if there is none */
function savedCheckpoint(run: string): string {
  const path = [checkpointPath(run, 'best'), checkpointPath(run, 'last')].find(existsSync);
  if (path) return path;
  throw new DataError(`no checkpoint in ${run}: the run has not saved one.`);
}
