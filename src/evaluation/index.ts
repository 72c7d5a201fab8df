// Evaluation of checkpoints on data sets, and prediction of images.

export {
  type BinaryMetrics,
  type EvaluateOptions,
  type Evaluation,
  type EvaluationMetrics,
  evaluate,
  evaluateOptions,
  hasClassNames,
  type SamplePrediction,
} from './evaluate.ts';
export { checkFinite } from './finite-outputs.ts';
export { lossOnHost, type Metrics, type PredictedBatch, predictAll } from './pass.ts';
export {
  type ClassPrediction,
  type ImagePrediction,
  type ImageSource,
  type PredictOptions,
  predict,
  predictOptions,
  predictWith,
} from './predict.ts';
export { type Compilation, type Outputs, openPredictor, Predictor, probabilitiesOf } from './predictor.ts';
