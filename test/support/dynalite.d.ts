declare module 'dynalite' {
  import type { Server } from 'node:http'

  export interface DynaliteOptions {
    /** milliseconds that tables stay in each state; default 500 */
    readonly createTableMs?: number
    readonly deleteTableMs?: number
    readonly updateTableMs?: number
  }

  export default function dynalite(options?: DynaliteOptions): Server
}
