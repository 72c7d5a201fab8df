// Ctrl-C: the first asks a long command to end in good order, the second ends it at once.
import { status } from './failure.ts';

const statusOf = { SIGINT: status.interrupted, SIGTERM: status.terminated } as const;

export class Interrupt {
  private readonly aborter = new AbortController();
  private readonly announce: (signal: string) => void;
  private received: keyof typeof statusOf | undefined;

  /** @param announce told about the first signal */
  constructor(announce: (signal: string) => void) {
    this.announce = announce;
    for (const name of ['SIGINT', 'SIGTERM'] as const) process.on(name, this.onSignal);
  }

  /** Aborted by the first signal. */
  get signal(): AbortSignal {
    return this.aborter.signal;
  }

  /** Exit status that the signal asks for, if one came. */
  get status(): number | undefined {
    return this.received && statusOf[this.received];
  }

  dispose(): void {
    for (const name of ['SIGINT', 'SIGTERM'] as const) process.off(name, this.onSignal);
  }

  private readonly onSignal = (name: NodeJS.Signals): void => {
    const known = name === 'SIGTERM' ? 'SIGTERM' : 'SIGINT';
    if (this.received) process.exit(statusOf[known]);
    this.received = known;
    this.announce(known);
    this.aborter.abort(known);
  };
}
