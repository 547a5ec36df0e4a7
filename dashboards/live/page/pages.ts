/** The pages in the order of their tabs; the first is the one that opens. A new page is a module and a line here. */
import { BadEventsPage } from './bad-events-page.ts'
import { OverviewPage } from './overview-page.ts'
import type { Page } from './page.ts'
import { ViewsPage } from './views-page.ts'

/** What pages ask of the connection. */
export interface PageServices {
  /** Has the event stream start anew with the rows of a choice only. */
  readonly choose: (choice: ReadonlyMap<string, string>) => void
}

export function allPages({ choose }: PageServices): readonly [Page, ...Page[]] {
  return [new OverviewPage(), new ViewsPage(choose), new BadEventsPage()]
}
