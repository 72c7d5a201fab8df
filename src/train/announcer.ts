// Passes events to the listeners of a run, and collects requests to stop.

import type { StopSignal } from '../system/stop-signal.ts';
import type { Listener, StoppedEvent, TrainControl, TrainEvent, TrainEventBody } from './events.ts';
import type { RunOptions } from './options.ts';

/** Why a run ends before its last step. */
export type Stop = Pick<StoppedEvent, 'by' | 'reason'>;

export class Announcer {
  private readonly listeners: readonly Listener[];
  private readonly signal: StopSignal | undefined;
  private readonly start = performance.now();
  private readonly control: TrainControl = { stop: (reason) => this.askToStop(reason) };
  private asked: Stop | undefined;

  constructor(
    { listeners = [], signal }: Pick<RunOptions, 'listeners' | 'signal'>,
    own: readonly Listener[] = [],
  ) {
    this.listeners = [...own, ...listeners];
    this.signal = signal;
  }

  /** Seconds since the run began in this process. */
  get seconds(): number {
    return (performance.now() - this.start) / 1000;
  }

  /** The request to stop; a signal takes precedence over a listener. */
  get stop(): Stop | undefined {
    return this.signal?.aborted ? { by: 'signal', reason: reasonOf(this.signal) } : this.asked;
  }

  /** Calls every listener in turn, and waits for each. */
  async announce(body: TrainEventBody): Promise<void> {
    const event = this.timed(body);
    for (const listener of this.listeners) await listener(event, this.control);
  }

  /**
   * Tells every listener that the run failed, even if one of them throws.
   * @param kept step from which the run can be resumed
   */
  async announceFailure(error: unknown, kept: number | undefined): Promise<void> {
    const message = error instanceof Error ? error.message : String(error);
    const event = this.timed({ type: 'failed', message, ...(kept !== undefined && { kept }) });
    for (const listener of this.listeners) {
      try {
        await listener(event, this.control);
      } catch {
        // The first error is the one to report.
      }
    }
  }

  private timed(body: TrainEventBody): TrainEvent {
    return { time: new Date().toISOString(), seconds: this.seconds, ...body };
  }

  private askToStop(reason: string): void {
    this.asked ??= { by: 'listener', reason };
  }
}

function reasonOf({ reason }: StopSignal): string {
  if (typeof reason === 'string') return reason;
  return reason instanceof Error && reason.name !== 'AbortError' ? reason.message : 'interrupted';
}
