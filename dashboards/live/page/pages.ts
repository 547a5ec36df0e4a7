/** The pages in the order of their tabs; the first is the one that opens. A new page is a module and a line here. */
import { BadEventsPage } from './bad-events-page.ts'
import { OverviewPage } from './overview-page.ts'
import type { Page } from './page.ts'
import { ViewsPage } from './views-page.ts'

export function allPages(): readonly [Page, ...Page[]] {
  return [new OverviewPage(), new ViewsPage(), new BadEventsPage()]
}
