// Controls a process that prepares one step and runs it in turns; serve.js and pytorch.py are the other end.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';

export class Contender {
  /** Median step of each turn in milliseconds. */
  times = [];
  /** Peak memory of the process in bytes. */
  peakRssBytes = 0;

  constructor(name, command, parameters, environment = {}) {
    const env = { ...process.env, ...environment };
    this.name = name;
    this.child = spawn(command, parameters, { env, stdio: ['pipe', 'pipe', 'inherit'] });
    this.answers = createInterface({ input: this.child.stdout })[Symbol.asyncIterator]();
    /** What the process reports when its step is ready. */
    this.ready = this.answer();
  }

  /** Runs the step for some seconds. */
  async turn(seconds) {
    this.child.stdin.write(`${seconds}\n`);
    const { medianMs, peakRssBytes } = await this.answer();
    this.times.push(medianMs);
    this.peakRssBytes = peakRssBytes;
  }

  stop() {
    this.child.stdin.end();
  }

  async answer() {
    const { done, value } = await this.answers.next();
    if (!done) return JSON.parse(value);
    const [status] = this.child.exitCode === null ? await once(this.child, 'exit') : [this.child.exitCode];
    throw new Error(`${this.name} ended with status ${status}: ${this.child.spawnargs.join(' ')}`);
  }
}
