/** What a viewer chooses: a list for each variable, kept in the address so that a link shows the same. */
import type { VariableMessage } from '../protocol.ts'
import { dataText, el, setText } from './dom.ts'
import type { PageContext } from './page.ts'

/** In the address each variable is a parameter of its own name. */
export class VariableBar {
  readonly element = el('div', { class: 'variables', role: 'group', 'aria-label': 'Variables', hidden: '' })
  readonly #choose: (choice: ReadonlyMap<string, string>) => void
  readonly #selects = new Map<string, HTMLSelectElement>()
  readonly #labels = new Map<string, HTMLElement>()
  #variables: readonly VariableMessage[] = []
  #context: PageContext | null = null
  #chosenKey = ''
  #isEnded = false

  constructor(choose: (choice: ReadonlyMap<string, string>) => void) {
    this.#choose = choose
  }

  mount(context: PageContext): void {
    this.#context = context
  }

  /** @param variables null: as before */
  update(variables: readonly VariableMessage[] | null): void {
    if (variables === null) return
    const isFirst = this.#variables.length === 0
    this.#variables = variables
    this.element.hidden = variables.length === 0
    for (const { name, title, values } of variables) {
      const select = this.#selects.get(name) ?? this.#add(name)
      const label = this.#labels.get(name)
      if (label !== undefined) setText(label, title)
      this.#fill(select, values)
    }
    if (isFirst) this.navigated()
  }

  /** The pipeline has ended: nobody is there to give other rows. */
  end(): void {
    this.#isEnded = true
    for (const select of this.#selects.values()) select.disabled = true
  }

  /** The address may name other values. */
  navigated(): void {
    if (this.#context === null || this.#variables.length === 0 || this.#isEnded) return
    for (const { name, values } of this.#variables) {
      const select = this.#selects.get(name)
      if (select === undefined) continue
      select.dataset['chosen'] = this.#context.parameter(name) ?? ''
      select.dataset['isChosen'] = String(this.#context.parameter(name) !== null)
      this.#fill(select, values)
    }
    this.#tell()
  }

  #add(name: string): HTMLSelectElement {
    const select = el('select', { 'data-variable': name })
    select.dataset['isChosen'] = 'false'
    select.addEventListener('change', () => {
      const option = select.selectedOptions[0]
      const isAll = option === undefined || option.dataset['all'] === 'true'
      select.dataset['isChosen'] = String(!isAll)
      select.dataset['chosen'] = isAll ? '' : option.value
      this.#context?.setParameter(name, isAll ? null : option.value)
      this.#tell()
    })
    this.#selects.set(name, select)
    const label = dataText('')
    this.#labels.set(name, label)
    this.element.append(el('label', { class: 'variable' }, label, select))
    return select
  }

  /** Options are made anew only where the values have changed: an open list must not close under the hand. */
  #fill(select: HTMLSelectElement, values: readonly string[]): void {
    const isChosen = select.dataset['isChosen'] === 'true'
    const chosen = select.dataset['chosen'] ?? ''
    // A link may name a value that has not come yet.
    const shown = isChosen && !values.includes(chosen) ? [chosen, ...values] : values
    const key = JSON.stringify(shown)
    if (select.dataset['key'] !== key) {
      select.dataset['key'] = key
      const all = el('option', { 'data-all': 'true', value: '' }, 'all')
      select.replaceChildren(all, ...shown.map(value => el('option', { value }, value === '' ? '(empty)' : value)))
    }
    select.selectedIndex = isChosen ? shown.indexOf(chosen) + 1 : 0
  }

  #tell(): void {
    const choice = new Map<string, string>()
    for (const [name, select] of this.#selects)
      if (select.dataset['isChosen'] === 'true') choice.set(name, select.dataset['chosen'] ?? '')
    const key = JSON.stringify([...choice])
    if (key === this.#chosenKey || (this.#chosenKey === '' && choice.size === 0)) return
    this.#chosenKey = key
    this.#choose(choice)
  }
}

/** What is chosen, as `Device: mobile · Page: /a`; empty where nothing is. */
export function choiceText(variables: readonly VariableMessage[]): string {
  return variables
    .filter(({ chosen }) => chosen !== null)
    .map(({ title, chosen }) => `${title}: ${chosen === '' ? '(empty)' : chosen}`)
    .join(' · ')
}
