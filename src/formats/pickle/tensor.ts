// The result of constructors of tensors, of any library.
import type { StoredTensor } from '../stored-tensor.ts';

export abstract class PickledTensor {
  /**
   * The place and layout of its elements.
   * @throws PickleFault if the pickle did not declare them
   */
  abstract stored(): StoredTensor;
}
