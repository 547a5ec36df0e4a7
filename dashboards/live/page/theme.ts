/** Light, dark, or as the system has it; remembered in this browser. */

type Theme = 'auto' | 'light' | 'dark'

const KEY = 'millrace-theme'
const ORDER: readonly Theme[] = ['auto', 'light', 'dark']
const WORDS: Readonly<Record<Theme, string>> = { auto: 'as the system', light: 'light', dark: 'dark' }

/** Puts the button in charge; `changed` is called when colours have to be read again. */
export function startTheme(button: HTMLElement, changed: () => void): void {
  let theme = stored()
  const apply = (): void => {
    if (theme === 'auto') document.documentElement.removeAttribute('data-theme')
    else document.documentElement.setAttribute('data-theme', theme)
    button.setAttribute('data-choice', theme)
    button.setAttribute('aria-label', `Colours: ${WORDS[theme]}. Change`)
    button.setAttribute('title', `Colours: ${WORDS[theme]}`)
    changed()
  }
  button.addEventListener('click', () => {
    theme = ORDER[(ORDER.indexOf(theme) + 1) % ORDER.length] ?? 'auto'
    try {
      localStorage.setItem(KEY, theme)
    } catch {
      // A browser that stores nothing forgets the choice; that is its user's wish.
    }
    apply()
  })
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', changed)
  apply()
}

function stored(): Theme {
  try {
    const value = localStorage.getItem(KEY)
    return ORDER.find(theme => theme === value) ?? 'auto'
  } catch {
    return 'auto'
  }
}

/** The value of a custom property of the style sheet, such as a colour for a canvas. */
export function cssValue(name: string): string {
  return getComputedStyle(document.documentElement).getPropertyValue(name).trim()
}
