// How well a weight file fits a model, with or without folded batch normalization.
import { type Model, namedParameters } from '../nn/index.ts';
import { foldedShapes, type NormalizedConvolution, normalizedConvolutions } from './folded.ts';
import { mapWeights, type WeightFile, type WeightMapping } from './mapping.ts';
import { tensorRole } from './names.ts';

export interface Fit {
  readonly mapping: WeightMapping;
  /** Convolutions whose batch normalization is folded in the file; empty if none is. */
  readonly folded: readonly NormalizedConvolution[];
}

/** The better fit: with the model's own parameters, or with folded batch normalization. */
export function findFit(model: Model, file: WeightFile): Fit {
  const parameters = namedParameters(model.network);
  const asIs = { mapping: mapWeights(parameters, file), folded: [] };
  if (misfitCount(asIs.mapping) === 0 || hasStatistics(file)) return asIs;
  const convolutions = normalizedConvolutions(model);
  if (convolutions.length === 0) return asIs;
  const mapping = mapWeights(foldedShapes(parameters, convolutions), file);
  const found = new Set(mapping.assigned.map(({ name }) => name));
  const isFolded = mapping.by === 'name' && convolutions.every(({ bias }) => found.has(bias));
  return isFolded && misfitCount(mapping) < misfitCount(asIs.mapping)
    ? { mapping, folded: convolutions }
    : asIs;
}

/** Number of problems of a mapping; 0 for a complete fit. */
export function misfitCount({ missing, unexpected, mismatched, conflicts }: WeightMapping): number {
  return missing.length + unexpected.length + mismatched.length + conflicts.length;
}

function hasStatistics({ tensors, roles }: WeightFile): boolean {
  return [...tensors.keys(), ...roles.keys()].some((name) => tensorRole(name) === 'running_var');
}
