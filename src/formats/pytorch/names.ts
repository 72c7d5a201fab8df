// PyTorch's names in pickles: tensors, parameters, types of storages, and settings.
import {
  instanceArgument,
  listArgument,
  numberArgument,
  numbersArgument,
  textArgument,
} from '../pickle/arguments.ts';
import { PickleFault, UnreadableValue } from '../pickle/fault.ts';
import type { Construct, Names } from '../pickle/machine.ts';
import { inModule } from '../pickle/python-names.ts';
import { PickledTensor } from '../pickle/tensor.ts';
import type { Bytes } from '../source.ts';
import type { StoredTensor } from '../stored-tensor.ts';
import type { StoredType } from '../stored-types.ts';

/** The class of a storage: its type of elements. */
export class StorageType {
  readonly element: StoredType;

  constructor(element: StoredType) {
    this.element = element;
  }
}

/** Bytes that tensors share; their place in the file may be known later. */
export interface Place {
  bytes: Bytes;
}

/** The value of a persistent id: elements of a storage from `start` on. */
export class Storage {
  readonly type: StorageType;
  readonly place: Place;
  readonly start: number;
  readonly bigEndian: boolean;

  constructor(type: StorageType, place: Place, { start = 0, bigEndian = false } = {}) {
    this.type = type;
    this.place = place;
    this.start = start;
    this.bigEndian = bigEndian;
  }
}

class TorchTensor extends PickledTensor {
  private readonly storage: Storage;
  private readonly offset: number;
  private readonly shape: readonly number[];
  private readonly strides: readonly number[];

  constructor([storage, offset, shape, strides, , , attributes]: readonly unknown[]) {
    super();
    this.storage = instanceArgument(storage, Storage, 'the storage of a tensor');
    this.offset = numberArgument(offset, 'the offset of a tensor');
    this.shape = numbersArgument(shape, 'the shape of a tensor');
    this.strides = numbersArgument(strides, 'the strides of a tensor');
    if (attributes instanceof Map && [...attributes.values()].includes(true)) {
      throw new UnreadableValue('has a tensor with a pending negation or conjugation; resolve it first');
    }
  }

  override stored(): StoredTensor {
    const { type, place, start, bigEndian } = this.storage;
    const { shape, strides, offset } = this;
    return { type: type.element, storage: place.bytes, offset: start + offset, shape, strides, bigEndian };
  }
}

const rebuildTensor: Construct = (args) => new TorchTensor(args);
const firstArgument: Construct = ([value]) => value;

/** A tensor of another class, or one that was given attributes: a constructor, a class, its arguments, the attributes. */
const rebuildFromType: Construct = ([wanted, , args]) => {
  const construct = [rebuildTensor, firstArgument].find((known) => known === wanted);
  if (construct) return construct(listArgument(args, 'the arguments of a tensor'));
  throw new PickleFault('rebuilds a tensor with a function that is not a constructor of tensors');
};

const storageTypes: Names = {
  DoubleStorage: new StorageType('F64'),
  FloatStorage: new StorageType('F32'),
  HalfStorage: new StorageType('F16'),
  BFloat16Storage: new StorageType('BF16'),
  LongStorage: new StorageType('I64'),
  IntStorage: new StorageType('I32'),
  ShortStorage: new StorageType('I16'),
  CharStorage: new StorageType('I8'),
  ByteStorage: new StorageType('U8'),
  BoolStorage: new StorageType('BOOL'),
};

const elementTypes = [
  'float64',
  'float32',
  'float16',
  'bfloat16',
  'int64',
  'int32',
  'int16',
  'int8',
  'uint8',
  'bool',
];

export const torchNames: Names = {
  ...inModule('torch._utils', {
    _rebuild_tensor: rebuildTensor,
    _rebuild_tensor_v2: rebuildTensor,
    _rebuild_parameter: firstArgument,
    _rebuild_parameter_with_state: firstArgument,
  }),
  ...inModule('torch', storageTypes),
  ...inModule('torch.cuda', storageTypes),
  ...inModule('torch', Object.fromEntries(elementTypes.map((name) => [name, name]))),
  'torch._tensor._rebuild_from_type_v2': rebuildFromType,
  'torch.Tensor': 'torch.Tensor',
  'torch.nn.parameter.Parameter': 'torch.nn.parameter.Parameter',
  'torch.Size': ([extents]: readonly unknown[]) => numbersArgument(extents, 'a shape'),
  'torch.device': (parts: readonly unknown[]) =>
    parts
      .map((part, i) => (i === 0 ? textArgument(part, 'a device') : numberArgument(part, 'a device')))
      .join(':'),
};
