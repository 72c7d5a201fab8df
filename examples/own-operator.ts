// A custom operator with its gradient: SiLU, y = x sigmoid(x) (Elfwing et al. 2018), in a network and on two engines.
// npm run example own-operator
import {
  add,
  Conv2d,
  defineModel,
  Flatten,
  Linear,
  MaxPool2d,
  Module,
  mul,
  type Operator,
  openDataset,
  openEngine,
  Sequential,
  sigmoid,
  sub,
  train,
  type Value,
  verifyEngines,
} from 'fovea';

const Silu: Operator<Record<never, never>> = {
  name: 'Silu',

  /** Any shape -> the same shape. */
  infer: ([x]) => [x],

  /** The formula, which the reference engine runs. */
  compute({ inputs: [x], outputs: [y] }) {
    x.data.forEach((value, i) => {
      y.data[i] = value / (1 + Math.exp(-value));
    });
  },

  /** dx = dy (s + y (1 - s)) with s = sigmoid(x), expressed in other operators. */
  gradient({ inputs: [x], outputs: [y], outputGradients: [dy] }) {
    const s = sigmoid(x);
    return [mul(dy, add(s, sub(y, mul(y, s))))];
  },

  /** The same function in built-in operators, for engines without code for this operator. */
  expand: ([x]) => [mul(x, sigmoid(x))],
};

class SiLU extends Module {
  forward(x: Value): Value {
    return x.graph.apply(Silu, [x], {});
  }
}

const network = new Sequential([
  new Conv2d(1, 8, 5),
  new SiLU(),
  new MaxPool2d(4),
  new Flatten(),
  new Linear(8 * 6 * 6, 10),
]);
const model = defineModel({ name: 'silu-net', network, input: [1, 28, 28], classes: 10 });

const engines = [await openEngine('reference'), await openEngine('onnx')];
const { forward, gradients } = await verifyEngines(model, engines, { batchSize: 2, seed: 0 });
console.log('largest relative difference between the engines', forward[0].maxRel, gradients[0].worst.maxRel);

const { result } = await train(model, await openDataset('digits'), { epochs: 1, learningRate: 0.05 });
console.log(`test accuracy ${result.test?.accuracy}`);
