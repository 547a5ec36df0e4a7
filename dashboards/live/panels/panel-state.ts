/** The memory of a panel by its kind. */
import type { ResolvedPanel } from '../../resolve-dashboard.ts'
import { BarPanelState } from './bar-state.ts'
import { RankPanelState } from './rank-state.ts'
import { SeriesPanelState } from './series-state.ts'
import type { PanelState } from './state.ts'
import { TablePanelState } from './table-state.ts'
import { TimelinePanelState } from './timeline-state.ts'

/** @param variables names of the variables that choose among the panel's rows */
export function panelStateOf(resolved: ResolvedPanel, id: string, variables: readonly string[]): PanelState {
  switch (resolved.panel.kind) {
    case 'timeSeries':
    case 'stat':
    case 'heatmap':
      return new SeriesPanelState(resolved, id, variables)
    case 'top':
    case 'funnel':
      return new RankPanelState(resolved, id, variables)
    case 'bar':
      return new BarPanelState(resolved, id, variables)
    case 'stateTimeline':
      return new TimelinePanelState(resolved, id, variables)
    case 'table':
      return new TablePanelState(resolved, id, variables)
  }
}
