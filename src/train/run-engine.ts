// The engine of a resumed run.
import { type Engine, type EngineName, engineNames, openEngine } from '../engines/index.ts';
import { readConfig } from './run-files.ts';

/**
 * The engine a run was started on, with as many threads, unless others are given: another engine or number of threads may
 * round differently.
 * @param given `auto` is the engine of the run
 * @throws DataError if the configuration of the run cannot be read, EngineError if the engine does not run here
 */
export async function openRunEngine(
  run: string,
  given: { readonly engine?: string; readonly threads?: number | undefined } = {},
): Promise<Engine> {
  const { engine = 'auto', threads } = given;
  const config = await readConfig(run);
  const before = engineNames.find((name) => name === config.engine && name !== 'native') ?? 'auto'; // Auto: native where it works.
  const name = engine === 'auto' ? before : (engine as EngineName);
  const count = threads ?? config.threads;
  return openEngine(name, typeof count === 'number' ? { threads: count } : {});
}
