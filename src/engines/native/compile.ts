// From a program to generated code in this process.
import type { Program } from '../../program/program.ts';
import type { State } from '../engine.ts';
import { expandProgram } from '../expand.ts';
import { checkHolds, foreignState } from '../state-checks.ts';
import { PROFILE_FLAGS } from './contract.ts';
import { generate } from './generate.ts';
import type { Target } from './kernel.ts';
import { rules } from './kernels/index.ts';
import type { Rules } from './plan/layouts.ts';
import { planStep, type StepPlan } from './plan/step.ts';
import type { LoadedProgram, Runtime } from './runtime.ts';
import { NativeState } from './state.ts';
import { tunedRules } from './tuning.ts';
import { readChoices } from './tuning-store.ts';

/** What an open engine compiles for. */
export interface Machinery {
  readonly runtime: Runtime;
  readonly target: Target;
}

/** A program that is planned over a state. */
export interface Planned {
  readonly program: Program;
  readonly plan: StepPlan;
  readonly state: NativeState;
}

/** A program whose code is loaded. */
export interface Compiled extends Planned {
  readonly runtime: Runtime;
  readonly loaded: LoadedProgram;
}

/**
 * Plans a program over a state, with kernels that were found to be fastest here, builds it and loads it.
 * @param profile whether to build clocks in
 * @throws UsageError if the state is another engine's or lacks a variable, EngineError if the code does not build or load
 */
export async function compileProgram(
  machinery: Machinery,
  program: Program,
  state: State,
  profile = false,
): Promise<Compiled> {
  const tuned = tunedRules(rules, await readChoices(machinery.runtime));
  return buildProgram(machinery, planProgram(machinery, program, state, tuned), profile);
}

/** @throws UsageError if the state is another engine's or lacks a variable */
export function planProgram({ target }: Machinery, program: Program, state: State, rules: Rules): Planned {
  const held = nativeStateFor(program, state);
  return {
    program,
    plan: planStep(expandProgram(program, 'native'), rules, target, held.layouts()),
    state: held,
  };
}

/** @throws EngineError if the code does not build or load */
export async function buildProgram(
  { runtime, target }: Machinery,
  planned: Planned,
  profile: boolean,
): Promise<Compiled> {
  const { plan } = planned;
  const { loaded } = await runtime.compile({
    files: generate(plan, target, profile ? PROFILE_FLAGS : []),
    ...(profile && { calls: plan.calls.length }),
  });
  return { ...planned, runtime, loaded };
}

/** Fails unless `state` is of this engine and holds every variable of the program. */
function nativeStateFor(program: Program, state: State): NativeState {
  if (!(state instanceof NativeState)) throw foreignState('native');
  checkHolds(state, program);
  return state;
}
