// Fuzzing: compares thousands of random networks on engines, as exported files and in PyTorch.
import { spawnSync } from 'node:child_process';
import { type EngineName, openEngine } from '../src/engines/index.ts';
import type { Tensor } from '../src/tensor/tensor.ts';
import {
  type Difference,
  differenceToNorms,
  FLOAT32,
  type JudgedNetwork,
  type Outcome,
  type ReferenceNorms,
  runExported,
  runNetworks,
  steadyNetworks,
  worstDifference,
} from './networks.run.ts';
import type { NetworkSpec } from './networks.ts';

const TOGETHER = 50;

/** Difference of each network from the formulas. */
type Contender = (networks: readonly JudgedNetwork[]) => Promise<Difference[]>;

/**
 * Reports every difference, and gives their number.
 * @param names engines, `exported`, or `torch`, for which /usr/bin/python3 must have PyTorch
 */
export async function compareNetworks(
  first: number,
  count: number,
  names: readonly string[],
  log: (line: string) => void,
): Promise<number> {
  const contenders = await Promise.all(names.map(async (name) => [name, await contenderOf(name)] as const));
  let [compared, found] = [0, 0];
  for (let seed = first; seed < first + count; seed += TOGETHER) {
    const networks = await steadyNetworks(seed, Math.min(TOGETHER, first + count - seed));
    for (const [name, contender] of contenders) {
      found += await report(contender, networks, (line) => log(`${name}: ${line}`));
    }
    compared += networks.length;
    log(`from seed ${first} on: ${compared} networks compared, ${found} differences`);
  }
  return found;
}

async function contenderOf(name: string): Promise<Contender> {
  if (name === 'torch') return async (networks) => differencesToTorch(networks);
  if (name === 'exported') return (networks) => Promise.all(networks.map(exportedDifference));
  const engine = await openEngine(name as EngineName);
  return async (networks) => {
    const outcomes = await runNetworks(
      engine,
      networks.map(({ spec }) => spec),
    );
    return networks.map(({ spec, expected }) => worstDifference(outcomes.get(spec.seed)!, expected));
  };
}

async function exportedDifference({ spec, expected }: JudgedNetwork): Promise<Difference> {
  const output = (tensor: Tensor): Outcome => new Map([['output', tensor]]);
  return worstDifference(
    output(await runExported(spec, spec.seed % 2 === 0)),
    output(expected.get('output')!),
  );
}

function differencesToTorch(networks: readonly JudgedNetwork[]): Difference[] {
  const script = new URL('../scripts/witness/networks.py', import.meta.url).pathname;
  const specs: NetworkSpec[] = networks.map(({ spec }) => spec);
  const { stdout, stderr, status } = spawnSync('/usr/bin/python3', [script], {
    input: `${JSON.stringify(specs)}\n`,
    encoding: 'utf8',
    maxBuffer: 2 ** 28,
  });
  if (status !== 0) throw new Error(`PyTorch does not run: ${stderr}`);
  const stored = JSON.parse(stdout) as { figures: ReferenceNorms }[];
  return networks.map(({ expected }, i) => differenceToNorms(expected, stored[i].figures));
}

async function report(
  contender: Contender,
  networks: readonly JudgedNetwork[],
  log: (line: string) => void,
): Promise<number> {
  try {
    const differences = await contender(networks);
    const lines = differences.flatMap(({ name, difference }, i) =>
      difference <= FLOAT32 ? [] : [`${name} differs by ${difference}: ${JSON.stringify(networks[i].spec)}`],
    );
    for (const line of lines) log(line);
    return lines.length;
  } catch (error) {
    if (networks.length === 1) {
      log(`${(error as Error).message}: ${JSON.stringify(networks[0].spec)}`);
      return 1;
    }
    // If one does not compile, none of them does.
    const half = Math.ceil(networks.length / 2);
    return (
      (await report(contender, networks.slice(0, half), log)) +
      (await report(contender, networks.slice(half), log))
    );
  }
}
