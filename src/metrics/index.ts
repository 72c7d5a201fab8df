// Metrics of predictions, and statistics of repeated measurements.

export {
  accuracy,
  classCount,
  countCorrect,
  labelRank,
  NO_CLASS,
  predictedClasses,
  topKAccuracy,
} from './accuracy.ts';
export { type Calibration, CalibrationCounter, type ReliabilityBin } from './calibration.ts';
export {
  type ClassMetrics,
  ConfusionMatrix,
  type MacroAverages,
  type MacroMetric,
  macroAverages,
} from './confusion.ts';
export { wilsonInterval } from './interval.ts';
export { Mean } from './mean.ts';
export { type RocPoint, rocAuc, rocAucInterval, rocCurve } from './roc.ts';
export {
  type SampleStatistics,
  sampleStatistics,
  signTest,
  studentQuantile,
  studentTest,
} from './samples.ts';
