// Inspection of the network: one explained image, and statistics of layers and parameters.
import { formatInteger, formatPercent, formatSignificant } from '../../base/text.ts';
import type { LayerStatistics, ParameterNorms } from '../../explain/unit-statistics.ts';
import { drawName, drawPath, drawSection, drawTable, numberColumns } from '../elements.ts';
import type { EmbeddedVisualization, ReportInspection } from '../inspection.ts';
import { type Content, type Markup, markup } from '../markup.ts';

export function drawInspection({ name, label, predicted, images, units }: ReportInspection): Markup {
  const { activations, parameters } = units;
  const content = markup`<p>One image, ${drawPath(name)}: predicted <strong>${drawName(predicted)}</strong>, actual
<strong>${drawName(label)}</strong>. Bright areas raise the score of a class (Grad-CAM), or lower its probability most when they are
covered (occlusion).</p>
<div class="inspection">${images.map(drawImage)}</div>
<p>${describeDeadUnits(activations, units.images)}</p>
${drawDetails(`Activations over ${units.images} images`, drawActivations(activations))}
${drawDetails('Norms of parameters and of their gradients', drawNorms(parameters))}`;
  return drawSection('inspection', 'Inspection of the network', content);
}

function drawImage({ source, description, width, height }: EmbeddedVisualization): Markup {
  return markup`<figure><img src="${source}" width="${width}" height="${height}" alt="${description}"></figure>\n`;
}

function drawDetails(title: string, content: Markup): Markup {
  return markup`<details><summary>${title}</summary>${content}</details>`;
}

/** How many units of ReLUs are 0 at every position of every image. */
function describeDeadUnits(activations: readonly LayerStatistics[], images: number): string {
  const layers = activations.filter(({ op }) => op === 'Relu');
  const units = layers.reduce((sum, layer) => sum + layer.units, 0);
  const dead = layers.reduce((sum, layer) => sum + Math.round(layer.dead * layer.units), 0);
  if (units === 0) return 'The network has no ReLU.';
  return `${formatInteger(dead)} of the ${formatInteger(units)} ReLU units are dead: 0 at every position of all ${images} images.`;
}

function drawActivations(activations: readonly LayerStatistics[]): Markup {
  const rows = activations.map(({ layer, op, units, mean, deviation, least, largest, zeros, dead }) => [
    layer,
    op,
    formatInteger(units),
    ...[mean, deviation, least, largest].map(digits),
    formatPercent(zeros),
    formatPercent(dead),
  ]);
  const numbers = ['units', 'mean', 'std', 'min', 'max', 'zeros', 'dead units'];
  return drawTable(
    'Activations of each layer',
    [{ title: 'layer' }, { title: 'operator' }, ...numberColumns(numbers)],
    rows,
  );
}

function drawNorms(parameters: readonly ParameterNorms[]): Markup {
  const rows = parameters.map(({ name, weight, gradient }): Content[] => [
    name,
    digits(weight),
    ...(gradient === undefined ? ['–', '–'] : [digits(gradient), digits(gradient / weight)]),
  ]);
  const columns = [{ title: 'parameter' }, ...numberColumns(['norm', 'gradient norm', 'ratio'])];
  return drawTable('L2 norms', columns, rows);
}

function digits(value: number): string {
  return formatSignificant(value, 3);
}
