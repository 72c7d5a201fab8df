import { describe, expect, test } from 'vitest';
import { DataError, EngineError, UsageError } from '../../base/errors.ts';
import { greater, log, where } from '../../expressions/builders.ts';
import { constant } from '../../expressions/expression.ts';
import { Graph, type Operator } from '../../graph/graph.ts';
import type { Variable } from '../../graph/types.ts';
import { relu } from '../../ops/activations.ts';
import { add, mul, multiplyBy } from '../../ops/arithmetic.ts';
import { dropout, dropoutMask } from '../../ops/dropout.ts';
import { elementwise } from '../../ops/elementwise.ts';
import { softmaxCrossEntropyLoss } from '../../ops/softmax-cross-entropy-loss.ts';
import { type Program, toProgram } from '../../program/program.ts';
import { floatTensor, intTensor } from '../../tensor/tensor.ts';
import { referenceEngine } from '../reference/index.ts';
import { openOnnxEngine } from './index.ts';

const engine = await openOnnxEngine({ threads: 1 });

const total: Variable = { name: 'total', shape: [2], role: 'buffer' };

/** total <- total + factor x; returns the previous total and the input. */
function accumulate(factor: number): Program {
  const graph = new Graph('training');
  const x = graph.input('x', { shape: [2], dtype: 'float32' }, 'batch');
  const before = graph.variable(total);
  graph.update(total, add(before, multiplyBy(x, factor)));
  return toProgram('accumulate', graph, { before, x });
}

const x = floatTensor([2], [1, 2]);

describe('the state', () => {
  test('starts at zero, and stores writes and updates', async () => {
    const state = engine.createState([total]);
    const executable = await engine.compile(accumulate(1), state);
    expect([...state.read('total').data]).toEqual([0, 0]);
    state.write('total', floatTensor([2], [10, 10]));
    const { before, x: again } = await executable.run({ x });
    expect([...before.data]).toEqual([10, 10]);
    expect([...again.data]).toEqual([1, 2]);
    await executable.run({ x });
    expect([...state.read('total').data]).toEqual([12, 14]);
  });

  test('is shared by executables', async () => {
    const state = engine.createState([total]);
    const [up, down] = [
      await engine.compile(accumulate(2), state),
      await engine.compile(accumulate(-1), state),
    ];
    await up.run({ x });
    await down.run({ x });
    await up.run({ x });
    expect([...state.read('total').data]).toEqual([3, 6]);
  });

  test('copies on read and write', async () => {
    const state = engine.createState([total]);
    const executable = await engine.compile(accumulate(1), state);
    const { before } = await executable.run({ x });
    const read = state.read('total');
    await executable.run({ x });
    await executable.run({ x });
    expect([...before.data]).toEqual([0, 0]);
    expect([...read.data]).toEqual([1, 2]);
  });

  test('of another engine is an error', async () => {
    await expect(engine.compile(accumulate(1), referenceEngine.createState([total]))).rejects.toThrow(
      EngineError,
    );
  });

  test('must hold the variables of the program', async () => {
    await expect(engine.compile(accumulate(1), engine.createState([]))).rejects.toThrow(
      /lacks variables.*total/,
    );
  });

  test('rejects a second run before the first has ended', async () => {
    const state = engine.createState([total]);
    const executable = await engine.compile(accumulate(1), state);
    const first = executable.run({ x });
    await expect(executable.run({ x })).rejects.toThrow(/another run on this state is in progress/);
    await first;
    expect([...state.read('total').data]).toEqual([1, 2]);
  });

  test('is correct if two variables exchange their values', async () => {
    const graph = new Graph('training');
    const other: Variable = { ...total, name: 'other' };
    const [a, b] = [graph.variable(total), graph.variable(other)];
    graph.update(total, b);
    graph.update(other, a);
    const state = engine.createState([total, other]);
    state.write('total', x);
    const executable = await engine.compile(toProgram('exchange', graph, {}), state);
    await executable.run({});
    expect([...state.read('total').data]).toEqual([0, 0]);
    expect([...state.read('other').data]).toEqual([1, 2]);
  });
});

describe('a run', () => {
  test('fails for a missing, unknown or misshapen input and leaves the state unchanged', async () => {
    const state = engine.createState([total]);
    const executable = await engine.compile(accumulate(1), state);
    await expect(executable.run({})).rejects.toThrow(UsageError);
    await expect(executable.run({ x, y: x })).rejects.toThrow(UsageError);
    await expect(executable.run({ x: floatTensor([1], [1]) })).rejects.toThrow(UsageError);
    expect([...state.read('total').data]).toEqual([0, 0]);
  });

  test('fails for a label out of range and leaves the state unchanged', async () => {
    const graph = new Graph('training');
    const weight: Variable = { name: 'weight', shape: [2, 3], role: 'parameter' };
    const labels = graph.input('labels', { shape: [2], dtype: 'int32' }, 'batch');
    const loss = softmaxCrossEntropyLoss(graph.variable(weight), labels);
    graph.update(weight, multiplyBy(graph.variable(weight), 2));
    const state = engine.createState([weight]);
    const ones = floatTensor([2, 3], [1, 1, 1, 1, 1, 1]);
    state.write('weight', ones);
    const executable = await engine.compile(toProgram('loss', graph, { loss }), state);
    await expect(executable.run({ labels: intTensor([2], [0, 3]) })).rejects.toThrow(DataError);
    await expect(executable.run({ labels: intTensor([2], [-1, 0]) })).rejects.toThrow(DataError);
    expect(state.read('weight')).toEqual(ones);
    const { loss: computed } = await executable.run({ labels: intTensor([2], [0, 2]) });
    expect(computed.data[0]).toBeCloseTo(Math.log(3), 5);
  });

  test('draws new dropout masks for each key', async () => {
    const graph = new Graph('training');
    const input = graph.input('x', { shape: [100], dtype: 'float32' }, 'batch');
    const key = graph.input('random', { shape: [3], dtype: 'int32' }, 'random');
    const y = dropout(input, key, { ratio: 0.25, stream: 'layer' });
    const executable = await engine.compile(toProgram('dropout', graph, { y }), engine.createState([]));
    const ones = floatTensor([100], new Array<number>(100).fill(1));
    for (const step of [1, 2]) {
      const random = intTensor([3], [7, 0, step]);
      const found = await executable.run({ x: ones, random });
      expect(found.y.data).toEqual(dropoutMask(random.data, 'layer', 0.25, 100));
    }
  });

  test('does not leak memory', async () => {
    const graph = new Graph('training');
    const large: Variable = { name: 'large', shape: [500, 1000], role: 'parameter' };
    const value = graph.variable(large);
    graph.update(large, relu(add(value, value)));
    const state = engine.createState([large]);
    const executable = await engine.compile(toProgram('doubling', graph, { value }), state);
    const steps = async (count: number) => {
      for (let step = 0; step < count; step++) await executable.run({});
    };
    await steps(100);
    const before = process.memoryUsage().rss;
    await steps(400);
    expect(process.memoryUsage().rss - before).toBeLessThan(40e6); // 400 copies of the variable would be 800 MB.
  });

  test('fails after dispose', async () => {
    const executable = await engine.compile(accumulate(1), engine.createState([total]));
    executable.dispose();
    executable.dispose();
    await expect(executable.run({ x })).rejects.toThrow(/disposed of; compile it again/);
  });
});

describe("a user's operator", () => {
  type Plain = Operator<Record<never, never>>;
  const Square: Plain = {
    name: 'Square',
    infer: ([a]) => [a],
    compute: ({ inputs: [a], outputs: [y] }) => {
      a.data.forEach((value, i) => {
        y.data[i] = value * value;
      });
    },
    gradient: null,
    expand: ([a]) => [mul(a, a)],
  };

  function squareProgram(operator: Plain): Program {
    const graph = new Graph('inference');
    const input = graph.input('x', { shape: [2], dtype: 'float32' }, 'batch');
    return toProgram('square', graph, { y: graph.apply(operator, [input], {}) });
  }

  test('runs as its expansion', async () => {
    const executable = await engine.compile(squareProgram(Square), engine.createState([]));
    const { y } = await executable.run({ x: floatTensor([2], [3, -4]) });
    expect([...y.data]).toEqual([9, 16]);
  });

  test('without an expansion is an error that names the alternatives', async () => {
    const { expand: _, ...bare } = Square;
    const compiled = engine.compile(squareProgram(bare), engine.createState([]));
    await expect(compiled).rejects.toThrow(/no code for operator "Square".*or use the reference engine/);
  });
});

test('formulas do not depend on values of branches that are not taken, and have the shape of all operands', async () => {
  const Guarded = elementwise({
    name: 'Guarded',
    operands: ['x', 'unread'],
    formula: ({ x }) => ({
      logarithm: where(greater(x, 0), log(x), 0),
      one: constant(1),
    }),
  });
  const graph = new Graph('training');
  const x = graph.input('x', { shape: [2], dtype: 'float32' }, 'batch');
  const unread = graph.input('unread', { shape: [2, 2], dtype: 'float32' }, 'batch');
  const [logarithm, one] = graph.add(Guarded, [x, unread], {});
  const state = engine.createState([]);
  const executable = await engine.compile(toProgram('guarded', graph, { logarithm, one }), state);
  const feeds = { x: floatTensor([2], [-1, 1]), unread: floatTensor([2, 2], [1, 2, 3, 4]) };
  const found = await executable.run(feeds);
  expect(found.logarithm).toEqual(floatTensor([2, 2], [0, 0, 0, 0]));
  expect(found.one).toEqual(floatTensor([2, 2], [1, 1, 1, 1]));
});
