import type { Span } from '../expression/ast.js'
import { commandAt, Nesting, optionalAt, skipSpaces } from './latexSyntax.js'
import { type MappedText, MappedTextBuilder } from './mappedText.js'

/** A command or environment of the author's. */
interface Macro {
  readonly arguments: number
  /** What the first argument is where it is left out; none where it must stand. */
  readonly optional: string | undefined
  /** Whether a star may stand behind its name. */
  readonly starred: boolean
  readonly body: string
  /** Why it cannot be expanded. */
  readonly why: string | undefined
}

/** A text with the author's commands replaced by what they stand for. */
export interface Expanded {
  readonly mapped: MappedText
  /** What could not be expanded: the offset in the expanded text, how it was written, and why. */
  readonly problems: readonly { readonly at: number; readonly text: string; readonly why: string }[]
  /** What the author calls an environment, `\newtheorem{askisi}{Άσκηση}`. */
  readonly titles: ReadonlyMap<string, string>
}

/** More characters than this no author's commands stand for. */
const mostExpanded = 100_000
const mostUses = 10_000
const deepest = 50

const definitions =
  /^(?:re|provide)?newcommand$|^providecommand$|^[gex]?def$|^let$|^DeclareMathOperator$|^DeclarePairedDelimiter$|^(?:re)?newenvironment$|^newtheorem$|^(?:New|Renew|Provide|Declare)DocumentCommand$|^DeclareRobustCommand$/

/** Whether a text defines commands at all. */
export function definesMacros(text: string): boolean {
  return /\\(?:re|provide)?newcommand|\\providecommand|\\[gex]?def(?![a-zA-Z])|\\let(?![a-zA-Z])|\\Declare(?:Math|Paired|Robust)|\\(?:re)?newenvironment|\\newtheorem|DocumentCommand/.test(
    text,
  )
}

/**
 * Expands the author's commands and environments (`\newcommand`, `\def`, `\let`, `\DeclareMathOperator`, `\newenvironment`, …), each
 * from where it is defined on; the definitions themselves are left out. Every character keeps its place: those of an argument
 * their own, those of a definition the place of its use. What expands without end, too far, or has arguments of an
 * unusual form stands as it was written, and is a problem. `code` is left alone.
 */
export function expandMacros(source: MappedText, file: string, code: readonly Span[]): Expanded {
  const macros = new Map<string, Macro>()
  const titles = new Map<string, string>()
  const problems: { at: number; text: string; why: string }[] = []
  const complained = new Set<string>()
  let expanded = 0
  let uses = 0
  let here = 0

  return { mapped: expand(source, [], code), problems, titles }

  function expand(input: MappedText, stack: readonly string[], literal: readonly Span[]): MappedText {
    const { text } = input
    if (!text.includes('\\')) return input
    const nesting = new Nesting(text)
    const out = new MappedTextBuilder(file)
    const lineEnd = /[ \t]*\r?\n/y
    let blankLine = true
    let from = 0
    let nextLiteral = 0
    for (let at = text.indexOf('\\'); at >= 0; at = text.indexOf('\\', at)) {
      while (nextLiteral < literal.length && literal[nextLiteral].end <= at) nextLiteral++
      if (nextLiteral < literal.length && literal[nextLiteral].start <= at) {
        at = literal[nextLiteral].end
        continue
      }
      const { name, end } = commandAt(text, at)
      const defined = definitions.test(name) ? define(text, name, end, nesting) : undefined
      if (defined !== undefined) {
        out.append(input.slice(from, at))
        const before = text.slice(from, at)
        blankLine = (blankLine || before.includes('\n')) && /(?:^|\n)[ \t]*$/.test(before)
        // A line of definitions alone is no blank line without them.
        lineEnd.lastIndex = defined
        from = defined + (blankLine ? (lineEnd.exec(text)?.[0].length ?? 0) : 0)
        at = from
        continue
      }
      const use = useAt(input, at, name, end, nesting, stack, () => {
        if (stack.length === 0) here = out.length + (at - from)
      })
      if (use === undefined) {
        at = end
        continue
      }
      out.append(input.slice(from, at))
      out.append(use.result)
      from = use.end
      at = use.end
      blankLine = false
    }
    out.append(input.slice(from, text.length))
    return out.build()
  }

  /** What stands for a use of a macro, and where the use ends. */
  function useAt(
    input: MappedText,
    at: number,
    name: string,
    nameEnd: number,
    nesting: Nesting,
    stack: readonly string[],
    atUse: () => void,
  ): { readonly result: MappedText; readonly end: number } | undefined {
    const { text } = input
    const environment = name === 'begin' || name === 'end' ? nesting.argumentAt(text, nameEnd) : undefined
    const key = environment === undefined ? name : `${name} ${text.slice(environment.start, environment.end)}`
    const macro = macros.get(key)
    if (macro === undefined) return undefined
    atUse()
    const shown = `\\${name}`
    if (macro.why !== undefined) return complain(shown, macro.why)
    if (expanded > mostExpanded || uses > mostUses)
      return complain(
        shown,
        `the author's commands stand for more than ${mostExpanded} characters; they are not expanded further`,
      )
    if (stack.includes(key)) return complain(shown, `${shown} is defined by itself and expands without end`)
    if (stack.length >= deepest) return complain(shown, `commands are defined by each other more than ${deepest} deep`)
    let end = environment === undefined ? nameEnd : environment.end + 1
    if (macro.starred && text[end] === '*') end++
    const arguments_: (MappedText | string)[] = []
    for (let i = 0; i < macro.arguments; i++) {
      const optional = i === 0 && macro.optional !== undefined ? optionalAt(text, end) : undefined
      if (i === 0 && macro.optional !== undefined && optional === undefined) {
        arguments_.push(macro.optional)
        continue
      }
      const argument = optional ?? nesting.argumentAt(text, end) ?? singleAt(text, end)
      if (argument === undefined) return complain(shown, `an argument of ${shown} is missing`)
      arguments_.push(expand(input.slice(argument.start, argument.end), stack, []))
      end = argument.end + (text[argument.start - 1] === '{' || text[argument.start - 1] === '[' ? 1 : 0)
    }
    const place = { start: input.originOf(at), end: input.originOf(end) }
    const out = new MappedTextBuilder(file)
    let from = 0
    for (const { 0: mark, 1: digit, index } of macro.body.matchAll(/#(\d)/g)) {
      out.insert(macro.body.slice(from, index), place)
      const argument = arguments_[Number(digit) - 1]
      if (typeof argument === 'string') out.insert(argument, place)
      else if (argument !== undefined) out.append(argument)
      from = index + mark.length
    }
    out.insert(macro.body.slice(from), place)
    // What ends with a command's name must not run into the letters behind it.
    if (/\\[a-zA-Z]+$/.test(macro.body) && /[a-zA-Z]/.test(text[end] ?? '')) out.insert(' ', place)
    expanded += out.length
    uses++
    return { result: expand(out.build(), [...stack, key], []), end }
  }

  function complain(text: string, why: string): undefined {
    if (complained.has(why)) return
    complained.add(why)
    problems.push({ at: here, text, why })
  }

  /** Takes up a definition and says where it ends; `undefined` where it is none. */
  function define(text: string, command: string, nameEnd: number, nesting: Nesting): number | undefined {
    let at = skipSpaces(text, text[nameEnd] === '*' ? nameEnd + 1 : nameEnd)
    if (/^(?:re)?newenvironment$|^newtheorem$/.test(command)) return defineEnvironment(text, command, at, nesting)
    const braced = nesting.argumentAt(text, at)
    const start = braced === undefined ? at : skipSpaces(text, braced.start)
    if (text[start] !== '\\') return undefined
    const { name, end } = commandAt(text, start)
    at = braced === undefined ? end : braced.end + 1
    if (command === 'let') return defineLike(text, name, at)
    if (/def$/.test(command)) return definePlain(text, name, at, nesting)
    if (command === 'DeclarePairedDelimiter') {
      const left = nesting.argumentAt(text, at)
      const right = left === undefined ? undefined : nesting.argumentAt(text, left.end + 1)
      if (left === undefined || right === undefined) return undefined
      const body = `${text.slice(left.start, left.end)} #1 ${text.slice(right.start, right.end)}`
      set(name, { arguments: 1, starred: true, body })
      return right.end + 1
    }
    if (/DocumentCommand$/.test(command)) return defineBySpecification(text, name, at, nesting)
    const head = command === 'DeclareMathOperator' ? { count: 0, optional: undefined, at } : parameters(text, at)
    const body = nesting.argumentAt(text, head.at)
    if (body === undefined) return undefined
    const written = text.slice(body.start, body.end)
    if (command !== 'providecommand' || !macros.has(name))
      set(name, {
        arguments: head.count,
        optional: head.optional,
        body: command === 'DeclareMathOperator' ? `\\operatorname{${written}}` : written,
      })
    return body.end + 1
  }

  /** `\let\a=\b`: from here on `\a` stands for what `\b` stands for. */
  function defineLike(text: string, name: string, at: number): number | undefined {
    let start = skipSpaces(text, at)
    if (text[start] === '=') start = skipSpaces(text, start + 1)
    if (text[start] !== '\\') return undefined
    const { name: other, end } = commandAt(text, start)
    const known = macros.get(other)
    if (known !== undefined) macros.set(name, known)
    else if (other !== name) set(name, { body: `\\${other}` })
    return end
  }

  /** `\def\a#1#2{…}`. */
  function definePlain(text: string, name: string, at: number, nesting: Nesting): number | undefined {
    const open = text.indexOf('{', at)
    const body = open < 0 || open > at + 100 ? undefined : nesting.argumentAt(text, open)
    if (body === undefined) return undefined
    const parameterText = text.slice(at, open).replaceAll(/\s/g, '')
    const usual = /^(?:#\d)*$/.test(parameterText)
    set(name, {
      arguments: parameterText.length / 2,
      body: text.slice(body.start, body.end),
      ...(!usual && { why: `\\${name} is defined with arguments of an unusual form` }),
    })
    return body.end + 1
  }

  /** `\NewDocumentCommand{\a}{O{1} m}{…}`. */
  function defineBySpecification(text: string, name: string, at: number, nesting: Nesting): number | undefined {
    const specification = nesting.argumentAt(text, at)
    const body = specification === undefined ? undefined : nesting.argumentAt(text, specification.end + 1)
    if (specification === undefined || body === undefined) return undefined
    const written = text.slice(specification.start, specification.end).trim()
    const usual = /^(?:o|O\{([^{}]*)\})?\s*((?:m\s*)*)$/.exec(written)
    set(name, {
      arguments: (usual?.[2].match(/m/g)?.length ?? 0) + (/^o/i.test(written) ? 1 : 0),
      optional: /^o/i.test(written) ? (usual?.[1] ?? '') : undefined,
      body: text.slice(body.start, body.end),
      ...(usual === null && { why: `\\${name} is defined with arguments of an unusual form` }),
    })
    return body.end + 1
  }

  function defineEnvironment(text: string, command: string, at: number, nesting: Nesting): number | undefined {
    const named = nesting.argumentAt(text, at)
    if (named === undefined) return undefined
    const name = text.slice(named.start, named.end)
    if (command === 'newtheorem') {
      const counter = optionalAt(text, named.end + 1)
      const title = nesting.argumentAt(text, counter === undefined ? named.end + 1 : counter.end + 1)
      if (title === undefined) return undefined
      titles.set(name, text.slice(title.start, title.end))
      const within = optionalAt(text, title.end + 1)
      return within === undefined ? title.end + 1 : within.end + 1
    }
    const head = parameters(text, named.end + 1)
    const begin = nesting.argumentAt(text, head.at)
    const end = begin === undefined ? undefined : nesting.argumentAt(text, begin.end + 1)
    if (begin === undefined || end === undefined) return undefined
    set(`begin ${name}`, {
      arguments: head.count,
      optional: head.optional,
      body: text.slice(begin.start, begin.end),
    })
    set(`end ${name}`, { body: text.slice(end.start, end.end) })
    return end.end + 1
  }

  function set(name: string, macro: Partial<Macro> & Pick<Macro, 'body'>): void {
    macros.set(name, { arguments: 0, optional: undefined, starred: false, why: undefined, ...macro })
  }
}

/** `[2]` or `[2][default]` behind the name of a new command. */
function parameters(text: string, at: number): { count: number; optional: string | undefined; at: number } {
  const count = optionalAt(text, at)
  if (count === undefined) return { count: 0, optional: undefined, at }
  const optional = optionalAt(text, count.end + 1)
  return {
    count: Math.min(9, Number.parseInt(text.slice(count.start, count.end), 10) || 0),
    optional: optional === undefined ? undefined : text.slice(optional.start, optional.end),
    at: (optional ?? count).end + 1,
  }
}

/** An argument without braces: one command or one character. */
function singleAt(text: string, at: number): Span | undefined {
  const start = skipSpaces(text, at)
  if (start >= text.length || /[\s{}$&]/.test(text[start])) return undefined
  return { start, end: text[start] === '\\' ? commandAt(text, start).end : start + 1 }
}
