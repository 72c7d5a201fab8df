import { describe, expect, test } from 'vitest';
import { EngineError, ShapeError } from '../base/errors.ts';
import { anyOperator, Graph, type Operator } from '../graph/graph.ts';
import { relu, sigmoid } from '../ops/activations.ts';
import { mul } from '../ops/arithmetic.ts';
import { reduceSum } from '../ops/reduce-sum.ts';
import { reshape } from '../ops/reshape.ts';
import { Softmax } from '../ops/softmax.ts';
import { type Program, toProgram } from '../program/program.ts';
import { builtInName, expandProgram } from './expand.ts';

type Plain = Operator<Record<never, never>>;

/** x sigmoid(x): Ramachandran et al. 2017. */
const Swish: Plain = {
  name: 'Swish',
  infer: ([x]) => [x],
  compute: ({ inputs: [x], outputs: [y] }) =>
    x.data.forEach((value, i) => {
      y.data[i] = value / (1 + Math.exp(-value));
    }),
  gradient: null,
  expand: ([x]) => [mul(x, sigmoid(x))],
};

const Twice: Plain = {
  ...Swish,
  name: 'Twice',
  expand: ([x]) => [x.graph.apply(Swish, [x.graph.apply(Swish, [x], {})], {})],
};

function programOf(operator: Plain): Program {
  const graph = new Graph('training');
  const x = graph.input('x', { shape: [2, 3], dtype: 'float32' }, 'batch');
  const y = graph.apply(operator, [relu(x)], {});
  return toProgram('test', graph, { y, sum: reduceSum(y) });
}

const operatorsOf = (program: Program) => program.nodes.map(({ operator }) => operator.name);

describe('expanding a program', () => {
  test('leaves built-in operators as they are', () => {
    const twice: Plain = { ...Swish, expand: ([x]) => [relu(reshape(x, x.shape))] };
    expect(operatorsOf(expandProgram(programOf(twice), 'test'))).toEqual(['Relu', 'Relu', 'ReduceSum']);
  });

  test('writes an operator out, and what reads its output reads the expansion', () => {
    const program = expandProgram(programOf(Swish), 'test');
    expect(operatorsOf(program)).toEqual(['Relu', 'Sigmoid', 'Mul', 'ReduceSum']);
    const [, , product, sum] = program.nodes;
    expect(sum.inputs[0]).toBe(product.outputs[0]);
    expect(program.results.get('y')).toBe(product.outputs[0]);
    expect(product.inputs[0]).toBe(program.nodes[0].outputs[0]);
  });

  test('writes out what an expansion is made of', () => {
    expect(operatorsOf(expandProgram(programOf(Twice), 'test'))).toEqual([
      'Relu',
      'Sigmoid',
      'Mul',
      'Sigmoid',
      'Mul',
      'ReduceSum',
    ]);
  });

  test('takes an expansion that gives an input back', () => {
    const program = expandProgram(programOf({ ...Swish, expand: ([x]) => [x] }), 'test');
    expect(operatorsOf(program)).toEqual(['Relu', 'ReduceSum']);
    expect(program.results.get('y')).toBe(program.nodes[0].outputs[0]);
  });

  test('leaves the graph of the program alone', () => {
    const program = programOf(Swish);
    const { graph } = program.results.get('y')!;
    const nodes = graph.nodes.length;
    expandProgram(program, 'test');
    expect(graph.nodes.length).toBe(nodes);
  });

  test('fails for an operator without expand and says what to do', () => {
    const { expand: _, ...bare } = Swish;
    expect(() => expandProgram(programOf(bare), 'onnx')).toThrow(EngineError);
    expect(() => expandProgram(programOf(bare), 'onnx')).toThrow(
      /"Swish" \(Swish\); give the operator an expand/,
    );
  });

  test('fails if the expansion has another shape than the operator infers', () => {
    const wrong: Plain = { ...Swish, expand: ([x]) => [reduceSum(x)] };
    expect(() => expandProgram(programOf(wrong), 'test')).toThrow(ShapeError);
    expect(() => expandProgram(programOf(wrong), 'test')).toThrow(
      /infers float32\[2, 3\], but its expand gives float32\[\]/,
    );
  });

  test("does not take a user's operator for the built-in one of the same name", () => {
    expect(builtInName(anyOperator(Softmax))).toBe('Softmax');
    expect(builtInName(anyOperator({ ...Softmax }))).toBeUndefined();
  });
});
