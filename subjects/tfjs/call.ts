import type { AttributeValue } from '../../oracle/contract.js'

/** A call's attributes as the contract completes them; each reader throws a TypeError where it holds something else. */
export class Settings {
  private readonly attributes: Readonly<Record<string, AttributeValue>>

  constructor(attributes: Readonly<Record<string, AttributeValue>>) {
    this.attributes = attributes
  }

  number(name: string): number {
    const value = this.attributes[name]
    return typeof value === 'number' ? value : this.wrong(name, 'a number')
  }

  text(name: string): string {
    const value = this.attributes[name]
    return typeof value === 'string' ? value : this.wrong(name, 'a text')
  }

  boolean(name: string): boolean {
    const value = this.attributes[name]
    return typeof value === 'boolean' ? value : this.wrong(name, 'true or false')
  }

  /** [height, width]. */
  pair(name: string): [number, number] {
    const value = this.attributes[name]
    return typeof value === 'object' && value.length === 2 ? [value[0], value[1]] : this.wrong(name, 'a pair')
  }

  private wrong(name: string, wanted: string): never {
    throw new TypeError(`attribute ${name} is ${String(this.attributes[name])}; it should be ${wanted}`)
  }
}
