/** Places panels in rows of 12 columns so that no row has a hole at its end. */
import type { PanelWidthMessage } from '../protocol.ts'

const COLUMNS = 12
const SPANS: Readonly<Record<PanelWidthMessage, number>> = { quarter: 3, third: 4, half: 6, twoThirds: 8, full: 12 }

export type PageWidth = 'wide' | 'medium' | 'narrow'

/**
 * Columns for each panel, in order. A row that the next panel does not fit into is stretched to the full width, the widest
 * panels first.
 */
export function layout(widths: readonly PanelWidthMessage[], page: PageWidth): number[] {
  const wanted = widths.map(width => spanOn(SPANS[width], page))
  const result: number[] = []
  let row: number[] = []
  const finish = (): void => {
    result.push(...stretch(row))
    row = []
  }
  for (const span of wanted) {
    if (sum(row) + span > COLUMNS) finish()
    row.push(span)
  }
  finish()
  return result
}

function spanOn(span: number, page: PageWidth): number {
  if (page === 'wide') return span
  if (page === 'medium') return span <= 6 ? 6 : COLUMNS
  return span === 3 ? 6 : COLUMNS
}

function stretch(row: readonly number[]): number[] {
  const spans = [...row]
  let free = COLUMNS - sum(spans)
  while (free > 0 && spans.length > 0) {
    const widest = Math.max(...spans)
    for (let index = 0; index < spans.length && free > 0; index++) {
      if (spans[index] !== widest) continue
      spans[index] = widest + 1
      free--
    }
  }
  return spans
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0)
}
