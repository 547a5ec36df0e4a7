/**
 * Where coordinator rows and worker metrics lie: beside the leases (KCL 3.5), or in two tables of their own (3.0 to 3.4). A layout is
 * never made beside another one: a new application has one table; an application that has the legacy tables keeps them until its
 * fleet's migration says COMPLETE. Source: KCL 3.5, `TableMigrationStateMachineImpl`.
 *
 * | row TableMigration3.5 | migrateAllEntitiesToLeaseTable | layout here                                    |
 * |-----------------------|--------------------------------|------------------------------------------------|
 * | no legacy tables      | any                            | one table                                      |
 * | none, INIT            | false                          | three tables                                   |
 * | none, INIT            | true                           | refused: the fleet must report support first   |
 * | DEPLOYED, PENDING     | false                          | three tables                                   |
 * | DEPLOYED, PENDING     | true                           | metrics beside the leases; other rows where they are, new ones beside the leases; the lock in the legacy table |
 * | COMPLETE              | any                            | one table                                      |
 */
import { MillraceError } from '../../../../core/index.ts'
import { type Item, type ItemTable, textIn } from '../item.ts'

export const MIGRATION_KEY = 'TableMigration3.5'
export const STATUS_PREFIX = 'TABLE_MIGRATION_STATUS_'
export type MigrationStatus = 'INIT' | 'DEPLOYED' | 'PENDING' | 'COMPLETE'
const STATUSES: readonly MigrationStatus[] = ['INIT', 'DEPLOYED', 'PENDING', 'COMPLETE']

export type TableLayout = 'one_table' | 'three_tables' | 'metrics_moved'

/** What the migration row says; null without a row or without a status that is known. */
export function migrationStatus(item: Item | null): MigrationStatus | null {
  const text = item === null ? null : textIn(item, 'tm')
  return STATUSES.find(status => text === `${STATUS_PREFIX}${status}`) ?? null
}

/**
 * @param legacy the table of coordinator rows, null when there is none
 * @param mayBegin false for a worker that runs: that the fleet was ready is what its start has seen
 * @throws MillraceError `config` when the migration is asked for before the fleet is ready
 */
export async function findLayout(legacy: ItemTable | null, migrates: boolean, mayBegin = true): Promise<TableLayout> {
  if (legacy === null) return 'one_table'
  const status = migrationStatus(await legacy.get(MIGRATION_KEY))
  switch (status) {
    case 'COMPLETE':
      return 'one_table'
    case 'DEPLOYED':
    case 'PENDING':
      return migrates ? 'metrics_moved' : 'three_tables'
    case 'INIT':
    case null:
      if (migrates && !mayBegin) return 'metrics_moved'
      if (migrates)
        throw new MillraceError(
          'config',
          `migrateAllEntitiesToLeaseTable is true, but the fleet is not ready for it (${MIGRATION_KEY} is ${status ?? 'not there'}); run every worker with false until it is DEPLOYED`,
        )
      return 'three_tables'
  }
}
