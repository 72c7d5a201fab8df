// Pictures: the most confident mistakes, samples of the training images, and what augmentation makes of them.
import { drawName, drawPath, drawSection } from '../elements.ts';
import type { Findings } from '../findings.ts';
import type { EmbeddedImage, ImageRow, Misclassified } from '../images.ts';
import { type Markup, markup } from '../markup.ts';
import { percent } from '../text.ts';

export function drawGallery(
  { evaluated, samples, augmented }: Findings,
  classes: readonly string[],
): Markup[] {
  return [
    ...(evaluated && evaluated.mistakes.length > 0
      ? [
          drawSection(
            'mistakes',
            'Most confident mistakes',
            drawMistakes(evaluated.mistakes, evaluated.figures.perClass),
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
            markup`<p>The first of each row is the image as it is.</p>${drawRows(augmented, classes.length)}`,
          ),
        ]
      : []),
  ];
}

function drawMistakes(
  mistakes: readonly Misclassified[],
  perClass: readonly { readonly label: string }[],
): Markup {
  const nameOf = (index: number) => perClass[index].label;
  const entries = mistakes.map(({ picture, label, predicted, probability }) => {
    const alt = `${picture.name}: ${nameOf(label)}, taken for ${nameOf(predicted)}`;
    return markup`<li><figure>${drawPicture(picture, alt)}<figcaption>taken for <strong>${drawName(nameOf(predicted))}</strong>, ${percent(probability)}<br>is <strong>${drawName(nameOf(label))}</strong><br><span class="faint">${drawPath(picture.name)}</span></figcaption></figure></li>\n`;
  });
  return markup`<ul class="mistakes">\n${entries}</ul>`;
}

function drawRows(rows: readonly ImageRow[], classes: number): Markup {
  const more =
    classes > rows.length ? markup`<p class="faint">${rows.length} of ${classes} classes.</p>` : undefined;
  const drawn = rows.map(({ label, pictures }) => {
    const images = pictures.map((picture) => drawPicture(picture, `${label}: ${picture.name}`));
    return markup`<div class="row"><h3>${drawName(label)}</h3><div class="pictures">${images}</div></div>\n`;
  });
  return markup`<div class="rows">\n${drawn}</div>${more}`;
}

function drawPicture({ source, name, width, height, isSmall }: EmbeddedImage, alt: string): Markup {
  return markup`<img class="${isSmall ? 'small' : ''}" src="${source}" width="${width}" height="${height}" alt="${alt}" title="${name}">`;
}
