// Shows a training run: lines for events, a bar for progress.

import {
  formatClock,
  formatCount,
  formatEstimate,
  formatInteger,
  formatRate,
  visible,
} from '../base/text.ts';
import type { Metrics } from '../evaluation/index.ts';
import type { LoggedEvent, StartedEvent, TrainEvent, TrainResult } from '../train/index.ts';
import { faint, type Output } from './output.ts';
import { ProgressBar } from './progress.ts';

const blocks = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'] as const;
/** Losses in the sparkline. */
const SPARKS = 8;

/** Listens to a run and shows it. */
export class RunView {
  private readonly output: Output;
  private readonly bar: ProgressBar;
  private start: StartedEvent | undefined;
  private logged: LoggedEvent | undefined;
  /** Training losses of the last `logged` events. */
  private losses: number[] = [];

  constructor(output: Output, bar = new ProgressBar()) {
    this.output = output;
    this.bar = bar;
  }

  readonly listen = (event: TrainEvent): void => {
    if (event.type === 'progress') {
      const unit = event.phase === 'train' ? 'steps' : 'images';
      this.bar.update(event.phase, event.done, event.total, unit, this.notes);
      return;
    }
    const line = this.describe(event);
    if (line !== undefined) this.line(line);
  };

  /** Sparkline and value of the loss. */
  private get notes(): readonly string[] {
    const last = this.losses.at(-1)?.toFixed(4);
    return last === undefined ? [''] : [`  loss ${sparkline(this.losses)} ${last}`, `  loss ${last}`];
  }

  /** Writes a line without disturbing the bar. */
  line(text: string): void {
    this.bar.clear();
    this.output.log(text);
  }

  /** Removes the bar. */
  close(): void {
    this.bar.clear();
  }

  private describe(event: TrainEvent): string | undefined {
    if (event.type === 'started') {
      this.start = event;
      return describeStart(event);
    }
    if (event.type === 'logged') {
      this.logged = event;
      this.losses = [...this.losses, event.loss].slice(-SPARKS);
    }
    if (event.type === 'evaluated' && event.split === 'valid') {
      const speed = this.logged ? `, ${formatRate(this.logged.imagesPerSecond, 'images')}` : '';
      const training = this.logged ? `loss ${this.logged.loss.toFixed(4)}, ` : '';
      const place = `epoch ${event.epoch}/${this.start?.epochs ?? '?'} step ${event.step}`;
      const best = event.best ? ' (best)' : '';
      return `${place}: ${training}valid loss ${event.loss.toFixed(4)}, accuracy ${event.accuracy.toFixed(4)}${best}${faint(speed)}`;
    }
    if (event.type === 'failed' && event.kept !== undefined)
      return `saved up to step ${event.kept}; resume with: fovea train --resume ${this.start?.run}`;
    if (event.type === 'warned') return `warning: ${visible(event.message)}`;
    if (event.type === 'diverged') return `continuing: ${visible(event.message)}`;
    return event.type === 'stopped'
      ? `stopped after step ${event.step}: ${visible(event.reason)}`
      : undefined;
  }
}

/** Values as blocks of different heights. */
export function sparkline(values: readonly number[]): string {
  const [least, most] = [Math.min(...values), Math.max(...values)];
  const heightOf = (value: number) => (most > least ? (value - least) / (most - least) : 0);
  return values.map((value) => blocks[Math.round(heightOf(value) * (blocks.length - 1))]).join('');
}

function describeStart({
  model,
  data,
  images,
  epochs,
  stepsPerEpoch,
  engine,
  step,
  run,
}: StartedEvent): string {
  const counts = `${formatInteger(images.train)} train, ${formatInteger(images.valid)} valid, ${formatInteger(images.test)} test images`;
  const resumed = step > 0 ? `, resumed after step ${step}` : '';
  const place = run === undefined ? '' : `, in ${visible(run)}`;
  const caution =
    images.valid > 0
      ? ''
      : '\nthere are no validation images: the last weights are the result; --fold 1/10 splits a tenth off the training images';
  return `${visible(model)} on ${visible(data)} (${counts}): ${formatCount(epochs, 'epoch')} of ${formatCount(stepsPerEpoch, 'step')} on ${engine}${place}${resumed}${caution}`;
}

/** `accuracy 0.9715 (95% CI 0.9633–0.9780), loss 0.0921, 2,000 images` */
export function formatMetrics({ accuracy, interval, loss, count }: Metrics): string {
  return `accuracy ${formatEstimate(accuracy, interval)}, loss ${loss.toFixed(4)}, ${formatInteger(count)} images`;
}

/** Result of a run, line by line. */
export function formatResult(result: TrainResult): string {
  const { bestStep, valid, test, imagesPerSecond, secondsTotal } = result;
  return [
    ...(valid
      ? [
          `valid  accuracy ${valid.accuracy.toFixed(4)}, loss ${valid.loss.toFixed(4)} at step ${bestStep} (best)`,
        ]
      : []),
    ...(test ? [`test   ${formatMetrics(test)}`] : []),
    `speed  ${formatRate(imagesPerSecond, 'images')}, ${formatClock(secondsTotal)} in total`,
  ].join('\n');
}
