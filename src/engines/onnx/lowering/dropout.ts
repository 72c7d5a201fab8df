// Lowering of dropout: the mask is made on the host, from the same random numbers as in every engine.

import { EngineError } from '../../../base/errors.ts';
import { type DropoutAttributes, dropoutMask } from '../../../ops/dropout.ts';
import { sizeOf } from '../../../tensor/shape.ts';
import { floatTensor } from '../../../tensor/tensor.ts';
import type { Lowering } from './lowering.ts';

export const lowerDropout: Lowering<DropoutAttributes> = ({ builder, host, name, inputs, attributes }) => {
  const [x, key] = inputs;
  const { shape } = x;
  const keyInput = key.input;
  if (keyInput === undefined) {
    throw new EngineError(
      `${name} takes its random key from a computed value, but the onnx engine draws the numbers before the run; ` +
        'make the key an input of the graph.',
    );
  }
  const mask = host.feed({ type: 'float32', shape }, (feeds) =>
    floatTensor(shape, dropoutMask(feeds[keyInput].data, attributes.stream, attributes.ratio, sizeOf(shape))),
  );
  return [builder.multiply(x.name, mask), mask];
};
