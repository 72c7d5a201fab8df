// Replays a training step of an engine with the reference computation of each node.
//
// If an input of a ReLU is 0 up to rounding, engines may compute either sign, and all later gradients differ although both
// are correct. Therefore each forward value that the backward pass reads is computed from the engine's own inputs of that
// node, compared with the engine's value, and then replaced by it. Both backward passes start from the same values and take
// the same branches, so that they differ only by rounding or by a defect.

import { internal } from '../base/errors.ts';
import { lookup } from '../base/lookup.ts';
import { type Allocate, evaluateNodes } from '../engines/reference/index.ts';
import { liveNodes, type Value } from '../graph/graph.ts';
import type { Program } from '../program/program.ts';
import type { FloatTensor, Tensor } from '../tensor/tensor.ts';
import {
  findWorst,
  largestDifference,
  largestMagnitude,
  type NamedDifference,
  relative,
  worstGradient,
} from './differences.ts';

const GRADIENT = 'gradient ';
const VALUE = 'value ';

/** A training step that also returns its loss and the forward values that its backward pass reads. */
export interface InstrumentedStep {
  readonly program: Program;
  /** Keyed by result name. */
  readonly values: ReadonlyMap<string, Value>;
}

/** Engines store these values for the backward pass anyway, so returning them hardly changes the compiled code. */
export function withForwardValues(step: Program): InstrumentedStep {
  const compared = new Set([...readByBackward(step), lookup(step.results, 'loss')]);
  const values = new Map([...compared].map((value) => [`${VALUE}${value.name}`, value]));
  return { program: { ...step, results: new Map([...step.results, ...values]) }, values };
}

/** Forward values that the backward pass reads. */
function readByBackward({ nodes, results }: Program): Value[] {
  const outputs = ['loss', 'logits'].map((name) => lookup(results, name));
  const forward = new Set(liveNodes(outputs[0].graph.nodes, outputs));
  const read = nodes.filter((node) => !forward.has(node)).flatMap(({ inputs }) => inputs);
  return [...new Set(read)].filter(
    ({ source, dtype }) => source.kind === 'node' && forward.has(source.node) && dtype === 'float32',
  );
}

/** Largest differences between an engine and the reference computation at the same forward values. */
export interface StepDifference {
  /** Among the forward values. */
  readonly value: NamedDifference;
  /** Among the gradients of parameters. */
  readonly gradient: NamedDifference;
}

/** The compared forward values of a step and its gradients, by name. */
export interface ReplayedStep {
  readonly values: ReadonlyMap<string, Tensor>;
  readonly gradients: ReadonlyMap<string, Tensor>;
}

/** Results of the reference computation. */
export interface ReferenceStep extends ReplayedStep {
  /** What differences of the forward values are relative to. */
  readonly scales: ReadonlyMap<string, number>;
}

export interface StepInputs {
  readonly feeds: Readonly<Record<string, Tensor>>;
  readonly weights: ReadonlyMap<string, FloatTensor>;
}

/** The reference computation of a step for which an engine computed `forwardValues`. */
export function replay(
  { program, values: kept }: InstrumentedStep,
  { feeds, weights }: StepInputs,
  forwardValues: ReadonlyMap<string, Tensor>,
  allocate: Allocate,
): ReferenceStep {
  const names = new Map([...kept].map(([name, value]) => [value, name]));
  const computed = new Map<string, Tensor>();
  const scales = new Map<string, number>();
  const values = new Map<Value, Tensor>([
    ...program.inputs.map(({ name, value }) => [value, feeds[name]] as const),
    ...program.variables.map(({ variable, value }) => [value, lookup(weights, variable.name)] as const),
  ]);
  evaluateNodes(program.nodes, values, allocate, (value, tensor) => {
    const name = names.get(value);
    if (name === undefined) return tensor;
    computed.set(name, tensor);
    scales.set(name, comparisonScale(tensor, value, values));
    return lookup(forwardValues, name);
  });
  const gradients = [...program.results].flatMap(([name, value]) =>
    name.startsWith(GRADIENT) ? [[name.slice(GRADIENT.length), tensorFor(values, value)] as const] : [],
  );
  return { values: computed, scales, gradients: new Map(gradients) };
}

// The batch mean after a linear layer may be 0 up to rounding. It is compared with this fraction of its node's input.
const INPUT_FRACTION = 0.01;

function comparisonScale(tensor: Tensor, { source }: Value, values: ReadonlyMap<Value, Tensor>): number {
  if (source.kind !== 'node') throw internal('a compared forward value has no node');
  const input = tensorFor(values, source.node.inputs[0]);
  return Math.max(largestMagnitude(tensor), INPUT_FRACTION * largestMagnitude(input));
}

function tensorFor(values: ReadonlyMap<Value, Tensor>, value: Value): Tensor {
  const tensor = value.source.kind === 'constant' ? value.source.tensor : values.get(value);
  if (!tensor) throw internal(`${value.name} was not computed`);
  return tensor;
}

/** The forward values and gradients among the results of an instrumented step. */
export function stepResults(results: Readonly<Record<string, Tensor>>): ReplayedStep {
  const named = (prefix: string, skipped: number) =>
    new Map(
      Object.entries(results).flatMap(([name, tensor]) =>
        name.startsWith(prefix) ? [[name.slice(skipped), tensor] as const] : [],
      ),
    );
  return { values: named(VALUE, 0), gradients: named(GRADIENT, GRADIENT.length) };
}

export const noDifference: StepDifference = {
  value: { name: '', maxRel: 0 },
  gradient: { name: '', maxRel: 0 },
};

export function stepDifference(actual: ReplayedStep, expected: ReferenceStep): StepDifference {
  const values = [...expected.values].map(([name, tensor]) => ({
    name: name.slice(VALUE.length),
    maxRel: relative(largestDifference(tensor, lookup(actual.values, name)), lookup(expected.scales, name)),
  }));
  return {
    value: findWorst([noDifference.value, ...values]),
    gradient: worstGradient(actual.gradients, expected.gradients),
  };
}
