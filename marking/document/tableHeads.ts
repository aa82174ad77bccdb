import { keyOf, type SymbolTable } from '../expression/names.js'
import { conceptsIn } from '../words.js'

/** What the head of a column, or the first cell of a row, says of the values beside or below it. */
export type Role =
  /** Names or numbers the rows, or holds what is no value of the exercise by itself. */
  | 'label'
  /** The value of what the row names, before or after an update, or whenever. */
  | 'value'
  | 'old'
  | 'new'
  /** The change of it, or the gradient of the loss by it. */
  | 'change'
  | 'gradient'

const changeHead =
  /^(Δ|\\Delta|delta\b|change|update\b|weight update|step\b|correction|μεταβολ|ανανεωση|διορθωση|promjen|anderung|aktualisierung|changement|mise a jour|variation|cambio|actualizacion)/iu
const gradientHead = /^(∂|\\frac|\\partial|\\nabla|∇|grad|d[A-Z]\/d|παραγωγ|κλιση|derivat|ableitung|gradijent|deriv)/iu
const newHead = /('|′|\\prime|\+\s*(Δ|\\Delta)|\(?t\s*\+\s*1\)?|_?\{?new\}?|\^\{?new)/u
const oldHead = /^(w|W|\\theta|θ|w_?\{?ij\}?|w_?\{?old\}?|w\^\{?(\(?0\)?|old|\(?t\)?)\}?|w\(t\)|w_\{?t\}?)$/u
const valueHead =
  /^(|values?|result|results|answer|amount|number|calculation|computation|formula|=|τιμ.*|αποτελεσμα.*|υπολογισμ.*|απαντησ.*|vrijednost.*|rezultat.*|racun.*|izracun.*|wert.*|ergebnis.*|rechnung.*|berechnung.*|valeur.*|resultat.*|calcul.*|valor.*|resultado.*|calculo.*)$/u

/** The role of a column by the words and signs of its head; undefined where they say nothing known. */
export function roleOfHead(head: string): Role | undefined {
  const plain = plainHead(head)
  if (changeHead.test(plain)) return newHead.test(plain.slice(1)) ? 'new' : 'change'
  if (gradientHead.test(plain)) return 'gradient'
  const said = conceptsIn(head)
  if (said.has('later')) return 'new'
  if (said.has('earlier')) return 'old'
  if (newHead.test(plain)) return 'new'
  if (oldHead.test(plain)) return 'old'
  return valueHead.test(plain.toLowerCase()) ? 'value' : undefined
}

/** The title under which a table's values before an update stand. */
export const oldValues = 'old values'

/** A head without dollars, accents and emphasis. */
function plainHead(head: string): string {
  return head
    .normalize('NFD')
    .replaceAll(/[\u0300-\u036f$*]/gu, '')
    .trim()
}

/** What part of a layer a column is about, by the beginnings of symbols that exercises list for it. */
const aspects: readonly { readonly name: string; readonly head: RegExp; readonly bases: readonly string[] }[] = [
  {
    name: 'jump in',
    head: /^(j_?\{?(in|ul)\}?|input jump|jump in)/iu,
    bases: ['j'],
  },
  { name: 'jump', head: /^(j\b|j_?\{?out\}?|jump|skok|pomak jezgre)/iu, bases: ['j'] },
  {
    name: 'receptive field',
    head: /(^(rf|r|r_?\{?out\}?)$|recept|υποδεκτ|αντιληπτικ|rezept|champ)/iu,
    bases: ['r', 'R'],
  },
  { name: 'parameters', head: /(param|παραμετρ|^weights$|^βαρη$)/iu, bases: ['parameters', 'P'] },
  {
    name: 'operations',
    head: /(flops|^macs?$|multipl|πολλαπλασιασμ|operacij|mults)/iu,
    bases: ['M'],
  },
  {
    name: 'kernel',
    head: /(kernel|filter size|filter$|^filters? ?\(|jezgr|φιλτρ|πυρην|^k$|^f$|window|fenster|noyau|tamano)/iu,
    bases: ['kernel'],
  },
  { name: 'stride', head: /(stride|korak|βημα|schritt|pas$|paso|^s$)/iu, bases: ['stride'] },
  { name: 'padding', head: /(pad|nadopun|συμπληρωσ)/iu, bases: ['padding'] },
  { name: 'filters', head: /(^channels|^filters$|^# ?filters|number of filters|^maps)/iu, bases: ['filters'] },
  {
    name: 'shape',
    head: /(output|out$|shape|tensor|tenzor|dimen|size|izlaz|εξοδ|διαστασ|σχημα|ausgab|grosse|form$|sortie|taille|salida|activation|feature map)/iu,
    bases: ['shape'],
  },
]

/** The kinds of layers, by words for them, and the beginnings of the tags that exercises give them. */
const layerKinds: readonly { readonly tag: string; readonly words: RegExp }[] = [
  { tag: 'conv', words: /(conv|konv|συνελι|falt)/iu },
  { tag: 'pool', words: /(pool|sazim|saz[iˇ]|υποδειγμ|συγκεντρ|συσσωρευσ)/iu },
  { tag: 'relu', words: /relu/iu },
  { tag: 'norm', words: /(lrn|norm)/iu },
  { tag: 'drop', words: /drop/iu },
  { tag: 'flatten', words: /(flatten|vektor|vector|ισοπεδ|aplat|aplan)/iu },
  { tag: 'softmax', words: /softmax/iu },
  { tag: 'fc', words: /(^fc|dense|linear|fully|potpuno|πληρως|πυκν|vollverb|dicht|entierement|densa|totalmente)/iu },
  { tag: 'input', words: /(input|image|slika|ulaz|εισοδ|εικον|eingab|bild|entree|entrada|imagen)/iu },
  { tag: 'total', words: /(total|sum|Σ|∑|ukupno|συνολ|gesamt|summe|somme)/iu },
]

/** Kinds of layers that leave shapes of fields as they are. */
const passing: ReadonlySet<string> = new Set(['relu', 'norm', 'drop', 'flatten', 'softmax'])

/** The layers of an exercise that has a table of them, as far as its symbols tell. */
export class LayerTable {
  /** For each aspect, the keys of the layers' quantities by the layers' tags, in their order. */
  private readonly keys = new Map<string, Map<string, string>>()
  private readonly tags: readonly string[]

  constructor(symbols: SymbolTable) {
    for (const { name, bases } of aspects) {
      const found = new Map<string, string>()
      for (const key of symbols.keys) {
        const tag = tagBehind(key, bases)
        if (tag !== undefined && !found.has(tag)) found.set(tag, key)
      }
      this.keys.set(name, found)
    }
    this.tags = [...new Set([...this.keysOf('shape').keys(), ...this.keysOf('parameters').keys()])]
  }

  private keysOf(aspect: string): ReadonlyMap<string, string> {
    return this.keys.get(aspect) ?? new Map<string, string>()
  }

  get isEmpty(): boolean {
    return this.keysOf('shape').size < 2
  }

  /** The aspect that a head names. */
  aspectOf(head: string): string | undefined {
    const plain = plainHead(head)
    return aspects.find((aspect) => aspect.head.test(plain))?.name
  }

  /** Whether the exercise has an aspect of any layer. */
  knows(aspect: string): boolean {
    return this.keysOf(aspect === 'jump in' ? 'jump' : aspect).size > 0
  }

  /** Whether the values of an aspect are lengths of one side, so that `7×7` is 7. */
  isLength(aspect: string): boolean {
    return aspect !== 'shape' && aspect !== 'parameters' && aspect !== 'operations'
  }

  /** The tag of the layer that each row is about: by its own number, or by its place among the rows of its kind. */
  rowTags(labels: readonly string[]): readonly (string | undefined)[] {
    const kinds = labels.map((label) => layerKinds.find(({ words }) => words.test(plainHead(label)))?.tag)
    return labels.map((_, row) => {
      const kind = kinds[row]
      if (kind === undefined) return undefined
      if (kind === 'total') return kind
      const rows = kinds.flatMap((other, i) => (other === kind ? [i] : []))
      const known = this.tags.filter((tag) => tag.replace(/\d+$/, '') === kind)
      const numbered = rows.map((i) => `${kind}${numberIn(labels[i])}`)
      const own = numbered[rows.indexOf(row)]
      const distinct = new Set(numbered).size === numbered.length
      if (distinct && numbered.every((tag) => known.includes(tag) || tag === kind)) {
        if (known.includes(own)) return own
        return known.length === 1 ? known[0] : undefined
      }
      return rows.length === known.length ? known[rows.indexOf(row)] : kind === 'input' ? kind : undefined
    })
  }

  /** Whether a layer has no parameters, whatever the exercise says of it. */
  hasNoParameters(row: number, tags: readonly (string | undefined)[]): boolean {
    const kind = tags[row]?.replace(/\d+$/, '')
    return kind !== undefined && (kind === 'pool' || (passing.has(kind) && kind !== 'norm'))
  }

  /** The key of what a cell of the layer table says. */
  keyAt(aspect: string, row: number, tags: readonly (string | undefined)[]): string | undefined {
    const tag = tags[row]
    if (tag === undefined) return undefined
    const keys = this.keysOf(aspect === 'jump in' ? 'jump' : aspect)
    if (tag === 'total') return keys.get('total') ?? keys.get('')
    const kind = tag.replace(/\d+$/, '')
    const own = keys.get(tag) ?? (aspect === 'kernel' || aspect === 'stride' ? this.settingOf(aspect, tag) : undefined)
    if (own !== undefined || !passing.has(kind)) return own
    if (aspect === 'jump in') return nearest(tags.slice(row + 1), keys)
    return aspect === 'jump' || aspect === 'receptive field' ? nearest(tags.slice(0, row).reverse(), keys) : undefined
  }

  /** `kernel_2` for the second convolution, `pool size` for all poolings. */
  private settingOf(aspect: string, tag: string): string | undefined {
    const number = /\d+$/.exec(tag)?.[0] ?? ''
    if (tag.startsWith('conv')) return this.keysOf(aspect).get(number)
    return tag.startsWith('pool') ? this.keysOf(aspect).get('pool') : undefined
  }
}

function nearest(tags: readonly (string | undefined)[], keys: ReadonlyMap<string, string>): string | undefined {
  return tags.flatMap((tag) => (tag === undefined ? undefined : keys.get(tag)) ?? [])[0]
}

/** `conv1` in `shape_conv1` and `shape conv_1`; `pool` in `pool size`; undefined where the key begins otherwise. */
function tagBehind(key: string, bases: readonly string[]): string | undefined {
  if (bases[0] === 'kernel' && key === 'pool size') return 'pool'
  if (bases[0] === 'stride' && key === 'pool stride') return 'pool'
  if (bases[0] === 'shape' && /^(input|image) shape$/.test(key)) return 'input'
  if (bases[0] === 'parameters' && key === 'total parameters') return 'total'
  if (bases[0] === 'M' && key === 'total macs') return 'total'
  for (const base of bases)
    if (key === base || key.startsWith(`${base}_`) || key.startsWith(`${base} `))
      return key.slice(base.length).replaceAll(/[_ ]/g, '')
  return undefined
}

/** The number of a layer: `1` in «conv1», `11` in «Conv 1-1», none in «Conv 7x7» or «Pool 2×2»; without the filters of «conv3-64». */
function numberIn(label: string): string {
  const plain = plainHead(label)
    .replaceAll(/\\times/g, '×')
    .replaceAll(/\d+\s*[x×*]\s*\d+(\s*[x×*]\s*\d+)*/gu, ' ')
  return [...(/(\d+)(?:[._-](\d)(?!\d))?/u.exec(plain)?.slice(1) ?? [])].join('')
}

/** What a row's number or time says: `1` in «1», «t = 1», «step 1», «Schritt 2»; undefined where it says more. */
export function timeIn(label: string): string | undefined {
  return /^(?:t|n|k|i|epoch|step|iteration|word|time|βημα|εποχη|λεξη|korak|epoha|schritt|epoche|etape|pas|paso|epoca)?\s*=?\s*(\d{1,3})$/iu.exec(
    plainHead(label),
  )?.[1]
}

/** The key of a head's symbol at a time: `h_1` for `h_t`, `h^{(t)}` or `h` at 1; undefined where the exercise has none. */
export function keyAtTime(head: string, time: string, symbols: SymbolTable): string | undefined {
  const base = plainHead(head).replace(/(_\{?t\}?|\^\{?\(?t\)?\}?|\(t\)|\^\{?<t>\}?)$/u, '')
  return firstKnown([`${base}_{${time}}`, `${base}^{(${time})}`], symbols)
}

/** The key of a spelling that the exercise has, the first of several. */
export function firstKnown(spellings: readonly string[], symbols: SymbolTable): string | undefined {
  return spellings.flatMap((spelling) => keyOf(spelling) ?? []).find((key) => symbols.keys.has(key))
}
