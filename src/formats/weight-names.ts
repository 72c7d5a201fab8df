// Everything that a pickle of weights may refer to by name. Any other name is refused or skipped.
import { numpyNames } from './numpy/names.ts';
import type { Names } from './pickle/machine.ts';
import { pythonNames } from './pickle/python-names.ts';
import { torchNames } from './pytorch/names.ts';

export const weightNames: Names = { ...pythonNames, ...numpyNames, ...torchNames };
