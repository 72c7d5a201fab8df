// Training, evaluation, prediction, and the checkpoints between them.

export {
  type Checkpoint,
  compareWeights,
  describeCheckpoint,
  describeDifferences,
  type LoadOptions,
  loadCheckpoint,
  saveCheckpoint,
  type WeightDifferences,
  type WeightSet,
  weightSets,
} from './checkpoint.ts';
export { withChecksums } from './checksums.ts';
export { earlyStopping } from './early-stopping.ts';
export {
  type BinaryFigures,
  type EvaluateOptions,
  type Evaluation,
  type EvaluationFigures,
  evaluate,
  hasClassNames,
  openSession,
  probabilitiesOf,
  type SamplePrediction,
} from './evaluate.ts';
export { lossOnHost, type ScoredBatch, scoreAll } from './evaluation.ts';
export type * from './events.ts';
export { type Inheritance, inherit } from './fine-tuning.ts';
export { checkFinite, describeNonFinite } from './finite.ts';
export type { BestSoFar, Recipe, TrainingRecord } from './metadata.ts';
export type { RateFunction, ResumeOptions, RunOptions, Trained, TrainOptions } from './options.ts';
export { defaultLoss, preprocessingFor } from './plan.ts';
export {
  type ClassPrediction,
  type ImagePrediction,
  type ImageSource,
  type PredictOptions,
  predict,
  predictWith,
} from './predict.ts';
export { type RatePoint, type RateTest, type RateTestOptions, testRates } from './rate-test.ts';
export { openRunEngine } from './run-engine.ts';
export { checkpointPath, readConfig, readEvents } from './run-files.ts';
export { type Scores, Session, type SessionOptions, type StepInputs } from './session.ts';
export { resumeTraining, train } from './train.ts';
