// Operators of a textbook, called by hand on tensors; the plain loops of src/ops/ compute them.
// npm run example operators-by-hand
import { averagePool, compute, conv, floatTensor, maxPool } from 'fovea';

const show = (title: string, { shape, data }: { shape: readonly number[]; data: Iterable<number> }) =>
  console.log(`${title} [${shape.join(', ')}]: ${[...data].join(' ')}`);

// Cross-correlation of a 3x3 image with a 2x2 kernel.
const image = floatTensor([1, 1, 3, 3], [1, 2, 3, 4, 5, 6, 7, 8, 9]);
const kernel = floatTensor([1, 1, 2, 2], [0, 1, 2, 3]);
show(
  'one channel',
  compute([image, kernel], (x, weight) => conv(x, weight)),
);

// Two input channels, three output channels: the products are summed over input channels.
const channels = floatTensor([1, 2, 3, 3], [0, 1, 2, 3, 4, 5, 6, 7, 8, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
const ones = floatTensor([3, 2, 2, 2], new Array(24).fill(1));
show(
  'several channels',
  compute([channels, ones], (x, weight) => conv(x, weight)),
);

// Pooling halves height and width: the maximum or the mean of each 2x2 window.
const sixteen = floatTensor(
  [1, 1, 4, 4],
  Array.from({ length: 16 }, (_, i) => i + 1),
);
const windows = { kernelShape: [2, 2], strides: [2, 2] } as const;
show(
  'max pool',
  compute([sixteen], (x) => maxPool(x, windows)),
);
show(
  'average pool',
  compute([sixteen], (x) => averagePool(x, windows)),
);
