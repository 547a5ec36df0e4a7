/** What the types of a dashboard cannot say: limits of numbers, known units, ascending thresholds, names that are unique. */
import { MillraceError } from '../core/index.ts'
import {
  ANNOTATIONS_MAX,
  type Annotation,
  BARS_MAX,
  type Combine,
  type Dashboard,
  type Level,
  PANELS_MAX,
  type Panel,
  type PanelKind,
  type PanelWidth,
  SERIES_SHOWN_MAX,
  SPAN_MS_MAX,
  type Threshold,
  VARIABLE_VALUES_MAX,
  VARIABLES_MAX,
  type Variable,
} from './view-model.ts'

const SPAN_MS_MIN = 10_000
const STEPS_MAX = 12
const THRESHOLDS_MAX = 6
const STATES_MAX = 16
const UNITS: readonly string[] = ['count', 'perSecond', 'bytes', 'milliseconds', 'seconds', 'percent']
const LEVELS: readonly Level[] = ['info', 'ok', 'warn', 'bad']
const KINDS: readonly PanelKind[] = ['timeSeries', 'stat', 'top', 'bar', 'funnel', 'heatmap', 'stateTimeline', 'table']
/** Settings of panels that take one of a few words. */
const CHOICES: Readonly<Record<string, readonly string[]>> = {
  combine: ['sum', 'last', 'max'] satisfies Combine[],
  width: ['quarter', 'third', 'half', 'twoThirds', 'full'] satisfies PanelWidth[],
  over: ['last', 'span'],
  order: ['value', 'label'],
  show: ['last', 'total'],
}
const VARIABLE_NAME = /^[A-Za-z][A-Za-z0-9_]{0,31}$/

/**
 * Declares a dashboard; the types do the work, and what types cannot say is checked here.
 * @throws MillraceError `config` for limits and units; `resolveDashboard` checks the rest against the streams
 */
export function dashboard(definition: Dashboard): Dashboard {
  const { title, panels, annotations = [], variables = [] } = definition
  const limit = (what: string, count: number, max: number): void => {
    if (count > max) throw new MillraceError('config', `dashboard "${title}" has ${count} ${what}; the limit is ${max}`)
  }
  limit('panels', panels.length, PANELS_MAX)
  limit('annotations', annotations.length, ANNOTATIONS_MAX)
  limit('variables', variables.length, VARIABLES_MAX)
  panels.forEach((panel, index) => checkPanel(panel, panelPlace(definition, panel, index)))
  annotations.forEach((annotation, index) => {
    if (annotation.level !== undefined) checkLevel(annotation.level, annotationPlace(definition, annotation, index))
  })
  variables.forEach((variable, index) => checkVariable(variable, variablePlace(definition, variable, index)))
  const names = variables.map(({ name }) => name)
  const twice = names.find((name, index) => names.indexOf(name) !== index)
  if (twice !== undefined)
    throw new MillraceError('config', `dashboard "${title}" has two variables named "${twice}"; give each its own name`)
  return definition
}

/** Where an error about a panel is, in words. */
export function panelPlace(definition: Dashboard, panel: Panel, index: number): string {
  return `dashboard "${definition.title}", panel ${index + 1} ("${panel.title}")`
}

export function annotationPlace(definition: Dashboard, annotation: Annotation, index: number): string {
  return `dashboard "${definition.title}", annotation ${index + 1} ("${annotation.title}")`
}

export function variablePlace(definition: Dashboard, variable: Variable, index: number): string {
  return `dashboard "${definition.title}", variable ${index + 1} ("${variable.name}")`
}

function checkPanel(panel: Panel, place: string): void {
  checkOneOf('kind', panel.kind, KINDS, place)
  // Configurations that nobody type-checked may have any word here.
  for (const [name, value] of Object.entries(panel) as [string, unknown][]) {
    const known = Object.hasOwn(CHOICES, name) ? CHOICES[name] : undefined
    if (known !== undefined && value !== undefined) checkOneOf(name, value, known, place)
  }
  if (panel.kind !== 'table') checkNumber('spanMs', panel.spanMs, SPAN_MS_MIN, SPAN_MS_MAX, place)
  if (panel.kind !== 'table' && panel.kind !== 'stateTimeline') checkUnit(panel.unit, place)
  switch (panel.kind) {
    case 'timeSeries':
      checkNumber('topN', panel.topN, 1, SERIES_SHOWN_MAX, place)
      return checkThresholds(panel.thresholds, place)
    case 'stat':
      return checkThresholds(panel.thresholds, place)
    case 'bar':
      checkNumber('topN', panel.topN, 1, BARS_MAX, place)
      if (panel.thresholds !== undefined && (panel.stack !== undefined || typeof panel.value !== 'string'))
        throw new MillraceError(
          'config',
          `${place}: thresholds colour whole bars; name one value column and leave out stack, or leave out thresholds`,
        )
      return checkThresholds(panel.thresholds, place)
    case 'top':
    case 'heatmap':
    case 'table':
      return checkNumber('topN', panel.topN, 1, BARS_MAX, place)
    case 'stateTimeline':
      checkNumber('topN', panel.topN, 1, BARS_MAX, place)
      checkNumber('number of states', panel.states?.length, 1, STATES_MAX, place)
      for (const { level } of panel.states ?? []) checkLevel(level, place)
      return checkUnique(panel.states?.map(({ state }) => state) ?? [], 'a state', place)
    case 'funnel':
      checkNumber('number of steps', panel.steps.length, 2, STEPS_MAX, place)
      return checkUnique(panel.steps, 'a funnel step', place)
  }
}

function checkNumber(name: string, value: number | undefined, min: number, max: number, place: string): void {
  if (value !== undefined && !(Number.isInteger(value) && value >= min && value <= max))
    throw new MillraceError('config', `${place}: ${name} must be a whole number from ${min} to ${max}, not ${value}`)
}

function checkUnit(unit: string | undefined, place: string): void {
  if (unit !== undefined && !UNITS.includes(unit) && !/^currency:[A-Z]{3}$/.test(unit))
    throw new MillraceError(
      'config',
      `${place}: unit "${unit}" is unknown; use one of ${UNITS.join(', ')}, or currency:EUR with any ISO 4217 code`,
    )
}

function checkOneOf(name: string, value: unknown, known: readonly string[], place: string): void {
  if (!known.some(one => one === value))
    throw new MillraceError('config', `${place}: ${name} "${String(value)}" is unknown; use one of ${known.join(', ')}`)
}

function checkLevel(level: string, place: string): void {
  checkOneOf('level', level, LEVELS, place)
}

function checkThresholds(thresholds: readonly Threshold[] | undefined, place: string): void {
  if (thresholds === undefined) return
  checkNumber('number of thresholds', thresholds.length, 1, THRESHOLDS_MAX, place)
  thresholds.forEach(({ from, level }, index) => {
    checkLevel(level, place)
    const before = thresholds[index - 1]?.from ?? Number.NEGATIVE_INFINITY
    if (!Number.isFinite(from) || from <= before)
      throw new MillraceError(
        'config',
        `${place}: threshold ${index + 1} begins at ${from}, but each must be a number above the one before`,
      )
  })
}

function checkUnique(values: readonly string[], what: string, place: string): void {
  if (new Set(values).size !== values.length)
    throw new MillraceError('config', `${place}: ${what} is named twice; each has its own value`)
}

function checkVariable({ name, values }: Variable, place: string): void {
  if (!VARIABLE_NAME.test(name))
    throw new MillraceError(
      'config',
      `${place}: the name must be a letter and then letters, digits or "_", 32 at most; it stands in the page's address`,
    )
  checkNumber('number of values', values?.length, 1, VARIABLE_VALUES_MAX, place)
  checkUnique(values ?? [], 'a value', place)
}
