// Images: the most confident misclassifications, training samples, and augmented training samples.
import { formatPercent } from '../../base/text.ts';
import { drawName, drawPath, drawSection } from '../elements.ts';
import type { Findings } from '../findings.ts';
import type { EmbeddedImage, ImageRow, MisclassifiedImage } from '../images.ts';
import { type Markup, markup } from '../markup.ts';

export function drawGallery(
  { evaluated, samples, augmented }: Findings,
  classes: readonly string[],
): Markup[] {
  return [
    ...(evaluated && evaluated.misclassified.length > 0
      ? [
          drawSection(
            'misclassified',
            'Most confident misclassifications',
            drawMisclassified(evaluated.misclassified, evaluated.metrics.perClass),
          ),
        ]
      : []),
    ...(samples.length > 0
      ? [drawSection('samples', 'Training images', drawRows(samples, classes.length))]
      : []),
    ...(augmented.length > 0
      ? [
          drawSection(
            'augmented',
            'Augmented training images',
            markup`<p>The first image of each row is the original.</p>${drawRows(augmented, classes.length)}`,
          ),
        ]
      : []),
  ];
}

function drawMisclassified(
  found: readonly MisclassifiedImage[],
  perClass: readonly { readonly label: string }[],
): Markup {
  const className = (index: number) => perClass[index].label;
  const entries = found.map(({ image, label, predicted, probability }) => {
    const alt = `${image.name}: predicted ${className(predicted)}, actual ${className(label)}`;
    return markup`<li><figure>${drawImage(image, alt)}<figcaption>predicted <strong>${drawName(className(predicted))}</strong> (${formatPercent(probability)})<br>actual <strong>${drawName(className(label))}</strong><br><span class="faint">${drawPath(image.name)}</span></figcaption></figure></li>\n`;
  });
  return markup`<ul class="misclassified">\n${entries}</ul>`;
}

function drawRows(rows: readonly ImageRow[], classes: number): Markup {
  const more =
    classes > rows.length ? markup`<p class="faint">${rows.length} of ${classes} classes.</p>` : undefined;
  const drawn = rows.map(({ label, images }) => {
    const drawnImages = images.map((image) => drawImage(image, `${label}: ${image.name}`));
    return markup`<div class="row"><h3>${drawName(label)}</h3><div class="images">${drawnImages}</div></div>\n`;
  });
  return markup`<div class="rows">\n${drawn}</div>${more}`;
}

function drawImage({ source, name, width, height, isSmall }: EmbeddedImage, alt: string): Markup {
  return markup`<img class="${isSmall ? 'small' : ''}" src="${source}" width="${width}" height="${height}" alt="${alt}" title="${name}">`;
}
