// Files done over time, as a line. The words beside it say the same.
import type { HistoryView } from '../../src/ui/ruleStatus/messages.ts';

const SVG = 'http://www.w3.org/2000/svg';
const [WIDTH, HEIGHT] = [240, 40];

export function chart({ points, total, words }: HistoryView): SVGSVGElement {
  const svg = document.createElementNS(SVG, 'svg');
  svg.setAttribute('viewBox', `0 0 ${WIDTH} ${HEIGHT}`);
  svg.setAttribute('class', 'chart');
  svg.setAttribute('role', 'img');
  svg.setAttribute('aria-label', `Files done over time: ${words}`);
  const [first, last] = [points[0]!, points.at(-1)!];
  const span = Math.max(1, last[0] - first[0]);
  const line = document.createElementNS(SVG, 'polyline');
  line.setAttribute('points', points.map(([at, done]) => `${(((at - first[0]) / span) * WIDTH).toFixed(1)},${(HEIGHT - 2 - (done / Math.max(1, total)) * (HEIGHT - 4)).toFixed(1)}`).join(' '));
  svg.append(line);
  return svg;
}
