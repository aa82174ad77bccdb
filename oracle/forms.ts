import type { Attributes, AttributeValue, Declaration } from './contract.js'
import type { Tensors } from './tensor.js'

/** So many forms of calls of one operator are kept. */
const mostForms = 1000

/** What depends on the form of a call alone, that is its shapes and attributes, by operator and form. */
export class ValidForms<T> {
  private readonly known = new WeakMap<Declaration, Map<string, T>>()

  /** What was made for a call of this form before; else makes it. What `make` throws is not kept. */
  of(declaration: Declaration, inputs: Tensors, attributes: Attributes, make: () => T): T {
    const ofOperator = this.known.get(declaration) ?? new Map<string, T>()
    this.known.set(declaration, ofOperator)
    const form = formOf(inputs, attributes)
    const before = ofOperator.get(form)
    if (before !== undefined) return before
    const made = make()
    if (ofOperator.size >= mostForms) ofOperator.clear()
    ofOperator.set(form, made)
    return made
  }
}

/** A text that two calls have in common only if all their shapes and attributes are the same, in the same order. */
function formOf(inputs: Tensors, attributes: Attributes): string {
  const [given, chosen] = [Object.keys(inputs), Object.keys(attributes)]
  let form = `${given.length},${chosen.length};`
  for (const name of given) form += `${name}:${inputs[name]?.shape.join()};`
  for (const name of chosen) form += `${name}=${textOf(attributes[name])};`
  return form
}

function textOf(value: AttributeValue | undefined): string {
  if (Array.isArray(value)) return `[${value.map(textOf).join()}]`
  if (typeof value === 'string') return JSON.stringify(value)
  return Object.is(value, -0) ? '-0' : String(value)
}
