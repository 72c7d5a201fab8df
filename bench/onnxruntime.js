// ONNX Runtime in a benchmark: the forward pass of a network as a plain ONNX model, with weights as constants that ONNX
// Runtime may fold and rearrange, with all optimizations and as many threads as Fovea.
//
//   node bench/onnxruntime.js infer resnet50 --input 8,3,224,224 --classes 1000 --threads 2
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { lowerProgram } from '../dist/engines/onnx/model.js';
import { writeModel } from '../dist/engines/onnx/writer.js';
import { requestOf, serve } from './serve.js';
import { stepOf } from './step.js';

const request = requestOf();
const { program, feeds, weights } = stepOf(request);
const session = await InferenceSession.create(writeModel(withConstants(lowerProgram(program))), {
  graphOptimizationLevel: 'all',
  executionMode: 'sequential',
  intraOpNumThreads: request.threads,
  interOpNumThreads: 1,
});
const inputs = { images: new Tensor('float32', feeds.images.data, feeds.images.shape) };
const [result] = session.outputNames;
const logits = program.results.get('logits').shape;
const outputs = { [result]: new Tensor('float32', new Float32Array(logits[0] * logits[1]), logits) };
await serve(() => session.run(inputs, outputs));

/** The model with its variables as constants instead of inputs. */
function withConstants({ model, variables }) {
  const names = new Map([...variables].map(([variable, input]) => [input, weights.get(variable)]));
  const constants = [...names].map(([name, { shape, data }]) => [name, { type: 'float32', shape, data }]);
  return {
    ...model,
    inputs: model.inputs.filter(({ name }) => !names.has(name)),
    initializers: new Map([...model.initializers, ...constants]),
  };
}
