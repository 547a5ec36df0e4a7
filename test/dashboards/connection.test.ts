/** The states of a page's connection, against answers of a server that are made here. */
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { Connection } from '../../dashboards/live/page/connection.ts'

/** What the server does next time it is asked, and what it was asked for. */
let answers: (() => Response)[] = []
let asked: string[] = []
let states: string[] = []

beforeEach(() => {
  vi.useFakeTimers()
  answers = []
  asked = []
  states = []
  vi.stubGlobal('fetch', async (path: string) => {
    asked.push(path)
    const answer = answers.shift()
    if (answer === undefined) throw new TypeError('no server')
    return answer()
  })
})
afterEach(() => {
  vi.useRealTimers()
  vi.unstubAllGlobals()
})

const answer = (report: object | null) => () =>
  new Response(`id: a-1\nevent: snapshot\ndata: ${JSON.stringify({ type: 'snapshot', status: { report } })}\n\n`)

function connect(message: () => void = () => {}): Connection {
  return new Connection({ message, state: state => void states.push(state) }, () => null)
}

describe('a connection', () => {
  it('says that it is lost when that happens after a choice was made during back-off', async () => {
    const connection = connect()
    void connection.run()
    await vi.advanceTimersByTimeAsync(1)
    expect(states).toEqual(['connecting', 'reconnecting'])
    connection.choose(new Map([['device', 'mobile']]))
    answers = [answer(null)]
    await vi.advanceTimersByTimeAsync(2_000)
    expect(asked.slice(0, 2)).toEqual(['/events', '/events?var-device=mobile'])
    expect(states.slice(2, 4)).toEqual(['live', 'reconnecting'])
    connection.stop()
  })

  it('stays ended whatever is chosen then', async () => {
    const connection = connect()
    answers = [answer({})]
    await connection.run()
    connection.choose(new Map([['device', 'mobile']]))
    await vi.advanceTimersByTimeAsync(60_000)
    expect([asked, states]).toEqual([['/events'], ['connecting', 'ended']])
  })

  it('ends with the rows of a choice that the first snapshot brought about', async () => {
    let isFirst = true
    const connection = connect(() => {
      if (isFirst) connection.choose(new Map([['device', 'mobile']]))
      isFirst = false
    })
    answers = [answer({}), answer({})]
    await connection.run()
    expect([asked, states.at(-1)]).toEqual([['/events', '/events?var-device=mobile'], 'ended'])
  })
})
