/** Asks for the token where a page without it would show nothing. */
import { el } from './dom.ts'

let forms = 0

/** @param words what it is needed for */
export function tokenForm(words: string, onToken: (token: string) => void): HTMLFormElement {
  const id = `token-${++forms}`
  const input = el('input', { id, type: 'password', autocomplete: 'off', spellcheck: 'false' })
  const form = el(
    'form',
    { class: 'token' },
    el('label', { for: id }, `${words} To see it, enter the token that was printed at the start:`),
    el('span', { class: 'token-line' }, input, el('button', { class: 'quiet', type: 'submit' }, 'show')),
  )
  form.addEventListener('submit', event => {
    event.preventDefault()
    onToken(input.value.trim())
    input.value = ''
  })
  return form
}
