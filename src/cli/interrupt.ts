// Requests to stop a long command: after the first it saves and ends; a second signal ends it at once.
import { status } from './status.ts';
import { type OutputLoss, whenOutputIsLost } from './terminal.ts';

const statusOf = {
  SIGHUP: status.hungUp,
  SIGINT: status.interrupted,
  SIGTERM: status.terminated,
} as const;

type StopSignal = keyof typeof statusOf;
const stopSignals = Object.keys(statusOf) as StopSignal[];

/** npx forwards a signal that the terminal has also sent to this process; users are slower than this. */
const ECHO_MILLISECONDS = 100;

export class Interrupt {
  private readonly aborter = new AbortController();
  private readonly announce: (reason: string) => void;
  private readonly stopListening: () => void;
  private received: { readonly status: number; readonly time: number } | undefined;

  /** @param announce called with the reason at the first request */
  constructor(announce: (reason: string) => void) {
    this.announce = announce;
    for (const name of stopSignals) process.on(name, this.onSignal);
    this.stopListening = whenOutputIsLost(this.onLoss);
  }

  /** Aborted by the first request. */
  get signal(): AbortSignal {
    return this.aborter.signal;
  }

  /** Exit status that the first request asks for, if one came. */
  get status(): number | undefined {
    return this.received?.status;
  }

  dispose(): void {
    for (const name of stopSignals) process.off(name, this.onSignal);
    this.stopListening();
  }

  private readonly onSignal = (name: NodeJS.Signals): void => {
    const own = statusOf[name as StopSignal];
    const { received } = this;
    if (!received) this.stop(name, own);
    else if (performance.now() - received.time > ECHO_MILLISECONDS) process.exit(own);
  };

  private readonly onLoss = (loss: OutputLoss): void => {
    if (!this.received) this.stop(loss.reason, loss.status);
  };

  private stop(reason: string, status: number): void {
    this.received = { status, time: performance.now() };
    this.announce(reason);
    this.aborter.abort(reason);
  }
}
