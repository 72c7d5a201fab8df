// TensorFlow.js in a benchmark: a training step of LeNet-5 on its JavaScript backend, the only one for Node that trains and
// comes from the npm registry alone.
//
//   node bench/tensorflow.js train lenet5 --input 64,1,32,32
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { requestOf, serve } from './serve.js';

const { mode, model, input, classes } = requestOf();
if (mode !== 'train' || model !== 'lenet5')
  throw new Error(`only lenet5 is written out, not ${mode} ${model}`);
// From the working folder, so that it need not be a dependency.
const tf = createRequire(join(process.cwd(), 'package.json'))('@tensorflow/tfjs');
await tf.setBackend('cpu');

const [images, channels, height, width] = input;
const conv = (filters) => tf.layers.conv2d({ filters, kernelSize: 5, activation: 'relu' });
const network = tf.sequential({
  layers: [
    tf.layers.inputLayer({ inputShape: [height, width, channels] }),
    conv(6),
    tf.layers.maxPooling2d({ poolSize: 2, strides: 2 }),
    conv(16),
    tf.layers.averagePooling2d({ poolSize: 2, strides: 2 }),
    conv(120),
    tf.layers.flatten(),
    tf.layers.dense({ units: 84, activation: 'relu' }),
    tf.layers.dense({ units: classes }),
  ],
});
const optimizer = tf.train.momentum(0.01, 0.9);
const x = tf.randomNormal([images, height, width, channels]);
const labels = tf.oneHot(
  Array.from({ length: images }, (_, i) => i % classes),
  classes,
);

await serve(async () => {
  const loss = optimizer.minimize(
    () => tf.losses.softmaxCrossEntropy(labels, network.apply(x, { training: true })),
    true,
  );
  await loss.data();
  loss.dispose();
});
