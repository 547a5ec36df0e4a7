/** The only ways in which the page makes elements. Data enters as text nodes and attributes, never as markup. */

type Child = Node | string | null

const SVG = 'http://www.w3.org/2000/svg'

/** An element with attributes (an empty class or a null value sets nothing) and children. */
export function el<K extends keyof HTMLElementTagNameMap>(
  name: K,
  attributes: Readonly<Record<string, string | null>> = {},
  ...children: readonly Child[]
): HTMLElementTagNameMap[K] {
  const element = document.createElement(name)
  for (const [key, value] of Object.entries(attributes)) if (value !== null) element.setAttribute(key, value)
  for (const child of children) if (child !== null) element.append(child)
  return element
}

export function svg<K extends keyof SVGElementTagNameMap>(
  name: K,
  attributes: Readonly<Record<string, string>> = {},
  ...children: readonly Node[]
): SVGElementTagNameMap[K] {
  const element = document.createElementNS(SVG, name)
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value)
  element.append(...children)
  return element
}

/** Text that came from data: its writing direction must not spill over to what stands beside it. */
export function dataText(text: string, className = ''): HTMLElement {
  return el('bdi', { class: className === '' ? 'data' : `data ${className}` }, text)
}

/** Sets a text only where it changed, so that selections and screen readers are left alone. */
export function setText(element: Element, text: string): void {
  if (element.textContent !== text) element.textContent = text
}

export function setAttribute(element: Element, name: string, value: string): void {
  if (element.getAttribute(name) !== value) element.setAttribute(name, value)
}

/** Makes a parent have exactly `count` children, keeping those that are there. */
export function resizeChildren(parent: Element, count: number, make: () => Element): void {
  while (parent.childElementCount > count) parent.lastElementChild?.remove()
  while (parent.childElementCount < count) parent.append(make())
}

/** The element of the static page with this id; it is part of index.html. */
export function byId(id: string): HTMLElement {
  const found = document.getElementById(id)
  if (found === null) throw new Error(`the page has no element #${id}`)
  return found
}
