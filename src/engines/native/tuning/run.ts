// Tunes the kernels of a program: measures, decides, and keeps what was found.
import type { Program } from '../../../program/program.ts';
import { intTensor } from '../../../tensor/tensor.ts';
import type { State } from '../../engine.ts';
import type { Feeds, TunedKernel, TuneOptions, TuneResult } from '../../instruments.ts';
import { buildProgram, type Machinery, planProgram } from '../compile.ts';
import type { StepPlan } from '../compiler/plan/step.ts';
import { rules } from '../kernels/index.ts';
import { ProfiledNativeExecutable } from '../profile.ts';
import { type Contest, planContests, WAYS } from './contest.ts';
import { findFastest, type Measure, type Outcome } from './search.ts';
import { keepChoices, tuningPath } from './store.ts';
import type { Choice } from './tuning.ts';

/** Each way is run for so many milliseconds, */
const MEASURE_MS = 5;
/** but not more often than this. */
const MOST_RUNS = 20;

/**
 * Measures other ways to compute a program's kernels, in the program itself, and keeps what is clearly faster for all that
 * is compiled later.
 * @throws EngineError if the code does not build, or the choices cannot be kept
 */
export async function tuneProgram(
  machinery: Machinery,
  program: Program,
  state: State,
  feeds: Feeds,
  { seconds, onProgress }: TuneOptions,
): Promise<TuneResult> {
  const started = performance.now();
  const { planned, contests } = planContests(rules, (changed) =>
    planProgram(machinery, program, state, changed),
  );
  const path = tuningPath(machinery.runtime);
  if (contests.length === 0) return { compileMs: 0, kernels: [], path };
  const executable = new ProfiledNativeExecutable(await buildProgram(machinery, planned, { profile: true }));
  const compileMs = performance.now() - started;
  try {
    const counts = contests.map(({ methods }) => methods.length);
    const measure = measureBy(executable, contests, feeds);
    const outcomes = await findFastest({ counts, measure, seconds, ...(onProgress && { onProgress }) });
    const keys = contests.map(({ key }) => key);
    await keepChoices(machinery.runtime, keys, choicesOf(contests, outcomes));
    const kernels = contests.map((contest, i) => tunedKernel(contest, planned.plan, outcomes[i]));
    return { compileMs, kernels, path };
  } finally {
    executable.dispose();
  }
}

/** Times of the second run and those after it, because the first brings code into the caches. */
function measureBy(
  executable: ProfiledNativeExecutable,
  contests: readonly Contest[],
  feeds: Feeds,
): Measure {
  return async (ways) => {
    const all = { ...feeds, [WAYS]: intTensor([ways.length], Int32Array.from(ways)) };
    const started = performance.now();
    await executable.run(all);
    const runs = Math.min(MOST_RUNS, Math.ceil(MEASURE_MS / (performance.now() - started)));
    executable.clearProfile();
    for (let run = 0; run < runs; run++) await executable.run(all);
    const kernels = executable.profile();
    return contests.map(
      ({ calls }) => calls.reduce((sum, call) => sum + kernels[call].milliseconds, 0) / runs,
    );
  };
}

function choicesOf(contests: readonly Contest[], outcomes: readonly Outcome[]): Map<string, Choice> {
  const won = contests.flatMap(({ key, methods }, i): [string, Choice][] => {
    const { way, usualMs, bestMs } = outcomes[i];
    return way === 0 ? [] : [[key, { method: methods[way], speedup: usualMs / bestMs }]];
  });
  return new Map(won);
}

function tunedKernel(
  { methods, calls }: Contest,
  plan: StepPlan,
  { way, usualMs, bestMs }: Outcome,
): TunedKernel {
  return {
    names: calls.map((call) => plan.calls[call].name),
    kind: plan.calls[calls[0]].kind,
    methods: methods.length,
    usual: methods[0],
    method: methods[way],
    usualMs,
    milliseconds: way === 0 ? usualMs : bestMs,
  };
}
