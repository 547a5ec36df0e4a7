/** Starts the page: one connection, the pages behind their tabs, and a steady beat that moves the charts. */
import type { LiveMessage } from '../protocol.ts'
import { Connection, type ConnectionState } from './connection.ts'
import { DelayMeter } from './delay.ts'
import { byId, setAttribute, setText } from './dom.ts'
import { formatTime } from './format.ts'
import { allPages } from './pages.ts'
import { Router } from './router.ts'
import { startTheme } from './theme.ts'
import { currentToken, setToken, takeTokenFromAddress } from './token.ts'

/** Charts move by about a pixel at each beat; people who asked for less motion get fewer. */
const BEAT_MS = matchMedia('(prefers-reduced-motion: reduce)').matches ? 2_000 : 500

/** The server's clock is asked this often. */
const CLOCK_MS = 20_000

const STATE_WORDS: Readonly<Record<ConnectionState, string>> = {
  connecting: 'connecting',
  live: 'live',
  reconnecting: 'reconnecting',
  ended: 'ended',
}

takeTokenFromAddress()
let state: ConnectionState = 'connecting'
let clockAhead = 0
let lastMessageAt = 0
let isDrawDue = false
let lastDrawAt = 0

const afterPaint = new MessageChannel()
afterPaint.port2.onmessage = () => delay.painted(Date.now())
const pill = byId('connection')
const pillWords = byId('connection-words')
const main = byId('page')
const connection = new Connection({ message: take, state: setState }, currentToken)
const delay = new DelayMeter()
const pages = allPages({ choose: choice => connection.choose(choice), delay })
const router = new Router(pages, byId('pages'), main, { token: currentToken, setToken, now, requestDraw })

/** Without news the charts stand still: they must not suggest that nothing happened. */
function now(): number {
  return state === 'live' ? Date.now() + clockAhead : lastMessageAt
}

function draw(): void {
  isDrawDue = false
  lastDrawAt = performance.now()
  router.shown.draw?.(now())
  // A message to oneself is handled after the frame that this callback belongs to was painted.
  afterPaint.port1.postMessage(null)
}

function requestDraw(): void {
  if (isDrawDue) return
  isDrawDue = true
  requestAnimationFrame(draw)
}

/** Asks the server what time it is, now and then. */
async function askClock(): Promise<void> {
  const token = currentToken()
  try {
    const sentAt = Date.now()
    const response = await fetch('/api/v1/status', {
      headers: token === null ? {} : { authorization: `Bearer ${token}` },
      cache: 'no-store',
    })
    const receivedAt = Date.now()
    const { now: serverNow } = (await response.json()) as { readonly now?: unknown }
    if (typeof serverNow === 'number') delay.clock(serverNow, sentAt, receivedAt)
  } catch {
    // The connection itself says when the server is gone.
  }
}

function take(message: LiveMessage): void {
  clockAhead = message.now - Date.now()
  lastMessageAt = message.now
  for (const page of pages) page.message?.(message)
  if (message.type === 'delta' && message.rowtimes !== null) delay.arrived(message.rowtimes[0])
  if (document.hidden) delay.skipped()
  if (message.type === 'snapshot') {
    setText(byId('pipeline'), message.title)
    document.title = `${message.title} – millrace`
  }
  requestDraw()
}

function setState(next: ConnectionState, detail: string): void {
  state = next
  setAttribute(pill, 'data-state', next)
  const since = next === 'reconnecting' && lastMessageAt > 0 ? `, no news since ${formatTime(lastMessageAt)}` : ''
  setText(pillWords, `${STATE_WORDS[next]}${since}`)
  setAttribute(pill, 'title', detail)
  document.body.toggleAttribute('data-stale', next === 'reconnecting')
}

// A fragment is a page here, so the link that skips the tabs cannot be one.
byId('skip').addEventListener('click', event => {
  event.preventDefault()
  main.focus()
})
startTheme(byId('theme'), () => {
  for (const page of pages) page.recolour?.()
})
const zone = Intl.DateTimeFormat().resolvedOptions().timeZone
setText(byId('zone'), `times are ${zone}${zone === 'UTC' ? '' : '; tooltips add UTC'}`)
setInterval(() => {
  // Messages draw too; where they come often, the beat has nothing to add.
  if (!document.hidden && performance.now() - lastDrawAt >= BEAT_MS * 0.8) requestDraw()
}, BEAT_MS)
void askClock()
setInterval(() => {
  if (!document.hidden && state === 'live') void askClock()
}, CLOCK_MS)
void connection.run()
