// Weights with Paddle's names and layout.
import { type FloatTensor, floatTensor } from '../tensor/tensor.ts';

const endings: Readonly<Record<string, string>> = { running_mean: '_mean', running_var: '_variance' };

/** Renames weights as in Paddle, and transposes those of linear layers to `[inputs, outputs]`. */
export function paddleWeights(weights: ReadonlyMap<string, FloatTensor>): Map<string, FloatTensor> {
  return new Map(
    [...weights].map(([name, tensor]) => [paddleName(name), isMatrix(tensor) ? transpose(tensor) : tensor]),
  );
}

function paddleName(name: string): string {
  return name.replace(/[^.]+$/, (ending) => endings[ending] ?? ending);
}

function isMatrix({ shape }: FloatTensor): boolean {
  return shape.length === 2;
}

/** `[rows, columns]` -> `[columns, rows]` */
export function transpose({ shape, data }: FloatTensor): FloatTensor {
  const [rows, columns] = shape as [number, number];
  const transposed = new Float32Array(data.length);
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) {
      transposed[column * rows + row] = data[row * columns + column];
    }
  }
  return floatTensor([columns, rows], transposed);
}
