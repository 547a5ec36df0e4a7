/** Event time as explain prints it. */
import type { Schema } from '../../core/schema.ts'
import type { EventTimePlan, EventWindow, WatermarkPlan } from './event-time.ts'
import { nameText } from './reserved-words.ts'

function columnText(index: number, schema: Schema): string {
  return nameText(schema.columns[index]?.name ?? `column ${index}`)
}

/** `watermark TS - 5000 ms, lateness 0 ms, ahead 3600000 ms at most` */
export function watermarkText({ column, delayMs, latenessMs, aheadMs, idleMs }: WatermarkPlan, schema: Schema): string {
  const parts = [`watermark ${columnText(column, schema)} - ${delayMs} ms`, `lateness ${latenessMs} ms`]
  parts.push(aheadMs === null ? 'ahead by any time' : `ahead ${aheadMs} ms at most`)
  if (idleMs !== null) parts.push(`idle after ${idleMs} ms`)
  return parts.join(', ')
}

export function eventWindowText(window: EventWindow): string {
  switch (window.kind) {
    case 'hop':
      return window.slideMs === window.sizeMs
        ? `tumble ${window.sizeMs} ms`
        : `hop ${window.sizeMs} ms every ${window.slideMs} ms`
    case 'cumulate':
      return `cumulate ${window.sizeMs} ms by ${window.stepMs} ms`
    case 'session':
      return `session gap ${window.gapMs} ms`
  }
}

export function eventTimeText({ column, delayMs }: EventTimePlan, schema: Schema): string {
  return column === null ? 'ROWTIME' : `${columnText(column, schema)}, ${delayMs} ms behind the greatest`
}

/** What bounds the state of the groups. */
export function eventStateText(window: EventWindow, { delayMs }: EventTimePlan): string {
  switch (window.kind) {
    case 'hop':
      return `${window.sizeMs + delayMs} ms of panes of ${window.slideMs} ms, the keys of each`
    case 'cumulate':
      return `${window.sizeMs + delayMs} ms of panes of ${window.stepMs} ms, the keys of each`
    case 'session':
      return `keys with a row in the last ${window.gapMs + delayMs} ms; a session without a pause keeps its key`
  }
}
