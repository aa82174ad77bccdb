import { rowMajor, type Tensor, tensor } from '../../oracle/tensor.js'
import { forward, negated } from '../computation.js'
import { numberOfWord, vectorSize, words, wordVectors } from '../data/text.js'
import type { Experiment, Operators } from '../exercise.js'
import { plus } from '../training.js'

/** Pairs of words that stand in the same relation, for each of several relations. */
const relations: readonly { readonly name: string; readonly pairs: string }[] = [
  {
    name: 'man to woman',
    pairs:
      'man woman, king queen, prince princess, boy girl, father mother, son daughter, brother sister, husband wife, uncle aunt, actor actress',
  },
  {
    name: 'country to capital',
    pairs:
      'france paris, germany berlin, italy rome, spain madrid, greece athens, russia moscow, japan tokyo, china beijing, egypt cairo, poland warsaw, sweden stockholm, norway oslo, austria vienna, iran tehran',
  },
  {
    name: 'country to its adjective',
    pairs:
      'france french, germany german, italy italian, spain spanish, greece greek, russia russian, japan japanese, china chinese, egypt egyptian, poland polish, sweden swedish, norway norwegian, austria austrian, iran iranian',
  },
  {
    name: 'positive to comparative',
    pairs:
      'good better, bad worse, big bigger, small smaller, fast faster, slow slower, high higher, low lower, strong stronger',
  },
  { name: 'present to past', pairs: 'walk walked, swim swam, go went, see saw, take took, run ran' },
]

interface Relation {
  readonly pairs: readonly (readonly [number, number])[]
  /** For every two of the pairs: the rows of a, b, c and of the word that completes the analogy. */
  readonly questions: readonly (readonly [number, number, number, number])[]
}

function relationOf(text: string): Relation {
  const pairs = text.split(', ').map((pair): readonly [number, number] => {
    const [first, second] = pair.split(' ')
    return [numberOfWord(first) - 1, numberOfWord(second) - 1]
  })
  const questions = pairs.flatMap(([a, b]) =>
    pairs.filter(([c]) => c !== a).map(([c, d]): readonly [number, number, number, number] => [a, b, c, d]),
  )
  return { pairs, questions }
}

/** The vectors of all words, each divided by its length. */
function unitVectors(): Tensor {
  const data = wordVectors()
  for (let start = 0; start < data.length; start += vectorSize) {
    const length = Math.hypot(...data.subarray(start, start + vectorSize))
    for (let i = start; i < start + vectorSize; i++) data[i] /= length
  }
  return tensor([words.length, vectorSize], data)
}

/** Rows of the table that stand at one place of every question. */
function rowsAt(operators: Operators, table: Tensor, questions: Relation['questions'], place: number) {
  const ids = tensor(
    [questions.length],
    questions.map((question) => question[place]),
  )
  return forward(operators, 'embedding', 'y', { ids, table })
}

/** How similar every word is to c − a + b of every question, but for a factor of the question. */
async function scoresOf(operators: Operators, table: Tensor, { questions }: Relation): Promise<Tensor> {
  const [a, b, c] = await Promise.all([0, 1, 2].map((place) => rowsAt(operators, table, questions, place)))
  return forward(operators, 'linear', 'y', { x: plus(plus(c, negated(a)), b), weight: table })
}

/** The cosines of the first words of the pairs with the second words of all pairs: [pairs, pairs]. */
async function cosinesOf(operators: Operators, table: Tensor, { pairs }: Relation): Promise<Tensor> {
  const [a, b] = [0, 1].map((place) =>
    tensor(
      [pairs.length ** 2],
      pairs.flatMap((one) => pairs.map((other) => (place === 0 ? one[0] : other[1]))),
    ),
  )
  const rows = async (ids: Tensor) => forward(operators, 'embedding', 'y', { ids, table })
  return forward(operators, 'cosineSimilarity', 'y', { a: await rows(a), b: await rows(b) })
}

/** The first index of the largest number, indices in `excluded` left out. */
function best(scores: Float64Array, excluded: readonly number[] = []): number {
  let found = -1
  for (const [i, score] of scores.entries())
    if (!excluded.includes(i) && (found < 0 || score > scores[found])) found = i
  return found
}

/** What the scores of a relation's questions say: shares of the questions. */
function measured({ questions }: Relation, scores: Tensor) {
  const data = rowMajor(scores)
  const answers = questions.map(([a, b, c, d], n) => {
    const row = data.subarray(n * words.length, (n + 1) * words.length)
    return {
      right: best(row, [a, b, c]) === d,
      asked: best(row) === c || best(row) === b,
      rightAtOnce: best(row) === d,
    }
  })
  const share = (test: (answer: (typeof answers)[number]) => boolean) => answers.filter(test).length / answers.length
  return {
    right: share(({ right }) => right),
    rightAtOnce: share(({ rightAtOnce }) => rightAtOnce),
    asked: share(({ asked }) => asked),
  }
}

/** The mean of the cosines of pairs, and of words of different pairs. */
function meansOf({ pairs }: Relation, cosines: Tensor): readonly [number, number] {
  const [data, count] = [rowMajor(cosines), pairs.length]
  const own = data.reduce((sum, cosine, i) => (i % (count + 1) === 0 ? sum + cosine : sum), 0)
  const all = data.reduce((sum, cosine) => sum + cosine, 0)
  return [own / count, (all - own) / (count * (count - 1))]
}

/** Similarities and analogies of real word vectors, among all words of the extract (of two relations only, reduced). */
export const analogyExperiment: Experiment = {
  question: 'Do differences of real word vectors carry meaning?',
  async run(operators, { extent = 'full', read = async () => {}, progress } = {}) {
    const chosen = extent === 'full' ? relations : relations.slice(0, 2)
    const table = unitVectors()
    const results: { readonly relation: Relation; readonly scores: Tensor; readonly cosines: Tensor }[] = []
    for (const [i, { pairs }] of chosen.entries()) {
      const relation = relationOf(pairs)
      const scores = await scoresOf(operators, table, relation)
      results.push({ relation, scores, cosines: await cosinesOf(operators, table, relation) })
      progress?.(i + 1, chosen.length)
    }
    await read(results.flatMap(({ scores, cosines }) => [scores, cosines]))
    const rows = results.map(({ relation, scores, cosines }, i) => {
      const { right, rightAtOnce, asked } = measured(relation, scores)
      return [i + 1, relation.questions.length, ...meansOf(relation, cosines), right, rightAtOnce, asked]
    })
    const column = (at: number) => rows.map((row) => row[at])
    const questions = column(1).reduce((sum, count) => sum + count, 0)
    const total = (at: number) => rows.reduce((sum, row) => sum + row[1] * row[at], 0) / questions
    const first = results[0]
    const kings = first.relation.questions.findIndex(([a, , c]) => words[a] === 'man' && words[c] === 'king')
    const [a, b, c] = first.relation.questions[kings]
    const row = rowMajor(first.scores).subarray(kings * words.length, (kings + 1) * words.length)
    return {
      columns: [
        `relation (${chosen.map(({ name }, i) => `${i + 1}: ${name}`).join(', ')})`,
        'analogies',
        'mean cosine of a pair',
        'mean cosine across pairs',
        'right',
        'right without leaving out the words of the question',
        'nearest is a word of the question',
      ],
      rows,
      findings: [
        { statement: 'king − man + woman is nearest to queen.', holds: words[best(row, [a, b, c])] === 'queen' },
        {
          statement: 'In every relation the words of a pair are more similar than words of different pairs.',
          holds: rows.every((row) => row[2] > row[3]),
        },
        {
          statement: `More than two thirds of the analogies are answered rightly, out of ${words.length.toLocaleString('en')} words.`,
          holds: total(4) > 2 / 3,
        },
        {
          statement:
            'If the words of the question are not left out, one of them is often nearest, and a tenth of the answers or more are lost.',
          holds: total(6) > 0.1 && total(5) < total(4) - 0.1,
        },
      ],
    }
  },
}
