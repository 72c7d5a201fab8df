// Figures of predictions.

export { type ClassFigures, ConfusionMatrix } from './confusion.ts';
export { wilsonInterval } from './interval.ts';
export { Mean } from './mean.ts';
export { rocAuc } from './roc.ts';
export { accuracy, classCount, countCorrect, predictedClasses, rankOf, topKAccuracy } from './scores.ts';
