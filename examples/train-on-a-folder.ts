// Trains ResNet-18 on a folder of images with one sub-folder per class, and classifies one of them.
// npm run example train-on-a-folder -- photos photos/cat/1.jpg
import { createModel, momentum, openDataset, predict, train } from 'fovea';

const [folder = 'photos', image] = process.argv.slice(2);

const data = await openDataset(`folder:${folder}`);
const model = createModel('resnet18', { classes: data.classes.length, input: [3, 64, 64] });

const { result, checkpoint } = await train(model, data, {
  epochs: 5,
  batchSize: 32,
  optimizer: momentum(),
  learningRate: 0.01,
  out: 'runs/photos',
  overwrite: true,
  listeners: [
    (event) => event.type === 'logged' && console.log(`step ${event.step}: loss ${event.loss.toFixed(3)}`),
  ],
});

console.log(`test accuracy ${result.test?.accuracy}`, result.test?.interval);
if (image) console.log(JSON.stringify(await predict(checkpoint, [image])));
