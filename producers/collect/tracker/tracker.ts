/**
 * The tracker: what a page sends to a collector, in less than 2 KB.
 *
 *   <script async src="https://collector/tracker.js"></script>
 *   millrace('add_to_cart', { item_id: '42', value: 9.99, currency: 'EUR' })
 *
 * By itself it sends session_start, page_view, page_leave, and click for elements with data-track="name". Attributes of the script
 * element: data-collect (where to post), data-consent="required" (nothing is sent before `millrace.consent(true)`). There are no
 * cookies; the visitor's id lies in localStorage, or nowhere where the visitor asks not to be followed (Global Privacy Control).
 */
// A script of its own, not a module: it must run wherever a tag is put, and leave nothing behind but its one name.
;(() => {
  interface Tracker {
    (name: string, fields?: Record<string, unknown>): void
    /** true: send, and keep an id. false: send nothing and forget the id */
    consent(given: boolean): void
  }

  const script = document.currentScript as HTMLScriptElement
  const { collect: target = new URL('collect', script.src).href, consent: asked } = script.dataset
  const followed = !(navigator as { globalPrivacyControl?: boolean }).globalPrivacyControl
  const FLUSH_EVENTS = 10
  const FLUSH_MS = 5_000
  const BYTES_MAX = 60_000
  const QUEUE_MAX = 100
  const SESSION_MS = 1_800_000
  const KEY = 'millrace'

  let allowed = asked !== 'required'
  let queue: string[] = []
  let timer = 0
  let unsent = 0
  const memory: { id?: string; session?: number; seen?: number } = {}

  const newId = (): string =>
    crypto.randomUUID?.() ?? `${Date.now().toString(36)}-${Math.random().toString(36).slice(2)}`

  const load = (): typeof memory => {
    try {
      return followed ? JSON.parse(localStorage.getItem(KEY) ?? '{}') : memory
    } catch {
      return memory
    }
  }

  /** The visitor as of now; a session ends after 30 minutes without an event. */
  const visitor = (
    now: number,
  ): { user_pseudo_id: string; session_id: string; session_number: number; fresh: boolean } => {
    const kept = load()
    const id = kept.id ?? newId()
    const fresh = !(now - (kept.seen ?? 0) < SESSION_MS)
    const session = (kept.session ?? 0) + (fresh ? 1 : 0)
    Object.assign(memory, { id, session, seen: now })
    try {
      if (followed) localStorage.setItem(KEY, JSON.stringify(memory))
    } catch {}
    return { user_pseudo_id: id, session_id: `${id}.${session}`, session_number: session, fresh }
  }

  const context = (): Record<string, unknown> => ({
    page_location: location.href.slice(0, 2_000),
    page_path: location.pathname,
    page_title: document.title.slice(0, 300),
    page_referrer: document.referrer.slice(0, 2_000),
    device: matchMedia('(pointer: coarse)').matches ? (innerWidth < 768 ? 'mobile' : 'tablet') : 'desktop',
    language: navigator.language,
  })

  const bodyOf = (events: readonly string[]): string =>
    `{"v":1,"sent_at":${Date.now()},"ctx":${JSON.stringify(context())},"events":[${events.join()}]}`

  const flush = (): void => {
    clearTimeout(timer)
    timer = 0
    while (queue.length) {
      let count = Math.min(queue.length, FLUSH_EVENTS)
      while (count > 1 && bodyOf(queue.slice(0, count)).length * 3 > BYTES_MAX) count >>= 1
      const events = queue.splice(0, count)
      const body = bodyOf(events)
      if (navigator.sendBeacon?.(target, body)) continue
      // What neither way takes now waits for the next flush, as far as there is room.
      const again = (): void => {
        queue = [...events, ...queue].slice(0, QUEUE_MAX)
        if (unsent++ < 5) later()
      }
      fetch(target, { method: 'POST', body, keepalive: true, mode: 'cors', credentials: 'omit' }).then(
        reply => (reply.status === 429 || reply.status > 499 ? again() : (unsent = 0)),
        again,
      )
      return
    }
  }

  const later = (): void => {
    timer ||= setTimeout(flush, FLUSH_MS)
  }

  const track = ((name, fields) => {
    if (!allowed) return
    const now = Date.now()
    const { fresh, ...who } = visitor(now)
    const add = (event_name: string, more?: Record<string, unknown>): void => {
      if (queue.length < QUEUE_MAX)
        queue.push(
          JSON.stringify({
            event_id: newId(),
            event_name,
            event_timestamp: now,
            ...who,
            page_path: location.pathname,
            ...more,
          }),
        )
    }
    if (fresh) add('session_start')
    add(name, fields)
    if (queue.length < FLUSH_EVENTS) later()
    else flush()
  }) as Tracker

  track.consent = given => {
    const first = given && !allowed
    allowed = given
    if (first) track('page_view')
    if (given) return
    queue = []
    try {
      localStorage.removeItem(KEY)
    } catch {}
  }

  // A page that is hidden may never come back; unload is not told on phones.
  addEventListener('visibilitychange', () => {
    if (document.visibilityState !== 'hidden') return
    track('page_leave')
    flush()
  })
  addEventListener('click', event => {
    const element = (event.target as Element | null)?.closest?.<HTMLElement>('[data-track]')
    if (element) track('click', { element: element.dataset['track'] })
  })
  ;(globalThis as unknown as { millrace: Tracker }).millrace = track
  track('page_view')
})()
