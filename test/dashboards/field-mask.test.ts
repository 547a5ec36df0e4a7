/** What is left of rows, bad events and their messages when columns are masked. */
import { describe, expect, it } from 'vitest'
import { ERROR_STREAM, ERROR_STREAM_SCHEMA, type Schema, typedValueAt } from '../../core/index.ts'
import { FieldMask, LiveView, MASKED, maskedRows } from '../../dashboards/index.ts'
import { SimClock } from '../support/sim-clock.ts'
import { batchOf } from './support/shop.ts'

const mask = new FieldMask(
  ['EMAIL', 'CLICKS.AMOUNT'],
  new Map([
    ['EMAIL', 'mail'],
    ['PAGE', 'page'],
  ]),
)

describe('messages', () => {
  it.each([
    [
      'column "EMAIL" does not take the text "anna@x.y"; expected INTEGER',
      'column "EMAIL" does not take the text ***; expected INTEGER',
    ],
    [
      'column "N" does not take the text "a\\"; expected b@x.y"; expected INTEGER',
      'column "N" does not take the text ***; expected INTEGER',
    ],
    [
      'column "N" does not take the number 12.5; expected VARCHAR(8)',
      'column "N" does not take the number ***; expected VARCHAR(8)',
    ],
    ['column "N" does not take the object {"email":"anna@x.y...', 'column "N" does not take the object ***'],
    ["1:8 'it's anna@x.y' is no DATE", '1:8 *** is no DATE'],
    ["1:8 'anna@x.y and a lot mo", '1:8 ***'],
    ['column "N" does not take the text "anna@x', 'column "N" does not take the text ***'],
  ])('%s', (given, shown) => {
    expect(mask.message(given)).toBe(shown)
    expect(new FieldMask().message(given)).toBe(given)
  })
})

describe('raw data', () => {
  it.each([
    '4111111111111111',
    'anna@x.y',
    '"anna@x.y"',
    '["anna@x.y"]',
    '[{"email":"anna@x.y"}]',
    '"{\\"email\\":\\"anna@x.y\\"}"',
    'null',
  ])('%s is hidden whole, as no field is found in it', text => {
    expect(mask.data(text)).toBe(`*** (${text.length} characters; fields are masked, and these are not a JSON object)`)
    expect(new FieldMask().data(text)).toBe(text)
  })

  it('has no masked field, by its column, by the last step of its Mapping, and where a text is JSON once more', () => {
    const data = {
      page: '/a',
      Email: 'anna@x.y',
      amount: 7,
      contact: { mail: 'anna@x.y' },
      more: '{"email":"anna@x.y","b":1}',
    }
    expect(JSON.parse(mask.data(JSON.stringify(data)))).toEqual({
      page: '/a',
      Email: MASKED,
      amount: MASKED,
      contact: { mail: MASKED },
      more: '{"email":"***","b":1}',
    })
    expect(new FieldMask(['ALL'], new Map([['ALL', '']])).data('{"a":1}')).not.toContain('1}')
  })
})

const SCHEMA: Schema = {
  columns: [
    { name: 'EMAIL', type: { kind: 'VARCHAR', length: 64 }, nullable: true },
    { name: 'AMOUNT', type: { kind: 'BIGINT' }, nullable: true },
    { name: 'N', type: { kind: 'DOUBLE' }, nullable: true },
  ],
}

describe('rows', () => {
  it('lose masked columns and nothing else: texts become ***, other values NULL', () => {
    const batch = batchOf(SCHEMA, 1_000, [['anna@x.y', 4_111n, 3]])
    const rowOf = (stream: string) =>
      SCHEMA.columns.map(({ type }, index) => {
        const vector = maskedRows(mask, stream, batch).columns[index]
        return vector === undefined ? undefined : typedValueAt(vector, type, 0)
      })
    expect(rowOf('CLICKS')).toEqual([MASKED, null, 3])
    expect(rowOf('OTHERS')).toEqual([MASKED, 4_111n, 3])
    expect(maskedRows(new FieldMask(), 'CLICKS', batch)).toBe(batch)
  })

  it('reach no panel, mark, list of choices or line of a page, whatever the choice', () => {
    const view = new LiveView({
      title: 't',
      outputs: new Map([
        ['CLICKS', SCHEMA],
        [ERROR_STREAM, ERROR_STREAM_SCHEMA],
      ]),
      dashboard: {
        title: 't',
        panels: [
          { kind: 'table', title: 'T', stream: 'CLICKS' },
          { kind: 'table', title: 'E', stream: ERROR_STREAM },
          { kind: 'timeSeries', title: 'L', stream: 'CLICKS', series: 'EMAIL', value: 'N' },
        ],
        annotations: [{ title: 'A', stream: 'CLICKS', text: ['EMAIL'] }],
        variables: [{ name: 'who', column: 'EMAIL' }],
      },
      mask,
      clock: new SimClock(1_000),
    })
    view.rows('CLICKS', batchOf(SCHEMA, 1_000, [['anna@x.y', 4_111n, 3]]))
    const message = 'column "N" does not take the text "anna@x.y"; expected INTEGER'
    const hex = Buffer.from('{"email":"anna@x.y"}').toString('hex')
    const values = ERROR_STREAM_SCHEMA.columns.map(({ name }) =>
      name === 'MESSAGE' ? message : name === 'DATA_ROW' ? hex : null,
    )
    view.rows(ERROR_STREAM, batchOf(ERROR_STREAM_SCHEMA, 1_000, [values]))
    view.publish()
    for (const choice of [new Map<string, string>(), new Map([['who', MASKED]])]) {
      const text = JSON.stringify(view.snapshot(choice))
      expect(text).toContain(MASKED)
      for (const secret of ['anna@', '4111', hex]) expect([secret, text.includes(secret)]).toEqual([secret, false])
    }
    expect(view.errorSamples[0]?.data).toBe('{"email":"***"}')
  })
})
