import { by, type ChainMeaning, type Chapter, type Fragment, reads } from './fragment.js'

const r = String.raw

/** One hand's way of writing: the same formula comes out otherwise in each. */
interface Hand {
  readonly times: string
  readonly equals: string
  /** Around the whole formula. */
  readonly frame: readonly [string, string]
  number(decimal: string): string
  fraction(above: string, below: string): string
  group(inside: string): string
  power(base: string, exponent: string): string
  exponential(exponent: string): string
  root(inside: string): string
  /** A letter with a subscript: `delta`, `5`. */
  symbol(letter: string, index: string): string
  call(name: string, argument: string): string
}

const greek: Readonly<Record<string, string>> = { delta: 'δ', eta: 'η', sigma: 'σ', lambda: 'λ', beta: 'β', mu: 'μ' }
const below = (digits: string) => [...digits].map((digit) => '₀₁₂₃₄₅₆₇₈₉'[Number(digit)]).join('')
const above = (digits: string) => [...digits].map((sign) => (sign === '-' ? '⁻' : '⁰¹²³⁴⁵⁶⁷⁸⁹'[Number(sign)])).join('')
const isGreek = (letter: string) => letter in greek
const command = (letter: string) => (isGreek(letter) ? `\\${letter}` : letter)
const comma = (decimal: string) => decimal.replace('.', ',')

const latex: Hand = {
  times: r` \cdot `,
  equals: ' = ',
  frame: ['', ''],
  number: (decimal) => decimal,
  fraction: (a, b) => r`\frac{${a}}{${b}}`,
  group: (inside) => `(${inside})`,
  power: (base, exponent) => `${base}^{${exponent}}`,
  exponential: (exponent) => `e^{${exponent}}`,
  root: (inside) => r`\sqrt{${inside}}`,
  symbol: (letter, index) => (index === '' ? command(letter) : `${command(letter)}_{${index}}`),
  call: (name, argument) => `\\${name}(${argument})`,
}

const plain: Hand = {
  ...latex,
  times: '*',
  fraction: (a, b) => `(${a})/(${b})`,
  power: (base, exponent) => `${base}^${exponent.startsWith('-') ? `(${exponent})` : exponent}`,
  exponential: (exponent) => `exp(${exponent})`,
  root: (inside) => `sqrt(${inside})`,
  symbol: (letter, index) => `${letter}${index === '' ? '' : '_'}${index}`,
  call: (name, argument) => `${name}(${argument})`,
}

const unicode: Hand = {
  ...plain,
  times: ' · ',
  power: (base, exponent) => `${base}${above(exponent)}`,
  exponential: (exponent) => `e^(${exponent})`,
  root: (inside) => `√(${inside})`,
  symbol: (letter, index) => `${greek[letter] ?? letter}${below(index)}`,
}

/** Fifteen ways of writing, by what is peculiar to them. */
const hands: Readonly<Record<string, Hand>> = {
  plainLatex: latex,
  leftRight: {
    ...latex,
    times: r` \times `,
    group: (inside) => r`\left( ${inside} \right)`,
    fraction: (a, b) => r`\dfrac{${a}}{${b}}`,
    frame: [r`\displaystyle `, '.'],
    call: (name, argument) => `\\${name}\\left(${argument}\\right)`,
  },
  decimalComma: {
    ...latex,
    number: (decimal) => decimal.replace('.', '{,}'),
    exponential: (exponent) => r`\exp\left(${exponent}\right)`,
    group: (inside) => r`\bigl(${inside}\bigr)`,
    equals: r` &= `,
  },
  bareComma: {
    ...plain,
    number: comma,
    times: ' · ',
    fraction: (a, b) => r`\tfrac{${a}}{${b}}`,
    equals: ' = ',
    symbol: latex.symbol,
    call: latex.call,
  },
  roman: {
    ...latex,
    exponential: (exponent) => r`\mathrm{e}^{${exponent}}`,
    group: (inside) => r`\left[ ${inside} \right]`,
    call: (name, argument) => r`\operatorname{${name}}\left( ${argument} \right)`,
    frame: [r`\boxed{`, '}'],
  },
  spaced: {
    ...latex,
    times: r`\,\cdot\,`,
    equals: r`\;=\;`,
    fraction: (a, b) => r`\frac{\;${a}\;}{\;${b}\;}`,
    symbol: (letter, index) => (index === '' ? `{${command(letter)}}` : `{${command(letter)}}_{${index}}`),
    frame: ['', r` \qquad`],
  },
  old: {
    ...latex,
    fraction: (a, b) => r`{${a} \over ${b}}`,
    group: (inside) => r`\Big( ${inside} \Big)`,
    equals: r` := `,
    frame: ['', r`\,,`],
  },
  coloured: {
    ...latex,
    number: (decimal) => r`\textcolor{blue}{${decimal}}`,
    symbol: (letter, index) => (index === '' ? command(letter) : r`${command(letter)}_{\mathrm{${index}}}`),
    frame: [r`{\color{red} `, '}'],
  },
  plainText: plain,
  tight: { ...plain, equals: '=', symbol: (letter, index) => `${letter}${index}` },
  unicode,
  equation: {
    ...latex,
    times: r` \times `,
    fraction: (a, b) => r`\tfrac{${a}}{${b}}`,
    group: (inside) => r`\left\lbrack ${inside} \right\rbrack`,
    frame: [r`\begin{equation*} `, r` \end{equation*}`],
  },
  aligned: {
    ...latex,
    equals: r` \\ &= `,
    number: (decimal) => decimal.replace('.', '{,}'),
    symbol: (letter, index) => (index === '' ? command(letter) : r`\mathit{${command(letter)}}_{${index}}`),
    frame: [r`\begin{aligned} `, r` \end{aligned}`],
  },
  pdf: {
    ...unicode,
    times: ' ∗ ',
    equals: ' ＝ ',
    group: (inside) => `(${inside.replaceAll(' - ', ' − ')})`,
    symbol: (letter, index) => `${greek[letter] ?? letter}${index}`,
  },
  code: {
    ...plain,
    times: ' * ',
    equals: ' == ',
    power: (base, exponent) => `${base}**${exponent.startsWith('-') ? `(${exponent})` : exponent}`,
    exponential: (exponent) => `np.exp(${exponent})`,
    root: (inside) => `np.sqrt(${inside})`,
    call: (name, argument) => `np.${name}(${argument})`,
    frame: ['', '  # checked'],
  },
}

/** A formula in any hand, and what its sides mean. */
type Formula = readonly [(hand: Hand) => readonly string[], ChainMeaning]

const sigmoid = (x: number) => 1 / (1 + Math.exp(-x))
const root2 = Math.sqrt(2)

const formulas: readonly Formula[] = [
  [
    (h) => [h.symbol('y', '3'), h.fraction('1', `1 + ${h.exponential('-1')}`), h.number('0.731')],
    ['y_3', sigmoid(1), 0.731],
  ],
  [
    (h) => [h.symbol('y', '5'), h.fraction('1', `1 + ${h.exponential(h.number('0.769'))}`), h.number('0.317')],
    ['y_5', sigmoid(-0.769), 0.317],
  ],
  [
    (h) => [
      h.symbol('delta', '5'),
      `${h.group(`t - ${h.symbol('y', '5')}`)}${h.times}${h.symbol('y', '5')}${h.times}${h.group(`1 - ${h.symbol('y', '5')}`)}`,
      [h.number('0.683'), h.number('0.317'), h.number('0.683')].join(h.times),
      h.number('0.148'),
    ],
    ['delta_5', ({ t, y_5 }) => (t - y_5) * y_5 * (1 - y_5), 0.683 * 0.317 * 0.683, 0.148],
  ],
  [
    (h) => [
      h.symbol('delta', '3'),
      [h.symbol('y', '3'), h.group(`1 - ${h.symbol('y', '3')}`), h.symbol('w', '35'), h.symbol('delta', '5')].join(
        h.times,
      ),
      [h.number('0.731'), h.group(`1 - ${h.number('0.731')}`), '1', h.number('0.148')].join(h.times),
      h.number('0.029'),
    ],
    ['delta_3', ({ y_3, w_35, delta_5 }) => y_3 * (1 - y_3) * w_35 * delta_5, 0.731 * 0.269 * 0.148, 0.029],
  ],
  [
    (h) => [
      h.symbol('a', '5'),
      `${h.symbol('w', '05')}${h.times}1 + ${h.symbol('w', '35')}${h.times}${h.symbol('y', '3')} + ${h.symbol('w', '45')}${h.times}${h.symbol('y', '4')}`,
      `-2 + ${h.number('0.731')} + ${h.number('0.5')}`,
      `-${h.number('0.769')}`,
    ],
    ['a_5', ({ w_05, w_35, y_3, w_45, y_4 }) => w_05 + w_35 * y_3 + w_45 * y_4, -2 + 0.731 + 0.5, -0.769],
  ],
  [
    (h) => [
      h.symbol('w', '13'),
      `${h.symbol('w', '13')} + ${h.symbol('eta', '')}${h.times}${h.symbol('delta', '3')}${h.times}${h.symbol('x', '1')}`,
      `1 + ${h.number('0.029')}`,
      h.number('1.0290'),
    ],
    ['w_13', ({ w_13, eta, delta_3, x_1 }) => w_13 + eta * delta_3 * x_1, 1.029, 1.029],
  ],
  [
    (h) => [
      'E',
      `${h.fraction('1', '2')}${h.times}${h.power(h.group(`t - ${h.symbol('y', '5')}`), '2')}`,
      `${h.fraction('1', '2')}${h.times}${h.power(h.number('0.683'), '2')}`,
      h.number('0.233'),
    ],
    ['E', ({ t, y_5 }) => (t - y_5) ** 2 / 2, 0.683 ** 2 / 2, 0.233],
  ],
  [
    (h) => [h.symbol('y', '4'), h.call('tanh', `-${h.number('1.24')}`), `-${h.number('0.845')}`],
    ['y_4', Math.tanh(-1.24), -0.845],
  ],
  [
    (h) => [
      h.symbol('y', '4'),
      h.fraction(
        `${h.exponential(h.number('0.5'))} - ${h.exponential(`-${h.number('0.5')}`)}`,
        `${h.exponential(h.number('0.5'))} + ${h.exponential(`-${h.number('0.5')}`)}`,
      ),
      h.number('0.462'),
    ],
    ['y_4', Math.tanh(0.5), 0.462],
  ],
  [(h) => ['L', `-${h.call('ln', h.number('0.665'))}`, h.number('0.408')], ['L', -Math.log(0.665), 0.408]],
  [
    (h) => [
      'L',
      `-${h.group(`t${h.times}${h.call('log', 'p')} + ${h.group('1 - t')}${h.times}${h.call('log', 'q')}`)}`,
    ],
    ['L', ({ t, p, q }) => -(t * Math.log(p) + (1 - t) * Math.log(q))],
  ],
  [
    (h) => [
      h.symbol('p', '1'),
      h.fraction(
        h.exponential('2'),
        `${h.exponential('2')} + ${h.exponential('1')} + ${h.exponential(h.number('0.1'))}`,
      ),
      h.number('0.659'),
    ],
    ['p_1', Math.exp(2) / (Math.exp(2) + Math.exp(1) + Math.exp(0.1)), 0.659],
  ],
  [
    (h) => [h.symbol('s', '1'), h.fraction(h.number('4.5'), h.root('3')), h.number('2.5981')],
    ['s_1', 4.5 / Math.sqrt(3), 2.5981],
  ],
  [
    (h) => [`${h.fraction('1', h.root('2'))}${h.times}${h.group(`1 - ${h.root('2')}`)}`, `-${h.number('0.293')}`],
    [(1 - root2) / root2, -0.293],
  ],
  [
    (h) => [
      h.symbol('n', '2'),
      `${h.fraction(`${h.symbol('n', '1')} + 2${h.times}p - k`, 's')} + 1`,
      `${h.fraction(`227 + 2${h.times}0 - 11`, '4')} + 1`,
      '55',
    ],
    ['n_2', ({ n_1, p, k, s }) => (n_1 + 2 * p - k) / s + 1, 55, 55],
  ],
  [
    (h) => ['N', `${h.group(['11', '11', '3'].join(h.times).concat(' + 1'))}${h.times}96`, '34944'],
    ['N', 34944, 34944],
  ],
  [
    (h) => [
      h.symbol('m', '1'),
      `${h.symbol('beta', '1')}${h.times}${h.symbol('m', '0')} + ${h.group(`1 - ${h.symbol('beta', '1')}`)}${h.times}g`,
      `${h.number('0.9')}${h.times}0 + ${h.number('0.1')}${h.times}${h.number('0.5')}`,
      h.number('0.05'),
    ],
    ['m_1', ({ beta_1, m_0, g }) => beta_1 * m_0 + (1 - beta_1) * g, 0.05, 0.05],
  ],
  [
    (h) => [
      'z',
      h.fraction(`x - ${h.symbol('mu', '')}`, h.root(`${h.power(h.symbol('sigma', ''), '2')} + ${h.number('0.001')}`)),
      h.fraction(`3 - 2`, h.root(`${h.power('2', '2')} + ${h.number('0.001')}`)),
      h.number('0.5'),
    ],
    ['z', ({ x, mu, sigma }) => (x - mu) / Math.sqrt(sigma ** 2 + 0.001), 1 / Math.sqrt(4.001), 0.5],
  ],
  [
    (h) => [
      h.symbol('w', '1'),
      `${h.symbol('w', '0')} - ${h.symbol('eta', '')}${h.times}${h.group(`2${h.times}${h.symbol('w', '0')} - 4`)}`,
      `${h.number('1.0')} - ${h.number('0.1')}${h.times}${h.group(`2${h.times}${h.number('1.0')} - 4`)}`,
      h.number('1.2'),
    ],
    ['w_1', ({ w_0, eta }) => w_0 - eta * (2 * w_0 - 4), 1.2, 1.2],
  ],
  [
    (h) => [
      'J',
      `${h.power(h.group(`y - ${h.symbol('w', '1')}${h.times}x`), '2')} + ${h.symbol('lambda', '')}${h.times}${h.power(h.symbol('w', '1'), '2')}`,
      `${h.power(h.group(`3 - ${h.number('0.5')}${h.times}2`), '2')} + ${h.number('0.1')}${h.times}${h.power(h.number('0.5'), '2')}`,
      h.number('4.0250'),
    ],
    ['J', ({ y, w_1, x, lambda }) => (y - w_1 * x) ** 2 + lambda * w_1 ** 2, 4.025, 4.025],
  ],
  [(h) => [`${h.number('1.5')}${h.times}${h.power('10', '-3')}`, h.number('0.0015')], [0.0015, 0.0015]],
  [
    (h) => ['d', h.root(`${h.power(h.number('0.3'), '2')} + ${h.power(h.number('0.4'), '2')}`), h.number('0.5')],
    ['d', 0.5, 0.5],
  ],
  [
    (h) => ['q', `${h.call('max', `0, ${h.symbol('a', '2')}`)}${h.times}${h.symbol('w', '2')}`],
    ['q', ({ a_2, w_2 }) => Math.max(0, a_2) * w_2],
  ],
  [
    (h) => [
      h.symbol('y', '4'),
      `1 - ${h.power(h.call('tanh', h.symbol('a', '4')), '2')}`,
      `1 - ${h.power(h.group(`-${h.number('0.845')}`), '2')}`,
      h.number('0.286'),
    ],
    ['y_4', ({ a_4 }) => 1 - Math.tanh(a_4) ** 2, 1 - 0.845 ** 2, 0.286],
  ],
]

/** Convolutions, recurrence, attention, optimizers and statistics. */
const furtherFormulas: readonly Formula[] = [
  [
    (h) => [
      h.symbol('h', '1'),
      h.call('tanh', `${h.symbol('w', '1')}${h.times}${h.symbol('x', '1')} + b`),
      h.call('tanh', `${h.number('0.5')}${h.times}2 + ${h.number('0.25')}`),
      h.number('0.8483'),
    ],
    ['h_1', ({ w_1, x_1, b }) => Math.tanh(w_1 * x_1 + b), Math.tanh(1.25), 0.8483],
  ],
  [
    (h) => [
      h.symbol('r', '2'),
      `${h.symbol('r', '1')} + ${h.group('k - 1')}${h.times}${h.symbol('j', '1')}`,
      `7 + ${h.group('2 - 1')}${h.times}2`,
      '9',
    ],
    ['r_2', ({ r_1, k, j_1 }) => r_1 + (k - 1) * j_1, 9, 9],
  ],
  [
    (h) => [
      'c',
      `f${h.times}${h.symbol('c', '0')} + i${h.times}${h.call('tanh', 'a')}`,
      `${h.number('0.5')}${h.times}1 + ${h.number('0.5')}${h.times}${h.number('0.7616')}`,
      h.number('0.8808'),
    ],
    ['c', ({ f, c_0, i, a }) => f * c_0 + i * Math.tanh(a), 0.5 + 0.5 * 0.7616, 0.8808],
  ],
  [
    (h) => [
      h.symbol('s', '1'),
      h.fraction(`${h.symbol('q', '1')}${h.times}${h.symbol('k', '1')}`, h.root('d')),
      h.fraction(`3${h.times}2`, h.root('2')),
      h.number('4.2426'),
    ],
    ['s_1', ({ q_1, k_1, d }) => (q_1 * k_1) / Math.sqrt(d), 6 / root2, 4.2426],
  ],
  [
    (h) => [
      'v',
      `${h.symbol('beta', '2')}${h.times}v + ${h.group(`1 - ${h.symbol('beta', '2')}`)}${h.times}${h.power('g', '2')}`,
      `${h.number('0.99')}${h.times}0 + ${h.number('0.01')}${h.times}4`,
      h.number('0.04'),
    ],
    ['v', ({ beta_2, v, g }) => beta_2 * v + (1 - beta_2) * g ** 2, 0.04, 0.04],
  ],
  [
    (h) => [
      h.symbol('w', '2'),
      `${h.symbol('w', '1')} - ${h.fraction(`${h.symbol('eta', '')}${h.times}m`, `${h.root('v')} + ${h.power('10', '-8')}`)}`,
    ],
    ['w_2', ({ w_1, eta, m, v }) => w_1 - (eta * m) / (Math.sqrt(v) + 1e-8)],
  ],
  [
    (h) => ['H', `-${h.group(`p${h.times}${h.call('ln', 'p')} + q${h.times}${h.call('ln', 'q')}`)}`],
    ['H', ({ p, q }) => -(p * Math.log(p) + q * Math.log(q))],
  ],
  [(h) => [h.symbol('mu', ''), h.fraction('1 + 2 + 3 + 6', '4'), '3'], ['mu', 3, 3]],
  [
    (h) => [
      h.power('s', '2'),
      h.fraction(
        `${h.power(h.group('1 - 3'), '2')} + ${h.power(h.group('2 - 3'), '2')} + ${h.power(h.group('6 - 3'), '2')}`,
        '3',
      ),
      h.number('4.6667'),
    ],
    [({ s }) => s ** 2, 14 / 3, 4.6667],
  ],
  [
    (h) => [
      'P',
      h.fraction(
        `${h.number('0.9')}${h.times}${h.number('0.5')}`,
        `${h.number('0.9')}${h.times}${h.number('0.5')} + ${h.number('0.2')}${h.times}${h.number('0.5')}`,
      ),
      h.number('0.8182'),
    ],
    ['P', 0.45 / 0.55, 0.8182],
  ],
  [(h) => ['N', `${h.power('3', '2')}${h.times}64${h.times}128 + 128`, '73856'], ['N', 73856, 73856]],
  [
    (h) => ['f', h.fraction(h.exponential('x'), h.power(h.group(`1 + ${h.exponential('x')}`), '2'))],
    ['f', ({ x }) => Math.exp(x) / (1 + Math.exp(x)) ** 2],
  ],
  [
    (h) => [
      h.symbol('delta', '1'),
      `${h.group(`1 - ${h.power(h.symbol('h', '1'), '2')}`)}${h.times}u${h.times}${h.symbol('delta', '2')}`,
      `${h.group(`1 - ${h.power(h.number('0.8483'), '2')}`)}${h.times}2${h.times}${h.number('0.5')}`,
      h.number('0.2804'),
    ],
    ['delta_1', ({ h_1, u, delta_2 }) => (1 - h_1 ** 2) * u * delta_2, 1 - 0.8483 ** 2, 0.2804],
  ],
  [
    (h) => [
      'L',
      `${h.call('max', `0, 1 - t${h.times}y`)}`,
      h.call('max', `0, 1 - ${h.number('0.3')}`),
      h.number('0.7'),
    ],
    ['L', ({ t, y }) => Math.max(0, 1 - t * y), 0.7, 0.7],
  ],
  [
    (h) => ['A', `${h.symbol('lambda', '')}${h.times}${h.group(`${h.power('a', '2')} + ${h.power('b', '2')}`)}`],
    ['A', ({ lambda, a, b }) => lambda * (a ** 2 + b ** 2)],
  ],
  [
    (h) => [`${h.fraction('2', '3')} - ${h.fraction('1', '6')}`, h.fraction('1', '2'), h.number('0.5')],
    [0.5, 0.5, 0.5],
  ],
  [
    (h) => [
      'T',
      `${h.fraction('1', `1 + ${h.exponential(`-${h.group(`${h.number('0.5')}${h.times}2 - 1`)}`)}`)}`,
      h.number('0.5'),
    ],
    ['T', 0.5, 0.5],
  ],
  [
    (h) => [
      'D',
      h.root(
        `${h.power(h.group(`${h.symbol('x', '1')} - ${h.symbol('y', '1')}`), '2')} + ${h.power(h.group(`${h.symbol('x', '2')} - ${h.symbol('y', '2')}`), '2')}`,
      ),
      h.root('9 + 16'),
      '5',
    ],
    ['D', ({ x_1, y_1, x_2, y_2 }) => Math.hypot(x_1 - y_1, x_2 - y_2), 5, 5],
  ],
  [
    (h) => [
      h.symbol('z', '2'),
      `${h.symbol('w', '21')}${h.times}${h.symbol('x', '1')} + ${h.symbol('w', '22')}${h.times}${h.symbol('x', '2')} + ${h.symbol('b', '2')}`,
    ],
    ['z_2', ({ w_21, x_1, w_22, x_2, b_2 }) => w_21 * x_1 + w_22 * x_2 + b_2],
  ],
  [
    (h) => [
      'R',
      `${h.number('0.5')}${h.times}${h.group(`${h.fraction('3', '4')} + ${h.fraction('1', '2')}`)}`,
      h.number('0.6250'),
    ],
    ['R', 0.625, 0.625],
  ],
]

/** A formula of some sides in a hand, its sides joined by the hand's sign for equality, the last one by ≈ where it is rounded. */
function written(formula: Formula, hand: Hand): Fragment {
  const [sidesIn, meaning] = formula
  const [open, close] = hand.frame
  return reads(`${open}${sidesIn(hand).join(hand.equals)}${close}`, ...meaning)
}

function rounded(formula: Formula, hand: Hand, sign: string): Fragment {
  const [sidesIn, meaning] = formula
  const sides = sidesIn(hand)
  const text = `${sides.slice(0, -1).join(' = ')} ${sign} ${sides[sides.length - 1]}`
  return reads(text, ...meaning.slice(0, -1), by('≈'), meaning[meaning.length - 1])
}

/** The same formulas in fifteen hands, and with the sign ≈ before the rounded value. */
export const variations: Chapter = {
  title: 'The same formulas in fifteen hands',
  symbols: [],
  functions: [],
  fragments: distinct([
    ...[...formulas, ...furtherFormulas].flatMap((formula) =>
      Object.values(hands).map((hand) => written(formula, hand)),
    ),
    ...formulas
      .slice(0, 10)
      .flatMap((formula) => [
        rounded(formula, latex, r`\approx`),
        rounded(formula, unicode, '≈'),
        rounded(formula, latex, r`\simeq`),
      ]),
  ]),
}

/** Two hands write some formulas alike. */
function distinct(fragments: readonly Fragment[]): readonly Fragment[] {
  return [...new Map(fragments.map((fragment) => [fragment.text, fragment])).values()]
}
