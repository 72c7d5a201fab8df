// Figures of predictions.

export { type Calibration, CalibrationCounter, type ReliabilityBin } from './calibration.ts';
export {
  type ClassFigures,
  ConfusionMatrix,
  type MacroAverages,
  type MacroMetric,
  macroAverages,
} from './confusion.ts';
export { wilsonInterval } from './interval.ts';
export { Mean } from './mean.ts';
export { type RocPoint, rocAuc, rocAucInterval, rocCurve } from './roc.ts';
export { type Spread, signTest, spreadOf, studentQuantile, studentTest } from './samples.ts';
export {
  accuracy,
  classCount,
  countCorrect,
  NO_CLASS,
  predictedClasses,
  rankOf,
  topKAccuracy,
} from './accuracy.ts';
