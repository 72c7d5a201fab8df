// What a training run tells its listeners: progress, figures, checkpoints and how it ended. Plain JSON throughout.

/** Loss and accuracy over `count` images, with the 95 % interval of the accuracy. */
export interface Figures {
  readonly count: number;
  readonly loss: number;
  readonly accuracy: number;
  readonly interval: readonly [low: number, high: number];
}

/** Where a run is. `step` counts steps that are done, from the start of the run; epochs count from 1. */
interface Place {
  readonly epoch: number;
  readonly step: number;
}

/** How fast the steps since the last event of this kind went; compiling, evaluating and saving are left out. */
export interface Speed {
  readonly imagesPerSecond: number;
  /** Share of the time spent waiting for data, 0 to 1. */
  readonly dataShare: number;
}

/** The run begins, or goes on after `step` steps. */
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
  /** Steps done before: 0 unless the run is resumed. */
  readonly step: number;
  /** Evaluations since the best one, of those done before. */
  readonly sinceBest: number;
}

/** The engine has compiled a program. */
export interface CompiledEvent {
  readonly type: 'compiled';
  readonly program: string;
  readonly batchSize: number;
  readonly milliseconds: number;
}

/** The run continues with another engine, because the previous one failed to compile or it was resumed on another. */
export interface EngineChangedEvent extends Place {
  readonly type: 'engine changed';
  readonly from: string;
  readonly to: string;
  readonly reason: string;
}

/** After every step, and every batch of an evaluation: for progress bars. Not written to `events.jsonl`. */
export interface ProgressEvent extends Place {
  readonly type: 'progress';
  readonly phase: 'train' | 'valid' | 'test';
  /** Steps or images done, of `total`. */
  readonly done: number;
  readonly total: number;
}

/** Every `logEvery` steps: mean loss and accuracy of the training batches since the last one, as they were trained. */
export interface LoggedEvent extends Place, Speed {
  readonly type: 'logged';
  readonly loss: number;
  readonly accuracy: number;
  readonly learningRate: number;
}

/** The validation images at a step of the run, or the test images with the best checkpoint at its end. */
export interface EvaluatedEvent extends Place, Figures {
  readonly type: 'evaluated';
  readonly split: 'valid' | 'test';
  /** Whether it is the best validation so far. */
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

/** Training stops before its last step: asked by a signal (to be resumed), or by a listener (finished early). */
export interface StoppedEvent extends Place {
  readonly type: 'stopped';
  readonly by: 'signal' | 'listener';
  readonly reason: string;
}

/** The loss is no number for the first time, and the run goes on all the same. */
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
  /** Step from which the run can be resumed; none if nothing was saved, or it would come to the same. */
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

/** An event with the clock: `time` in ISO 8601, `seconds` since this process began or resumed the run. */
export type TrainEvent = TrainEventBody & { readonly time: string; readonly seconds: number };

/** What a listener can do besides listening. */
export interface TrainControl {
  /** Ends training after the current step as if it had reached its last one: saved, and tested with the best checkpoint. */
  stop(reason: string): void;
}

/** Hears every event in order; the run waits for it, and ends with its error if it throws. */
export type Listener = (event: TrainEvent, control: TrainControl) => unknown;

/** What a run comes to; the JSON of `fovea train`. */
export interface TrainResult {
  /** The run directory, if there is one. */
  readonly run?: string;
  /** Epochs that were begun. */
  readonly epochs: number;
  readonly steps: number;
  /** Step of the best checkpoint. */
  readonly bestStep: number;
  /** Validation of the best checkpoint; none without validation images, or if stopped before the first one. */
  readonly valid?: { readonly loss: number; readonly accuracy: number };
  /** Test of the best checkpoint; none without test images, or if interrupted. */
  readonly test?: Figures;
  /** Wall time of this process, everything included. */
  readonly secondsTotal: number;
  /** Of training steps alone, waiting for data included. */
  readonly imagesPerSecond: number;
  /** Whether a signal stopped the run before its end; resume it to go on. */
  readonly interrupted: boolean;
}
