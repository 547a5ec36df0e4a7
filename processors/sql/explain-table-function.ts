/** Table functions as explain prints them, with what bounds their state. */
import type { Schema } from '../../core/schema.ts'
import type { TableFunctionPlan } from '../analytics/table-functions.ts'
import { nameText } from './reserved-words.ts'

export function tableFunctionText(name: string, plan: TableFunctionPlan, schema: Schema): string {
  const column = (index: number): string => nameText(schema.columns[index]?.name ?? `column ${index}`)
  switch (plan.kind) {
    case 'top-k-items':
      return `${name} ${plan.k} of ${column(plan.column)} every ${plan.windowMs} ms; holds counts of a window, of 200000 items at most`
    case 'count-distinct-items':
      return `${name} of ${column(plan.column)} every ${plan.windowMs} ms; holds items of a window, 10000 at most, then a sketch`
    case 'group-rank': {
      const { rankBy, sortOrder, outputMax } = plan.parameters
      const rows = outputMax === 0 ? '' : `, ${outputMax} rows at most`
      return `${name} by ${column(rankBy)} ${sortOrder.toLowerCase()}${rows}; holds the rows of one ROWTIME`
    }
    case 'hotspots': {
      const { windowSize, scanRadius, minimumNumberOfPointsInAHotspot: points } = plan.parameters
      return `${name} of ${plan.columns.map(column).join(', ')} within ${scanRadius}, ${points} points; holds ${windowSize} rows`
    }
    case 'random-cut-forest': {
      const { numberOfTrees, subSampleSize } = plan.parameters
      return `${name} of ${plan.columns.map(column).join(', ')}; holds ${numberOfTrees} trees of ${subSampleSize} rows`
    }
  }
}
