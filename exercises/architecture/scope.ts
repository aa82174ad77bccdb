/** Names of a list of layers, and of the lists around it. */
export class Scope {
  readonly prefix: string
  private readonly outer: Scope | undefined
  private readonly own = new Map<string, number>()

  constructor(prefix: string, outer?: Scope) {
    this.prefix = prefix
    this.outer = outer
  }

  has(name: string): boolean {
    return this.own.has(name)
  }

  set(name: string, node: number): void {
    this.own.set(name, node)
  }

  find(name: string): number | undefined {
    return this.own.get(name) ?? this.outer?.find(name)
  }

  names(): readonly string[] {
    return [...this.own.keys(), ...(this.outer?.names() ?? [])]
  }
}
