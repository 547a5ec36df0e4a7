/** The pages in the order of their tabs; the first is the one that opens. A new page is a module and a line here. */
import { BadEventsPage } from './bad-events-page.ts'
import type { DelayMeter } from './delay.ts'
import { FlowPage } from './flow-page.ts'
import { OverviewPage } from './overview-page.ts'
import type { Page } from './page.ts'
import { QueryPage } from './query-page.ts'
import { ShardsPage } from './shards-page.ts'
import { ViewsPage } from './views-page.ts'

/** What some pages need besides what they are mounted with. */
export interface PageServices {
  /** Has the event stream start anew with the rows of a choice only. */
  readonly choose: (choice: ReadonlyMap<string, string>) => void
  readonly delay: DelayMeter
}

export function allPages({ choose, delay }: PageServices): readonly [Page, ...Page[]] {
  return [
    new OverviewPage(delay),
    new FlowPage(),
    new ShardsPage(),
    new ViewsPage(choose, delay),
    new BadEventsPage(),
    new QueryPage(),
  ]
}
