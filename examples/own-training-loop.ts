// A custom training loop: programs, an engine, its state, and batches.
// npm run example own-training-loop
import {
  createModel,
  digits,
  forwardProgram,
  initialize,
  Loader,
  openEngine,
  preprocessingFor,
  scalar,
  sgd,
  softmaxCrossEntropy,
  trainProgram,
} from 'fovea';

const [batchSize, learningRate, seed] = [50, 0.1, 0];
const model = createModel('lenet5');
const loss = softmaxCrossEntropy();
const { train, test } = digits({ train: 5000, valid: 0, test: 1000 }).splits;
const preprocessing = preprocessingFor(model);

// Both programs share one state: the trained weights are used for prediction without copying.
const step = trainProgram(model, { batchSize, loss, optimizer: sgd() });
const forward = forwardProgram(model, { batchSize });
const engine = await openEngine();
const state = engine.createState(step.variables.map(({ variable }) => variable));
for (const [name, value] of initialize(model.network, model.init, seed)) state.write(name, value);
const trainer = await engine.compile(step, state);
const predictor = await engine.compile(forward, state);

const batches = new Loader(train, { preprocessing, batchSize, shuffle: true, seed });
for (let epoch = 0; epoch < 3; epoch++) {
  let sum = 0;
  for await (const { images, labels } of batches.epoch(epoch)) {
    const result = await trainer.run({ images, labels, learningRate: scalar(learningRate) });
    sum += result.loss.data[0];
  }
  console.log(`epoch ${epoch + 1}: mean loss ${(sum / batches.stepsPerEpoch).toFixed(3)}`);
}

let correct = 0;
for await (const { images, labels } of new Loader(test, { preprocessing, batchSize }).epoch(0)) {
  const { logits } = await predictor.run({ images });
  labels.data.forEach((label, row) => {
    const scores = logits.data.subarray(row * model.classes, (row + 1) * model.classes);
    if (scores.indexOf(Math.max(...scores)) === label) correct++;
  });
}
console.log(`test accuracy ${correct / test.length}`);
predictor.dispose();
trainer.dispose();
state.dispose();
