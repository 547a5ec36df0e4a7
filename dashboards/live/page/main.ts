/** Starts the page: one connection, the pages behind their tabs, and a steady beat that moves the charts. */
import type { LiveMessage } from '../protocol.ts'
import { Connection, type ConnectionState } from './connection.ts'
import { byId, setAttribute, setText } from './dom.ts'
import { formatTime } from './format.ts'
import { allPages } from './pages.ts'
import { Router } from './router.ts'
import { startTheme } from './theme.ts'
import { currentToken, setToken, takeTokenFromAddress } from './token.ts'

/** Charts move by about a pixel at each beat; people who asked for less motion get fewer. */
const BEAT_MS = matchMedia('(prefers-reduced-motion: reduce)').matches ? 2_000 : 500

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

const pill = byId('connection')
const pillWords = byId('connection-words')
const main = byId('page')
const connection = new Connection({ message: take, state: setState }, currentToken)
const pages = allPages({ choose: choice => connection.choose(choice) })
const router = new Router(pages, byId('pages'), main, { token: currentToken, setToken, now, requestDraw })

/** Without news the charts stand still: they must not suggest that nothing happened. */
function now(): number {
  return state === 'live' ? Date.now() + clockAhead : lastMessageAt
}

function draw(): void {
  isDrawDue = false
  router.shown.draw?.(now())
}

function requestDraw(): void {
  if (isDrawDue) return
  isDrawDue = true
  requestAnimationFrame(draw)
}

function take(message: LiveMessage): void {
  clockAhead = message.now - Date.now()
  lastMessageAt = message.now
  for (const page of pages) page.message?.(message)
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
  if (!document.hidden) requestDraw()
}, BEAT_MS)
void connection.run()
