// What the network does inside: why it takes an image for what it does, and what its layers and parameters come to.
import { formatSignificant } from '../../base/text.ts';
import type { LayerActivations, ParameterNorms } from '../../explain/units.ts';
import { drawName, drawPath, drawSection, drawTable } from '../elements.ts';
import type { Inside, InsidePicture } from '../inside.ts';
import { type Content, type Markup, markup } from '../markup.ts';
import { grouped, percent } from '../text.ts';

export function drawInside({ name, label, predicted, pictures, units }: Inside): Markup {
  const { images, activations, parameters } = units;
  const content = markup`<p>One image, ${drawPath(name)}: it is <strong>${drawName(label)}</strong>, and taken for
<strong>${drawName(predicted)}</strong>. Bright places speak for a class (Grad-CAM), or cost it most when they are covered.</p>
<div class="inside">${pictures.map(drawPicture)}</div>
<p>${aboutDead(activations, images)}</p>
${folded(`What the layers give, over ${images} images`, drawActivations(activations))}
${folded('Norms of the parameters, and of their gradients in a batch', drawNorms(parameters))}`;
  return drawSection('inside', 'Inside the network', content);
}

function drawPicture({ source, about, width, height }: InsidePicture): Markup {
  return markup`<figure><img src="${source}" width="${width}" height="${height}" alt="${about}"></figure>\n`;
}

function folded(title: string, content: Markup): Markup {
  return markup`<details><summary>${title}</summary>${content}</details>`;
}

/** How many units of ReLUs are 0 at every place of every image. */
function aboutDead(activations: readonly LayerActivations[], images: number): string {
  const layers = activations.filter(({ op }) => op === 'Relu');
  const units = layers.reduce((sum, layer) => sum + layer.units, 0);
  const dead = layers.reduce((sum, layer) => sum + Math.round(layer.dead * layer.units), 0);
  if (units === 0) return 'The network has no ReLU.';
  return `${grouped(dead)} of the ${grouped(units)} units behind ReLUs are dead: 0 everywhere in all of ${images} images.`;
}

function drawActivations(activations: readonly LayerActivations[]): Markup {
  const rows = activations.map(({ layer, op, units, mean, deviation, least, largest, zeros, dead }) => [
    layer,
    op,
    grouped(units),
    ...[mean, deviation, least, largest].map(digits),
    percent(zeros),
    percent(dead),
  ]);
  const numbers = ['units', 'mean', 'deviation', 'least', 'largest', 'zeros', 'dead units'];
  return drawTable(
    'Outputs of each layer',
    [{ title: 'layer' }, { title: 'operator' }, ...right(numbers)],
    rows,
  );
}

function drawNorms(parameters: readonly ParameterNorms[]): Markup {
  const rows = parameters.map(({ name, weight, gradient }): Content[] => [
    name,
    digits(weight),
    ...(gradient === undefined ? ['–', '–'] : [digits(gradient), digits(gradient / weight)]),
  ]);
  const columns = [{ title: 'parameter' }, ...right(['norm', 'norm of the gradient', 'ratio'])];
  return drawTable('Euclidean norms', columns, rows);
}

function right(titles: readonly string[]) {
  return titles.map((title) => ({ title, align: 'right' as const }));
}

function digits(value: number): string {
  return formatSignificant(value, 3);
}
