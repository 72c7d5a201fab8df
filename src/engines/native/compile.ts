// From a program to generated code in this process.
import type { Program } from '../../program/program.ts';
import { sizeOf } from '../../tensor/shape.ts';
import type { CompileOptions, State } from '../engine.ts';
import { expandProgram } from '../expand.ts';
import { checkHolds, foreignState } from '../state-checks.ts';
import { PROFILE_FLAGS } from './compiler/contract.ts';
import { generate } from './compiler/generate.ts';
import type { Target } from './compiler/kernel.ts';
import type { Rules } from './compiler/plan/layouts.ts';
import { planStep, type StepPlan } from './compiler/plan/step.ts';
import { rules } from './kernels/index.ts';
import type { LoadedProgram, Runtime } from './runtime/runtime.ts';
import { NativeState } from './state.ts';
import { readChoices } from './tuning/store.ts';
import { tunedRules } from './tuning/tuning.ts';

/** What an open engine compiles for. */
export interface Machinery {
  readonly runtime: Runtime;
  readonly target: Target;
  /** Work below which a program is short. */
  readonly shortWork: number;
}

/** A program that is planned over a state. */
export interface Planned {
  readonly program: Program;
  readonly plan: StepPlan;
  /** Whether it is so short that the calling thread had better run it alone. */
  readonly short: boolean;
  readonly state: NativeState;
}

/** A program whose code is loaded. */
export interface Compiled extends Planned {
  readonly runtime: Runtime;
  readonly loaded: LoadedProgram;
}

interface BuildSettings extends CompileOptions {
  /** Whether to build clocks in. */
  readonly profile?: boolean;
}

/**
 * Plans a program over a state, with kernels that were found to be fastest here, builds it and loads it.
 * @throws UsageError if the state is another engine's or lacks a variable, EngineError if the code does not build or load
 */
export async function compileProgram(
  machinery: Machinery,
  program: Program,
  state: State,
  settings: BuildSettings = {},
): Promise<Compiled> {
  const tuned = tunedRules(rules, await readChoices(machinery.runtime));
  return buildProgram(machinery, planProgram(machinery, program, state, tuned), settings);
}

/** @throws UsageError if the state is another engine's or lacks a variable */
export function planProgram(
  { target, shortWork }: Machinery,
  program: Program,
  state: State,
  rules: Rules,
): Planned {
  const held = nativeStateFor(program, state);
  const expanded = expandProgram(program, 'native');
  const short = workOf(expanded) < shortWork;
  const ofPlan = short ? { ...target, threads: 1 } : target;
  return { program, plan: planStep(expanded, rules, ofPlan, held.layouts()), short, state: held };
}

/** Operations of convolutions and products, and numbers that are read and written. */
function workOf({ nodes }: Program): number {
  const work = nodes.map(({ operator, attributes, inputs, outputs }) => {
    const macs = operator.cost?.(inputs, outputs, attributes).macs ?? 0;
    return 2 * macs + [...inputs, ...outputs].reduce((sum, { shape }) => sum + sizeOf(shape), 0);
  });
  return work.reduce((sum, each) => sum + each, 0);
}

/** @throws EngineError if the code does not build or load */
export async function buildProgram(
  { runtime, target }: Machinery,
  planned: Planned,
  { profile = false, signal }: BuildSettings = {},
): Promise<Compiled> {
  const { plan, short } = planned;
  const { loaded } = await runtime.compile({
    files: generate(plan, target, profile ? PROFILE_FLAGS : []),
    alone: short,
    signal,
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
