// Compares the data of a resumed run with the data it started with.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { TrainingRecord } from '../checkpoints/metadata.ts';
import type { SplitDataset } from '../data/dataset.ts';
import { readFingerprint } from './data-record.ts';
import { differences, type Fingerprint, fingerprintOf } from './fingerprint.ts';
import type { RunDirectory } from './run-directory.ts';
import { CONFIG, readConfig } from './run-files.ts';
import type { RunSetup } from './setup.ts';

/** The fingerprint of a data set, and its differences from the one a run started with. */
export interface DataComparison {
  readonly fingerprint: Fingerprint;
  readonly differences: readonly string[];
}

/** A run without a fingerprint of its data has no differences. */
export async function compareData(run: string, data: SplitDataset): Promise<DataComparison> {
  const config = existsSync(join(run, CONFIG)) ? await readConfig(run) : {};
  const before = await readFingerprint(run, config);
  const fingerprint = await fingerprintOf(data, before);
  return { fingerprint, differences: before ? differences(before, fingerprint) : [] };
}

/** @returns warnings about different data */
export async function recordChanges(
  store: RunDirectory,
  comparison: DataComparison,
  { recipe: { images } }: RunSetup,
  { step, recipe }: TrainingRecord,
): Promise<string[]> {
  const { fingerprint } = comparison;
  const counts =
    images.train === recipe.images.train
      ? []
      : [`${images.train} training images, were ${recipe.images.train}`];
  const differences = comparison.differences.length > 0 ? comparison.differences : counts;
  if (differences.length === 0) return [];
  try {
    await store.recordDataChange({ step, differences, images, fingerprint });
  } catch (error) {
    await store.close();
    throw error;
  }
  return [`the data have changed since the run started (allowed): ${differences.join('. ')}.`];
}
