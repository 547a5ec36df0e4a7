/** The newest rows of a stream. */
import { assert, type RowBatch, typedValueAt } from '../../../core/index.ts'
import type { ResolvedPanel } from '../../resolve-dashboard.ts'
import { TABLE_ROWS_DEFAULT } from '../../view-model.ts'
import { cellFormat, cellOf, cutText } from '../columns.ts'
import type { CellMessage, PanelChange, PanelData, PanelShape, TableColumnMessage } from '../protocol.ts'
import { columnOf, type PanelState, shapeOf } from './state.ts'

export class TablePanelState implements PanelState {
  readonly shape: PanelShape
  readonly #resolved: ResolvedPanel
  readonly #rowsMax: number
  #rows: (readonly CellMessage[])[] = []
  #added = 0

  constructor(resolved: ResolvedPanel, id: string, variables: readonly string[]) {
    assert(resolved.panel.kind === 'table', 'a table panel is a table')
    this.#resolved = resolved
    this.#rowsMax = resolved.panel.topN ?? TABLE_ROWS_DEFAULT
    this.shape = shapeOf(resolved, id, variables)
  }

  add(batch: RowBatch): void {
    const columns = this.#resolved.values.map(index => columnOf(this.#resolved, batch, index))
    // Only the newest rows can be seen, so the others are not even decoded.
    for (let row = Math.max(0, batch.length - this.#rowsMax); row < batch.length; row++) {
      const cells = columns.map(({ definition, vector }) =>
        cellOf(typedValueAt(vector, definition.type, row), definition.type),
      )
      this.#rows.unshift([batch.rowtimes[row] ?? 0, ...cells])
      this.#added++
    }
    this.#rows.length = Math.min(this.#rows.length, this.#rowsMax)
    this.#added = Math.min(this.#added, this.#rowsMax)
  }

  data(): PanelData {
    const columns: TableColumnMessage[] = this.#resolved.values.map(index => {
      const column = this.#resolved.schema.columns[index]
      assert(column !== undefined, 'a resolved column is in its schema')
      return { name: cutText(column.name), format: cellFormat(column.type) }
    })
    return {
      kind: 'table',
      columns: [{ name: 'ROWTIME', format: 'time' }, ...columns],
      // Rows that no change has told of yet come with the next one; a page that got them here would show them twice.
      rows: this.#rows.slice(this.#added),
      rowsMax: this.#rowsMax,
    }
  }

  change(): PanelChange | null {
    if (this.#added === 0) return null
    const rows = this.#rows.slice(0, this.#added)
    this.#added = 0
    return { id: this.shape.id, rows }
  }
}
