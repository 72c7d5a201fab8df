/**
 * The public API of Fovea, by subject.
 * @module fovea
 */

// Images and data sets

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
export { decodeImage } from './image/decode.ts';
export { writePng } from './image/encode.ts';
export type { Image } from './image/image.ts';

// Models, layers and losses

export { createModel, type ModelName, type ModelOptions, modelNames } from './models/index.ts';
export * from './nn/index.ts';

// Training and checkpoints

export { type Checkpoint, loadCheckpoint, saveCheckpoint } from './checkpoints/index.ts';
export type { Schedule, Span } from './optim/schedule-settings.ts';
export { parseSchedule } from './optim/schedule-settings.ts';
export type { UpdateSettings } from './optim/update-settings.ts';
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

// Evaluation and metrics

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
export * from './metrics/index.ts';
export { type ReportOptions, tensorBoard, writeReport } from './report/index.ts';

// Explanation, diagnosis and dataset shift

export { type Summary, summarize } from './diagnose/summary.ts';
export { type Verification, type VerifyOptions, verifyEngines } from './diagnose/verify.ts';
export { findEdges } from './explain/edges.ts';
export { type Inspection, type InspectionResults, type InspectOptions, inspect } from './explain/inspect.ts';
export {
  imageUnitStatistics,
  type UnitStatistics,
  type UnitStatisticsOptions,
  unitStatistics,
} from './explain/unit-statistics.ts';
export {
  type FeatureExtractor,
  frechetDistance,
  measureShift,
  networkExtractor,
  type Shift,
  type ShiftMeasurement,
  type ShiftOptions,
} from './shift/index.ts';

// Import and export of weights

export { openTensors, readTensors, type TensorFile } from './formats/index.ts';
export {
  type Exported,
  type ExportOptions,
  exportCheckpoint,
  type Imported,
  type ImportOptions,
  type ImportReport,
  importedPreprocessing,
  importWeights,
} from './transfer/index.ts';

// Optimizers

export * from './optim/built-in.ts';
export {
  defineOptimizer,
  formulaUpdate,
  type Optimizer,
  type OptimizerDeclaration,
} from './optim/optimizer.ts';

// Graphs, operators and gradients

export { gradients } from './autodiff/gradients.ts';
export * as expressions from './expressions/builders.ts';
export type { Expression } from './expressions/expression.ts';
export type { Operator } from './graph/graph.ts';
export { Graph, type Value } from './graph/graph.ts';
export { formatNodes } from './graph/print.ts';
export type { Variable } from './graph/types.ts';
export {
  type ElementwiseDeclaration,
  type ElementwiseOperator,
  elementwise,
} from './ops/elementwise.ts';
export * from './ops/functions.ts';
export { compute } from './ops/run.ts';

// Programs and engines

export {
  type Engine,
  type EngineName,
  type EngineOptions,
  type Executable,
  openEngine,
  type State,
} from './engines/index.ts';
export { type Program, toProgram } from './program/program.ts';
export { forwardProgram, gradientProgram, trainProgram } from './program/programs.ts';

// Tensors, random numbers and errors

export {
  DataError,
  EngineError,
  FoveaError,
  ShapeError,
  TrainingError,
  UsageError,
} from './base/errors.ts';
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
