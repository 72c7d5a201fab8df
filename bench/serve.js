// The process that contender.js controls: runs a step for the number of seconds in each line of standard input.
import { createInterface } from 'node:readline';
import { parseArgs } from 'node:util';

const WARM_UP = 3;

/** Parses the command line: MODE MODEL --input N,C,H,W --classes K --threads T [--engine E]. */
export function requestOf() {
  const { positionals, values } = parseArgs({
    allowPositionals: true,
    options: {
      input: { type: 'string' },
      classes: { type: 'string', default: '10' },
      threads: { type: 'string', default: '2' },
      engine: { type: 'string', default: 'native' },
    },
  });
  const [mode, model] = positionals;
  const { input, classes, threads, engine } = values;
  return {
    mode,
    model,
    input: input.split(',').map(Number),
    classes: Number(classes),
    threads: Number(threads),
    engine,
  };
}

/** Prints `facts` when `step` has run a few times, and then the median step of each turn. */
export async function serve(step, facts = {}) {
  for (let i = 0; i < WARM_UP; i++) await step();
  answer(facts);
  for await (const seconds of createInterface({ input: process.stdin })) {
    const medianMs = await medianOf(step, 1000 * Number(seconds));
    answer({ medianMs, peakRssBytes: process.resourceUsage().maxRSS * 1024 });
  }
}

/** Runs the step until `milliseconds` are over, but at least once. */
async function medianOf(step, milliseconds) {
  const times = [];
  const begin = performance.now();
  let start = begin;
  while (start - begin < milliseconds) {
    await step();
    const end = performance.now();
    times.push(end - start);
    start = end;
  }
  return times.toSorted((a, b) => a - b)[Math.floor(times.length / 2)];
}

function answer(facts) {
  process.stdout.write(`${JSON.stringify(facts)}\n`);
}
