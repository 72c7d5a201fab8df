// Lowering of dropout: the mask is generated on the host, from the same random numbers as in every engine.
import { EngineError } from '../../../base/errors.ts';
import { type DropoutAttributes, dropoutMask } from '../../../ops/dropout.ts';
import { sizeOf } from '../../../tensor/shape.ts';
import { floatTensor } from '../../../tensor/tensor.ts';
import type { Lowering } from './lowering.ts';

export const lowerDropout: Lowering<DropoutAttributes> = ({
  builder,
  hostInputs,
  name,
  inputs,
  attributes,
}) => {
  const [x, key] = inputs;
  const { shape } = x;
  const keyInput = key.input;
  if (keyInput === undefined) {
    throw new EngineError(
      `${name} got a computed random key, but the onnx engine generates random numbers before the run; ` +
        'use an input of the graph as the key.',
    );
  }
  const mask = hostInputs.add({ type: 'float32', shape }, (feeds) =>
    floatTensor(shape, dropoutMask(feeds[keyInput].data, attributes.stream, attributes.ratio, sizeOf(shape))),
  );
  return [builder.multiply(x.name, mask), mask];
};
