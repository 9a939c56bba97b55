// The state's icon: a different shape for each tone, in the colour of the text around it.
import type { Tone } from '../../src/ui/ruleStatus/messages.ts';

const SVG = 'http://www.w3.org/2000/svg';

/** Paths in a 16 × 16 box, drawn as lines. */
const SHAPES: Readonly<Record<Tone | 'unknown', string>> = {
  ok: 'M8 1.5a6.5 6.5 0 1 0 0 13 6.5 6.5 0 0 0 0-13ZM5 8.2l2.2 2.2L11 6',
  moving: 'M2.5 5h9M9 2.5 11.5 5 9 7.5M13.5 11h-9M7 8.5 4.5 11 7 13.5',
  waiting: 'M8 1.5a6.5 6.5 0 1 0 0 13 6.5 6.5 0 0 0 0-13ZM8 4.5V8l2.5 1.5',
  bad: 'M8 2 1.5 13.5h13ZM8 6.5v3.5M8 12v.2',
  unknown: 'M8 1.5a6.5 6.5 0 1 0 0 13 6.5 6.5 0 0 0 0-13ZM6 6.2c.3-2.4 4-2.2 4 0 0 1.400-2 1.500-2 3M8 11.600v.2',
};

/** Hidden from screen readers: the words beside it say the same. */
export function icon(tone: Tone | 'unknown'): SVGSVGElement {
  const svg = document.createElementNS(SVG, 'svg');
  svg.setAttribute('viewBox', '0 0 16 16');
  svg.setAttribute('aria-hidden', 'true');
  const path = document.createElementNS(SVG, 'path');
  path.setAttribute('d', SHAPES[tone]);
  svg.append(path);
  return svg;
}
