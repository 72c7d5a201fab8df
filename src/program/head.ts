// The head of a network: the layer that gives the logits.
import type { Value } from '../graph/graph.ts';
import type { Model } from '../nn/index.ts';
import { trace } from './steps.ts';

/** Names of the parameters nearest to the logits, and of those nearest to the logits of auxiliary classifiers. */
export function headParameters(model: Model): string[] {
  const { graph, logits } = trace(model, 2, 'training'); // Auxiliary classifiers are in training only.
  return [logits, ...graph.auxiliaries.map((auxiliary) => auxiliary.logits)].flatMap(nearestParameters);
}

function nearestParameters({ source }: Value): string[] {
  if (source.kind !== 'node') return [];
  const { inputs } = source.node;
  const names = inputs.flatMap((input) =>
    input.source.kind === 'variable' ? [input.source.variable.name] : [],
  );
  return names.length > 0 ? names : inputs.flatMap(nearestParameters);
}
