/** Starts the page: one connection, its pages, and a steady beat that moves the charts. */
import type { LiveMessage } from '../protocol.ts'
import { Connection, type ConnectionState } from './connection.ts'
import { byId, el, setAttribute, setText } from './dom.ts'
import { formatTime } from './format.ts'
import { OverviewPage } from './overview-page.ts'
import type { Page } from './page.ts'
import { startTheme } from './theme.ts'
import { currentToken, takeTokenFromAddress } from './token.ts'

/** Charts move by about a pixel at each beat; people who asked for less motion get fewer. */
const BEAT_MS = matchMedia('(prefers-reduced-motion: reduce)').matches ? 2_000 : 500

const STATE_WORDS: Readonly<Record<ConnectionState, string>> = {
  connecting: 'connecting',
  live: 'live',
  reconnecting: 'reconnecting',
  ended: 'ended',
}

takeTokenFromAddress()
const pages: readonly Page[] = [new OverviewPage()]
let shown: Page | undefined = pages[0]
let state: ConnectionState = 'connecting'
let clockAhead = 0
let lastMessageAt = 0
let isDrawDue = false

const pill = byId('connection')
const pillWords = byId('connection-words')

function show(): void {
  shown = pages.find(page => `#${page.id}` === location.hash) ?? pages[0]
  for (const page of pages) page.element.hidden = page !== shown
  for (const link of byId('pages').querySelectorAll('a'))
    if (link.hash === `#${shown?.id ?? ''}`) link.setAttribute('aria-current', 'page')
    else link.removeAttribute('aria-current')
  requestDraw()
}

function draw(): void {
  isDrawDue = false
  // Without news the charts stand still: they must not suggest that nothing happened.
  shown?.draw(state === 'live' ? Date.now() + clockAhead : lastMessageAt)
}

function requestDraw(): void {
  if (isDrawDue) return
  isDrawDue = true
  requestAnimationFrame(draw)
}

function take(message: LiveMessage): void {
  clockAhead = message.now - Date.now()
  lastMessageAt = message.now
  for (const page of pages) {
    if (message.type === 'snapshot') page.snapshot(message)
    else page.delta(message)
  }
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

const nav = byId('pages')
nav.hidden = pages.length < 2
nav.append(...pages.map(page => el('a', { href: `#${page.id}` }, page.title)))
window.addEventListener('hashchange', show)
startTheme(byId('theme'), () => {
  for (const page of pages) page.recolour()
})
const zone = Intl.DateTimeFormat().resolvedOptions().timeZone
setText(byId('zone'), `times are ${zone}${zone === 'UTC' ? '' : '; tooltips add UTC'}`)
show()
setInterval(() => {
  if (!document.hidden) requestDraw()
}, BEAT_MS)
void new Connection({ message: take, state: setState }, currentToken).run()
