// The public interface of Fovea.

export { gradients } from './autodiff/gradients.ts';
export {
  DataError,
  EngineError,
  FoveaError,
  ShapeError,
  TrainingError,
  UsageError,
} from './base/errors.ts';
export { type Checkpoint, loadCheckpoint, saveCheckpoint } from './checkpoints/index.ts';
export {
  type Augmentation,
  type ChannelCounts,
  channelsFor,
  countChannels,
  type Dataset,
  type DatasetOptions,
  defaultPreprocessing,
  digits,
  type Fold,
  kFold,
  Loader,
  openDataset,
  type Preprocessing,
  parseAugmentation,
  parseSubset,
  pick,
  type Sample,
  type SplitDataset,
  type Survey,
  selectSplit,
  stratifiedSplit,
  survey,
  type Transform,
  type TransformList,
  takeSubset,
  type Unreadable,
  withoutUnreadable,
} from './data/index.ts';
export { type Summary, summarize } from './diagnose/summary.ts';
export { type Verification, verifyEngines } from './diagnose/verify.ts';
export {
  type Engine,
  type EngineName,
  type EngineOptions,
  type Executable,
  openEngine,
  type State,
} from './engines/index.ts';
export {
  type BinaryMetrics,
  type EvaluateOptions,
  type Evaluation,
  type EvaluationMetrics,
  evaluate,
  type ImagePrediction,
  type PredictOptions,
  predict,
} from './evaluation/index.ts';
export { findEdges } from './explain/edges.ts';
export { type Look, type LookOptions, look } from './explain/look.ts';
export { type UnitFigures, unitsOfData, unitsOfPicture } from './explain/units.ts';
export { openTensors, readTensors, type TensorFile } from './formats/index.ts';
export { Graph, type Value, type Variable } from './graph/graph.ts';
export type { Operator } from './graph/operator.ts';
export { formatNodes } from './graph/print.ts';
export { decodeImage } from './image/decode.ts';
export { writePng } from './image/encode.ts';
export type { Image } from './image/image.ts';
export * from './metrics/index.ts';
export { createModel, type ModelName, type ModelOptions, modelNames } from './models/zoo.ts';
export * from './nn/index.ts';
export * from './ops/functions.ts';
export { compute } from './ops/run.ts';
export {
  adam,
  adamw,
  momentum,
  nesterov,
  type Optimizer,
  sgd,
} from './optim/optimizers.ts';
export { parseSchedule, type Schedule, type Span } from './optim/schedule-settings.ts';
export type { UpdateSettings } from './optim/update-settings.ts';
export { type Program, toProgram } from './program/program.ts';
export { forwardProgram, gradientProgram, trainProgram } from './program/programs.ts';
export { type Sources as ReportSources, tensorBoard, writeReport } from './report/index.ts';
export {
  frechetDistance,
  measureShift,
  networkExtractor,
  type Shift,
  type ShiftOptions,
} from './shift/index.ts';
export { RandomStream } from './tensor/random.ts';
export type { Shape } from './tensor/shape.ts';
export {
  type FloatTensor,
  floatTensor,
  type IntTensor,
  intTensor,
  scalar,
  type Tensor,
  zeros,
} from './tensor/tensor.ts';
export {
  earlyStopping,
  inherit,
  type Listener,
  preprocessingFor,
  type RateTest,
  type ResumeOptions,
  resumeTraining,
  type TrainControl,
  type TrainEvent,
  type Trained,
  type TrainOptions,
  type TrainResult,
  testRates,
  train,
} from './train/index.ts';
export {
  exportCheckpoint,
  type ImportReport,
  importedPreprocessing,
  importWeights,
} from './transfer/index.ts';
