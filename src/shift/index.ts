// Dataset shift: how much a target domain differs from the training data.
export type { ClassComparison, ClassShift } from './classes.ts';
export { descriptorExtractor, type FeatureExtractor, networkExtractor } from './extractor.ts';
export { type Distance, frechetDistance } from './frechet.ts';
export { measureShift, type Shift, type ShiftMeasurement, type ShiftOptions } from './measure.ts';
export { outlierSheet } from './outlier-sheet.ts';
export type { StatisticDifference } from './statistics.ts';
export type { TwoSampleTest } from './two-sample.ts';
export type { Level, Verdict } from './verdict.ts';
