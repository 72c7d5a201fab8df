// NumPy's names in pickles: arrays, their types, and single values.
import { instanceArgument, listArgument, numbersArgument, textArgument } from '../pickle/arguments.ts';
import { PickleFault, UnreadableValue } from '../pickle/fault.ts';
import { type Buildable, describe, type Names } from '../pickle/machine.ts';
import { inModule, latin1Bytes } from '../pickle/python-names.ts';
import { PickledTensor } from '../pickle/tensor.ts';
import { memoryBytes } from '../source.ts';
import type { StoredTensor } from '../stored-tensor.ts';
import { elementAt, elementBytes, type StoredType } from '../stored-types.ts';
import { columnMajorStrides } from './npy.ts';
import { knownNumpyTypes, numpyType } from './types.ts';

class NumpyType implements Buildable {
  readonly code: string;
  bigEndian = false;

  constructor(code: string) {
    this.code = code;
  }

  /** @param state (version, order of bytes, ...) */
  build(state: unknown): void {
    this.bigEndian = listArgument(state, 'the state of a type')[1] === '>';
  }

  get stored(): StoredType {
    const type = numpyType(this.code);
    if (type) return type;
    throw new UnreadableValue(
      `has an array of NumPy's type "${this.code}"; expected one of ${knownNumpyTypes}`,
    );
  }
}

class NumpyArray extends PickledTensor implements Buildable {
  private described: StoredTensor | undefined;
  private unreadable: UnreadableValue | undefined;

  constructor(described?: StoredTensor) {
    super();
    this.described = described;
  }

  /** @param state (version, shape, type, whether column-major, bytes) */
  build(state: unknown): void {
    const [, shape, type, isColumnMajor, data] = listArgument(state, 'the state of an array');
    try {
      this.described = storedArray(data, type, shape, isColumnMajor === true);
    } catch (error) {
      if (!(error instanceof UnreadableValue)) throw error;
      this.unreadable = error;
    }
  }

  override stored(): StoredTensor {
    if (this.described) return this.described;
    throw this.unreadable ?? new PickleFault('has an array without elements');
  }
}

const multiarray: Names = {
  _reconstruct: () => new NumpyArray(),
  scalar: ([type, data]: readonly unknown[]) => scalarOf(instanceArgument(type, NumpyType, 'a type'), data),
};

const numeric: Names = {
  _frombuffer: ([data, type, shape, order]: readonly unknown[]) =>
    new NumpyArray(storedArray(data, type, shape, order === 'F')),
};

export const numpyNames: Names = {
  ...inModule('numpy.core.multiarray', multiarray),
  ...inModule('numpy._core.multiarray', multiarray),
  ...inModule('numpy.core.numeric', numeric),
  ...inModule('numpy._core.numeric', numeric),
  'numpy.ndarray': 'numpy.ndarray',
  'numpy.dtype': ([code]: readonly unknown[]) => new NumpyType(textArgument(code, 'a type')),
};

function storedArray(data: unknown, type: unknown, extents: unknown, isColumnMajor: boolean): StoredTensor {
  const { stored, bigEndian } = instanceArgument(type, NumpyType, 'the type of an array');
  const shape = numbersArgument(extents, 'the shape of an array');
  const storage = memoryBytes(bytesArgument(data), 'an array');
  const strides = isColumnMajor ? { strides: columnMajorStrides(shape) } : {};
  return { type: stored, shape, bigEndian, storage, ...strides };
}

function scalarOf({ stored, bigEndian }: NumpyType, data: unknown): number {
  const bytes = bytesArgument(data);
  if (bytes.length !== elementBytes(stored)) {
    throw new PickleFault(`gives ${bytes.length} bytes for a value of ${elementBytes(stored)}`);
  }
  return elementAt(stored, bytes, 0, !bigEndian);
}

/** Python 2 holds bytes as text. */
function bytesArgument(value: unknown): Uint8Array {
  if (typeof value === 'string') return latin1Bytes(value);
  if (value instanceof Uint8Array) return value;
  throw new PickleFault(`gives ${describe(value)} as the elements of an array; expected bytes`);
}
