// The events of a training run, which listeners receive: progress, metrics, checkpoints and its end. Plain JSON.
import type { Compilation, Metrics } from '../evaluation/index.ts';

/** Position in the run. `step` counts the steps done since the start of the run; epochs count from 1. */
interface Place {
  readonly epoch: number;
  readonly step: number;
}

/** Speed of the steps since the last event of this type, without compilation, evaluation and saving. */
export interface Speed {
  readonly imagesPerSecond: number;
  /** Fraction of the time spent waiting for data. */
  readonly dataShare: number;
}

/** The run starts, or is resumed after `step` steps. */
export interface StartedEvent {
  readonly type: 'started';
  readonly run?: string;
  readonly model: string;
  readonly data: string;
  readonly engine: string;
  /** Images in each split. */
  readonly images: { readonly train: number; readonly valid: number; readonly test: number };
  readonly epochs: number;
  readonly stepsPerEpoch: number;
  /** Steps of the whole run. */
  readonly steps: number;
  /** Steps done before; 0 in a new run. */
  readonly step: number;
  /** Evaluations since the best one so far. */
  readonly sinceBest: number;
}

/** The engine has compiled a program. */
export interface CompiledEvent extends Compilation {
  readonly type: 'compiled';
}

/** The run continues with another engine, because the previous one failed to compile or it was resumed on another. */
export interface EngineChangedEvent extends Place {
  readonly type: 'engine changed';
  readonly from: string;
  readonly to: string;
  readonly reason: string;
}

/** After every step and every batch of an evaluation, for progress bars. Not written to `events.jsonl`. */
export interface ProgressEvent extends Place {
  readonly type: 'progress';
  readonly phase: 'train' | 'valid' | 'test';
  /** Steps or images done, of `total`. */
  readonly done: number;
  readonly total: number;
}

/** Every `logEvery` steps: mean loss and accuracy of the training batches since the last one. */
export interface LoggedEvent extends Place, Speed {
  readonly type: 'logged';
  readonly loss: number;
  readonly accuracy: number;
  readonly learningRate: number;
}

/** Metrics on the validation set, or of the best checkpoint on the test set at the end. */
export interface EvaluatedEvent extends Place, Metrics {
  readonly type: 'evaluated';
  readonly split: 'valid' | 'test';
  /** Whether it is the best evaluation so far. */
  readonly best: boolean;
  /** Evaluations since the best one: 0 if this is it. */
  readonly sinceBest: number;
  readonly milliseconds: number;
}

export interface SavedEvent extends Place {
  readonly type: 'saved';
  readonly checkpoint: 'best' | 'last';
  readonly path: string;
}

export interface EpochEndedEvent extends Place, Speed {
  readonly type: 'epoch ended';
}

/** Training stops before its last step: by a signal (to be resumed), or by a listener (early stopping). */
export interface StoppedEvent extends Place {
  readonly type: 'stopped';
  readonly by: 'signal' | 'listener';
  readonly reason: string;
}

/** The loss is NaN or infinite for the first time, and the run continues. */
export interface DivergedEvent extends Place {
  readonly type: 'diverged';
  readonly message: string;
}

/** Something the user should know; the run continues. */
export interface WarnedEvent extends Place {
  readonly type: 'warned';
  readonly message: string;
}

export interface FailedEvent {
  readonly type: 'failed';
  readonly message: string;
  /** Step from which the run can be resumed; none if nothing was saved, or it would fail again. */
  readonly kept?: number;
}

export interface EndedEvent {
  readonly type: 'ended';
  readonly result: TrainResult;
}

export type TrainEventBody =
  | StartedEvent
  | CompiledEvent
  | EngineChangedEvent
  | ProgressEvent
  | LoggedEvent
  | EvaluatedEvent
  | SavedEvent
  | EpochEndedEvent
  | StoppedEvent
  | DivergedEvent
  | WarnedEvent
  | FailedEvent
  | EndedEvent;

/** An event with its time: `time` in ISO 8601, `seconds` since this process started or resumed the run. */
export type TrainEvent = TrainEventBody & { readonly time: string; readonly seconds: number };

/** Passed to listeners, to act on the run. */
export interface TrainControl {
  /** Ends training after the current step as if it were the last: the run is saved, and its best checkpoint tested. */
  stop(reason: string): void;
}

/** Called with every event in order. The run waits for it, and fails with its error if it throws. */
export type Listener = (event: TrainEvent, control: TrainControl) => unknown;

/** Result of a run; the JSON of `fovea train`. */
export interface TrainResult {
  /** The run directory, if there is one. */
  readonly run?: string;
  /** Epochs, including one that was not finished. */
  readonly epochs: number;
  readonly steps: number;
  /** Step of the best checkpoint. */
  readonly bestStep: number;
  /** Validation metrics of the best checkpoint; none without validation images, or if stopped before the first evaluation. */
  readonly valid?: { readonly loss: number; readonly accuracy: number };
  /** Test metrics of the best checkpoint; none without test images, or if interrupted. */
  readonly test?: Metrics;
  /** Wall time of this process. */
  readonly secondsTotal: number;
  /** Of the training steps, including waiting for data. */
  readonly imagesPerSecond: number;
  /** Whether a signal stopped the run before its end; it can be resumed. */
  readonly interrupted: boolean;
}
