// From a program to generated code in this process.
import type { Program } from '../../program/program.ts';
import type { State } from '../engine.ts';
import { expandProgram } from '../expand.ts';
import { checkHolds, foreignState } from '../state-checks.ts';
import { PROFILE_FLAGS } from './contract.ts';
import { generate } from './generate.ts';
import type { Target } from './kernel.ts';
import type { Rules } from './plan/layouts.ts';
import { planStep, type StepPlan } from './plan/step.ts';
import type { LoadedProgram, Runtime } from './runtime.ts';
import { NativeState } from './state.ts';

/** What an open engine compiles for. */
export interface Machinery {
  readonly runtime: Runtime;
  readonly target: Target;
}

/** A program whose code is loaded, with the state that it runs on. */
export interface Compiled {
  readonly program: Program;
  readonly plan: StepPlan;
  readonly state: NativeState;
  readonly runtime: Runtime;
  readonly loaded: LoadedProgram;
}

export interface CompileOptions {
  readonly rules: Rules;
  /** Whether clocks are built in. */
  readonly profile?: boolean;
}

/**
 * Plans a program over a state, builds it and loads it.
 * @throws UsageError if the state is another engine's or lacks a variable, EngineError if the code does not build or load
 */
export async function compileProgram(
  { runtime, target }: Machinery,
  program: Program,
  state: State,
  { rules, profile = false }: CompileOptions,
): Promise<Compiled> {
  const held = nativeStateFor(program, state);
  const plan = planStep(expandProgram(program, 'native'), rules, target, held.layouts());
  const { loaded } = await runtime.compile({
    files: generate(plan, target, profile ? PROFILE_FLAGS : []),
    ...(profile && { calls: plan.calls.length }),
  });
  return { program, plan, state: held, runtime, loaded };
}

/** Fails unless `state` is of this engine and holds every variable of the program. */
function nativeStateFor(program: Program, state: State): NativeState {
  if (!(state instanceof NativeState)) throw foreignState('native');
  checkHolds(state, program);
  return state;
}
