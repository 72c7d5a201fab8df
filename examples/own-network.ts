// A custom network, trained on drawn digits. Reaches a test accuracy of about 0.92.
// npm run example own-network
import {
  adam,
  BatchNorm2d,
  Conv2d,
  defineModel,
  flatten,
  Linear,
  Module,
  maxPool,
  openDataset,
  relu,
  train,
  type Value,
} from 'fovea';

class SmallNet extends Module {
  conv1 = new Conv2d(1, 16, 3, { padding: 1 });
  norm1 = new BatchNorm2d(16);
  conv2 = new Conv2d(16, 32, 3, { padding: 1 });
  norm2 = new BatchNorm2d(32);
  head = new Linear(32 * 7 * 7, 10);

  /** Images `[N, 1, 28, 28]` -> logits `[N, 10]` */
  forward(images: Value): Value {
    const half = maxPool(relu(this.norm1.call(this.conv1.call(images))), { kernelShape: [2, 2] });
    const quarter = maxPool(relu(this.norm2.call(this.conv2.call(half))), { kernelShape: [2, 2] });
    return this.head.call(flatten(quarter));
  }
}

const model = defineModel({ name: 'small-net', network: new SmallNet(), input: [1, 28, 28], classes: 10 });
const { result } = await train(model, await openDataset('digits'), {
  epochs: 1,
  optimizer: adam(),
  learningRate: 0.002,
});
console.log(`test accuracy ${result.test?.accuracy}`);
