// Tells the listeners of a run what happens, and hears whether it is to stop.
import type { Listener, StoppedEvent, TrainEventBody } from './events.ts';
import type { RunOptions } from './options.ts';

/** Why a run ends before its last step. */
export type Stop = Pick<StoppedEvent, 'by' | 'reason'>;

export class Announcer {
  private readonly listeners: readonly Listener[];
  private readonly signal: AbortSignal | undefined;
  private readonly start = performance.now();
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

  /** What asked to stop; a signal goes before a listener. */
  get stop(): Stop | undefined {
    return this.signal?.aborted ? { by: 'signal', reason: reasonOf(this.signal) } : this.asked;
  }

  /** Tells every listener in turn, and waits for each. */
  async announce(body: TrainEventBody): Promise<void> {
    const event = { time: new Date().toISOString(), seconds: this.seconds, ...body };
    const control = { stop: (reason: string) => this.askToStop(reason) };
    for (const listener of this.listeners) await listener(event, control);
  }

  /** Tells that the run failed; a listener that fails now is not heard of, since the first error is the one to report. */
  async announceFailure(error: unknown): Promise<void> {
    const message = error instanceof Error ? error.message : String(error);
    await this.announce({ type: 'failed', message }).catch(() => {});
  }

  private askToStop(reason: string): void {
    this.asked ??= { by: 'listener', reason };
  }
}

function reasonOf({ reason }: AbortSignal): string {
  if (typeof reason === 'string') return reason;
  return reason instanceof Error && reason.name !== 'AbortError' ? reason.message : 'interrupted';
}
