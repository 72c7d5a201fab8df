// Repeats a training step that an engine has run, with the reference computation of each node.
//
// Where an input of a ReLU is 0 up to rounding, engines may compute either sign, and all gradients behind it differ
// although both are right. Therefore each forward value that the backward pass reads is computed from the
// engine's own inputs of that node, compared with the engine's, and then replaced by it. Both backward passes thus start from the
// same values and take the same branches, and differ by rounding alone, or by a fault.

import { internal } from '../base/errors.ts';
import { type Allocate, evaluateNodes } from '../engines/reference/index.ts';
import { liveNodes, type Value } from '../graph/graph.ts';
import type { Program } from '../program/program.ts';
import type { FloatTensor, Tensor } from '../tensor/tensor.ts';
import {
  largestDifference,
  largestEntry,
  relative,
  type Worst,
  worstGradient,
  worstOf,
} from './differences.ts';

const GRADIENT = 'gradient ';
const VALUE = 'value ';

/** A gradient step that also gives the forward values that its backward pass reads, and the loss among them. */
export interface TracedStep {
  readonly program: Program;
  /** Keyed by their names among the results. */
  readonly values: ReadonlyMap<string, Value>;
}

/** Engines keep these values for the backward pass anyway, so that making them results hardly changes what is compiled. */
export function traced(step: Program): TracedStep {
  const compared = new Set([...carried(step), step.results.get('loss')!]);
  const values = new Map([...compared].map((value) => [`${VALUE}${value.name}`, value]));
  return { program: { ...step, results: new Map([...step.results, ...values]) }, values };
}

/** Outputs of forward nodes that backward nodes read. */
function carried({ nodes, results }: Program): Value[] {
  const ends = ['loss', 'logits'].map((name) => results.get(name)!);
  const forward = new Set(liveNodes(ends[0].graph.nodes, ends));
  const read = nodes.filter((node) => !forward.has(node)).flatMap(({ inputs }) => inputs);
  return [...new Set(read)].filter(
    ({ source, dtype }) => source.kind === 'node' && forward.has(source.node) && dtype === 'float32',
  );
}

/** How far an engine is from the reference computation at the same forward values. */
export interface StepDifference {
  /** Among the forward values. */
  readonly value: Worst;
  /** Among the gradients of parameters. */
  readonly gradient: Worst;
}

/** The carried values of a step and its gradients, by name. */
export interface Retraced {
  readonly values: ReadonlyMap<string, Tensor>;
  readonly gradients: ReadonlyMap<string, Tensor>;
}

/** What the reference computation gives. */
export interface Expected extends Retraced {
  /** What differences between carried values are relative to. */
  readonly scales: ReadonlyMap<string, number>;
}

export interface Start {
  readonly feeds: Readonly<Record<string, Tensor>>;
  readonly weights: ReadonlyMap<string, FloatTensor>;
}

/** The reference computation of a step in which an engine had `carriedValues`. */
export function retrace(
  { program, values: kept }: TracedStep,
  { feeds, weights }: Start,
  carriedValues: ReadonlyMap<string, Tensor>,
  allocate: Allocate,
): Expected {
  const names = new Map([...kept].map(([name, value]) => [value, name]));
  const computed = new Map<string, Tensor>();
  const scales = new Map<string, number>();
  const values = new Map<Value, Tensor>([
    ...program.inputs.map(({ name, value }) => [value, feeds[name]] as const),
    ...program.variables.map(({ variable, value }) => [value, weights.get(variable.name)!] as const),
  ]);
  evaluateNodes(program.nodes, values, allocate, (value, tensor) => {
    const name = names.get(value);
    if (name === undefined) return tensor;
    computed.set(name, tensor);
    scales.set(name, scaleOf(tensor, value, values));
    return carriedValues.get(name)!;
  });
  const gradients = [...program.results].flatMap(([name, value]) =>
    name.startsWith(GRADIENT) ? [[name.slice(GRADIENT.length), tensorOf(values, value)] as const] : [],
  );
  return { values: computed, scales, gradients: new Map(gradients) };
}

// The batch mean after a linear layer may be 0 up to rounding: it is measured against this fraction of its node's input.
const INPUT_FRACTION = 0.01;

function scaleOf(tensor: Tensor, { source }: Value, values: ReadonlyMap<Value, Tensor>): number {
  if (source.kind !== 'node') throw internal('a carried value has no node');
  const input = tensorOf(values, source.node.inputs[0]);
  return Math.max(largestEntry(tensor), INPUT_FRACTION * largestEntry(input));
}

function tensorOf(values: ReadonlyMap<Value, Tensor>, value: Value): Tensor {
  const tensor = value.source.kind === 'constant' ? value.source.tensor : values.get(value);
  if (!tensor) throw internal(`${value.name} was not computed`);
  return tensor;
}

/** The values and gradients among a traced step's results. */
export function retracedOf(results: Readonly<Record<string, Tensor>>): Retraced {
  const named = (prefix: string, keep: number) =>
    new Map(
      Object.entries(results).flatMap(([name, tensor]) =>
        name.startsWith(prefix) ? [[name.slice(keep), tensor] as const] : [],
      ),
    );
  return { values: named(VALUE, 0), gradients: named(GRADIENT, GRADIENT.length) };
}

export const noDifference: StepDifference = {
  value: { name: '', maxRel: 0 },
  gradient: { name: '', maxRel: 0 },
};

export function stepDifference(actual: Retraced, expected: Expected): StepDifference {
  const values = [...expected.values].map(([name, tensor]) => ({
    name: name.slice(VALUE.length),
    maxRel: relative(largestDifference(tensor, actual.values.get(name)!), expected.scales.get(name)!),
  }));
  return {
    value: worstOf([noDifference.value, ...values]),
    gradient: worstGradient(actual.gradients, expected.gradients),
  };
}
