// Metrics and predicted classes as text.
import { formatDecimals, formatEstimate, formatInteger, formatPercent, visible } from '../base/text.ts';
import type { ClassPrediction, Metrics } from '../evaluation/index.ts';

/** `accuracy 0.9715 (95% CI 0.9633–0.9780), loss 0.0921, 2,000 images` */
export function formatMetrics({ accuracy, interval, loss, count }: Metrics): string {
  return `accuracy ${formatEstimate(accuracy, interval)}, loss ${formatDecimals(loss)}, ${formatInteger(count)} images`;
}

/** `   97.2%  cat`, one line per class. */
export function formatProbabilities(predictions: readonly ClassPrediction[]): string[] {
  return predictions.map(
    ({ label, probability }) => `  ${formatPercent(probability).padStart(6)}  ${visible(label)}`,
  );
}
