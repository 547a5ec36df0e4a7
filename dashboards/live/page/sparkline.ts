/** A small line with a tinted area, in SVG, drawn anew into the same two paths. */
import { svg } from './dom.ts'

export interface Sparkline {
  readonly element: SVGSVGElement
  /** @param points ascending times from `start` to `end` and values; null breaks nothing, it is skipped */
  draw(points: readonly (readonly [number, number | null])[], start: number, end: number): void
}

const WIDTH = 200
const HEIGHT = 40

/** The vertical scale starts at zero, so that a quiet stream does not look busy. */
export function sparkline(className: string): Sparkline {
  const area = svg('path', { class: 'spark-area' })
  const line = svg('path', { class: 'spark-line' })
  const element = svg(
    'svg',
    {
      class: `spark ${className}`,
      viewBox: `0 0 ${WIDTH} ${HEIGHT}`,
      preserveAspectRatio: 'none',
      'aria-hidden': 'true',
      focusable: 'false',
    },
    area,
    line,
  )
  return {
    element,
    draw(points, start, end) {
      const shown = points.filter((point): point is readonly [number, number] => point[1] !== null && point[0] >= start)
      const low = Math.min(0, ...shown.map(point => point[1]))
      const high = Math.max(low + 1e-9, ...shown.map(point => point[1]))
      const place = ([time, value]: readonly [number, number]): string => {
        const x = ((time - start) / Math.max(1, end - start)) * WIDTH
        const y = HEIGHT - 1 - ((value - low) / (high - low)) * (HEIGHT - 3)
        return `${x.toFixed(1)} ${y.toFixed(1)}`
      }
      const first = shown[0]
      const last = shown.at(-1)
      if (first === undefined || last === undefined || shown.length < 2) {
        line.setAttribute('d', '')
        area.setAttribute('d', '')
        return
      }
      const path = `M${shown.map(place).join('L')}`
      const bottom = (time: number): string =>
        `${(((time - start) / Math.max(1, end - start)) * WIDTH).toFixed(1)} ${HEIGHT}`
      line.setAttribute('d', path)
      area.setAttribute('d', `${path}L${bottom(last[0])}L${bottom(first[0])}Z`)
    },
  }
}
