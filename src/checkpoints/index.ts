// Checkpoints: trained models in files, with all that is needed to use them or to resume training.

export {
  type Checkpoint,
  describeCheckpoint,
  type LoadOptions,
  loadCheckpoint,
  saveCheckpoint,
  type WeightSet,
  weightSets,
} from './checkpoint.ts';
export { withChecksums } from './checksums.ts';
export { describeNonFinite } from './finite.ts';
export type { BestValidation, TrainingRecord } from './metadata.ts';
export { compareWeights, describeDifferences, type WeightDifferences } from './weight-differences.ts';
