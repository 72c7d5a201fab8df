// What constructors of tensors make, whatever library they are of.
import type { StoredTensor } from '../stored-tensor.ts';

export abstract class PickledTensor {
  /**
   * Where its elements are.
   * @throws PickleFault if the pickle did not say
   */
  abstract stored(): StoredTensor;
}
