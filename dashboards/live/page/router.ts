/** Which page is shown: tabs that are links to fragments, so that back, forward, bookmarks and the keyboard work by themselves. */
import { linkTo, readAddress } from './address.ts'
import { el } from './dom.ts'
import type { Page, PageContext } from './page.ts'

export class Router {
  readonly #pages: readonly [Page, ...Page[]]
  readonly #root: HTMLElement
  readonly #links = new Map<string, HTMLAnchorElement>()
  readonly #context: PageContext
  #shown: Page | null = null

  /** @param services what pages get besides the parameters of their address */
  constructor(
    pages: readonly [Page, ...Page[]],
    nav: HTMLElement,
    root: HTMLElement,
    services: Omit<PageContext, 'parameter' | 'setParameter'>,
  ) {
    this.#pages = pages
    this.#root = root
    this.#context = {
      ...services,
      parameter: name => this.#address().parameters.get(name),
      setParameter: (name, value) => this.#setParameter(name, value),
    }
    for (const { id, title } of pages) {
      const link = el('a', { href: `#${id}` }, title)
      this.#links.set(id, link)
      nav.append(link)
    }
    nav.hidden = pages.length < 2
    window.addEventListener('hashchange', () => this.#show())
    this.#show()
  }

  get shown(): Page {
    return this.#shown ?? this.#pages[0]
  }

  #address(): ReturnType<typeof readAddress> {
    return readAddress(
      location.hash,
      this.#pages.map(page => page.id),
    )
  }

  #show(): void {
    const wanted = this.#address().page
    const page = this.#pages.find(({ id }) => id === wanted) ?? this.#pages[0]
    if (page === this.#shown) {
      page.navigated?.()
      return this.#keepAddress()
    }
    const isFirst = this.#shown === null
    this.#shown?.unmount()
    this.#shown = page
    this.#root.replaceChildren()
    this.#root.setAttribute('data-page', page.id)
    for (const [id, link] of this.#links)
      if (id === page.id) link.setAttribute('aria-current', 'page')
      else link.removeAttribute('aria-current')
    // where the tabs do not fit, they scroll
    this.#links.get(page.id)?.scrollIntoView({ block: 'nearest', inline: 'nearest' })
    page.mount(this.#root, this.#context)
    page.navigated?.()
    this.#keepAddress()
    if (!isFirst) scrollTo(0, 0)
    this.#context.requestDraw()
  }

  #setParameter(name: string, value: string | null): void {
    const { parameters } = this.#address()
    if (value === null) parameters.delete(name)
    else parameters.set(name, value)
    const query = parameters.toString()
    history.replaceState(
      null,
      '',
      `${location.pathname}${location.search}#${this.shown.id}${query === '' ? '' : `?${query}`}`,
    )
    this.#keepAddress()
  }

  /** The tab leads back to what was chosen on its page. */
  #keepAddress(): void {
    const { page, parameters } = this.#address()
    if (page === this.shown.id)
      this.#links.get(page)?.setAttribute('href', linkTo(page, Object.fromEntries(parameters)))
  }
}
