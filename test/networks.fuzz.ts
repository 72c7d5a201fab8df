// Thousands of random networks: which of them an engine computes differently.
import type { Engine } from '../src/engines/engine.ts';
import { type EngineName, openEngine } from '../src/engines/index.ts';
import { FLOAT32, type JudgedNetwork, runNetworks, steadyNetworks, worstDifference } from './networks.run.ts';

const TOGETHER = 50;

/** Reports every difference, and gives their number. */
export async function compareNetworks(
  first: number,
  count: number,
  names: readonly EngineName[],
  log: (line: string) => void,
): Promise<number> {
  const engines = await Promise.all(names.map((name) => openEngine(name)));
  let [compared, found] = [0, 0];
  for (let seed = first; seed < first + count; seed += TOGETHER) {
    const networks = await steadyNetworks(seed, Math.min(TOGETHER, first + count - seed));
    for (const engine of engines) found += await report(engine, networks, log);
    compared += networks.length;
    log(`seeds ${first} to ${seed + TOGETHER - 1}: ${compared} networks compared, ${found} differences`);
  }
  return found;
}

async function report(
  engine: Engine,
  networks: readonly JudgedNetwork[],
  log: (line: string) => void,
): Promise<number> {
  try {
    const outcomes = await runNetworks(
      engine,
      networks.map(({ spec }) => spec),
    );
    const differing = networks.flatMap(({ spec, expected }) => {
      const { name, difference } = worstDifference(outcomes.get(spec.seed)!, expected);
      return difference <= FLOAT32
        ? []
        : [`${engine.name}: ${name} differs by ${difference}: ${JSON.stringify(spec)}`];
    });
    for (const line of differing) log(line);
    return differing.length;
  } catch (error) {
    if (networks.length === 1) {
      log(`${engine.name}: ${(error as Error).message}: ${JSON.stringify(networks[0]!.spec)}`);
      return 1;
    }
    const half = Math.ceil(networks.length / 2);
    return (
      (await report(engine, networks.slice(0, half), log)) + (await report(engine, networks.slice(half), log))
    );
  }
}
