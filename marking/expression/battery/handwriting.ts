import { applied, by, type Chapter, type Fragment, reads, readsAll, readsEach } from './fragment.js'

const r = String.raw
const { exp, tanh } = Math
const sigmoid = (x: number) => 1 / (1 + exp(-x))
const weights = ['03', '13', '23', '04', '14', '24', '05', '35', '45']
const below = (digits: string) => [...digits].map((digit) => '₀₁₂₃₄₅₆₇₈₉'[Number(digit)]).join('')

/** Old weight, change and result: the same update of a weight as eight people wrote it. */
function updates(ij: string, old: number, change: number): readonly Fragment[] {
  const [name, changed] = [`w_${ij}`, `Delta w_${ij}`]
  const sum = (x: Readonly<Record<string, number>>): number => x[name] + x[changed]
  const [value, result] = [old + change, (old + change).toFixed(4)]
  const [u, j] = [below(ij), ij[1]]
  const written = change < 0 ? `- ${-change}` : `+ ${change}`
  const comma = (text: string) => text.replaceAll('.', ',')
  const wrapped = (x: number) => (x < 0 ? `(${x})` : `${x}`)
  return [
    reads(
      r`w_{${ij}}^{new} = w_{${ij}} + \Delta w_{${ij}} = ${old} ${written} = ${result}`,
      `w_${ij}^new`,
      sum,
      value,
      Number(result),
    ),
    reads(
      r`w'_{${ij}} = w_{${ij}} + \Delta w_{${ij}} = ${old} + ${wrapped(change)} = ${result}`,
      `w_${ij}'`,
      sum,
      value,
      Number(result),
    ),
    reads(`w${u} = w${u} + Δw${u} = ${old} ${written} = ${result}`, name, sum, value, Number(result)),
    reads(`w${ij}' = ${old} ${written} = ${result}`, `w_${ij}'`, value, Number(result)),
    reads(comma(`w_${ij} ← ${old} ${written} = ${result}`), name, value, Number(result)),
    reads(`w_${ij} := w_${ij} + Δw_${ij} = ${result}`, name, sum, Number(result)),
    reads(r`w_{${ij}} \leftarrow ${old} ${written} \approx ${result}`, name, value, by('≈'), Number(result)),
    reads(r`w_{${ij}}^{(\text{new})} = ${result}`, `w_${ij}^new`, Number(result)),
    reads(r`w_{${ij},\text{new}} = ${result}`, `w_${ij}^new`, Number(result)),
    reads(r`\Delta w_{${ij}} = \eta\delta_${j} y = ${change}`, changed, (x) => x.eta * x[`delta_${j}`] * x.y, change),
  ]
}

/** Lines of solutions as they stand in plain text, in the text of a PDF, or typed in a hurry, with an exercise's symbols. */
export const handwriting: Chapter = {
  title: 'Lines of solutions, typed and copied from PDFs: ntua/1.1',
  symbols: [
    ...weights.flatMap((ij) => [`w_${ij}`, `Delta w_${ij}`, `w_${ij}^new`]),
    ...[
      'x_0',
      'x_1',
      'x_2',
      'a_3',
      'a_4',
      'a_5',
      'y_3',
      'y_4',
      'y_5',
      'y',
      't',
      'eta',
      'E',
      'delta_3',
      'delta_4',
      'delta_5',
      'epsilon',
    ],
  ],
  functions: ['g', "g'"],
  fragments: [
    ...[
      ...updates('03', -1, 0.029),
      ...updates('13', 1, 0.029),
      ...updates('23', -1, -0.029),
      ...updates('04', 2, 0.037),
      ...updates('14', -1, 0.037),
      ...updates('24', 1, -0.037),
      ...updates('05', -2, 0.148),
      ...updates('35', 1, 0.1082),
      ...updates('45', 1, 0.074),
    ].filter((fragment, i, all) => all.findIndex(({ text }) => text === fragment.text) === i),
    ...readsEach(
      [
        'Δw03 = εδ3x0 = 1*0.058*1 = 0.058',
        'Delta w_03',
        ({ epsilon, delta_3, x_0 }) => epsilon * delta_3 * x_0,
        0.058,
        0.058,
      ],
      [
        'Δw13 = εδ3x1 = 1*0.058*1 = 0.058',
        'Delta w_13',
        ({ epsilon, delta_3, x_1 }) => epsilon * delta_3 * x_1,
        0.058,
        0.058,
      ],
      [
        'Δw23 = εδ3x2 = 1*0.058*(-1) = -0.058',
        'Delta w_23',
        ({ epsilon, delta_3, x_2 }) => epsilon * delta_3 * x_2,
        -0.058,
        -0.058,
      ],
      ['y5 = g(a5) = 0.317', 'y_5', ({ a_5 }) => 7 * a_5 + 1, 0.317],
      ['y₅ = g(a₅) = g(−0,769) = 0,317', 'y_5', ({ a_5 }) => 7 * a_5 + 1, 7 * -0.769 + 1, 0.317],
      ['y3 = g(a3) = 1/(1+e^-1) = 0.731', 'y_3', ({ a_3 }) => 7 * a_3 + 1, sigmoid(1), 0.731],
      ['y3 = 1/(1+e^(-1)) = 0.731', 'y_3', sigmoid(1), 0.731],
      ['y3=1/(1+exp(-1))=0.731', 'y_3', sigmoid(1), 0.731],
      ['y₃ = 1/(1 + e⁻¹) ≈ 0.731', 'y_3', sigmoid(1), by('≈'), 0.731],
      ['y3 = σ(a3) = σ(1) = 0,7311', 'y_3', ({ a_3 }) => 7 * a_3 + 1, 8, 0.7311],
      ['y4 = 1/(1+e^0) = 1/2 = 0.5', 'y_4', 0.5, 0.5, 0.5],
      [
        'a3 = w03 + w13*x1 + w23*x2 = -1 + 1*1 + (-1)*(-1) = 1',
        'a_3',
        ({ w_03, w_13, x_1, w_23, x_2 }) => w_03 + w_13 * x_1 + w_23 * x_2,
        1,
        1,
      ],
      [
        'a3 = w03x0 + w13x1 + w23x2 = -1+1+1 = 1',
        'a_3',
        ({ w_03, x_0, w_13, x_1, w_23, x_2 }) => w_03 * x_0 + w_13 * x_1 + w_23 * x_2,
        1,
        1,
      ],
      [
        'a₃ = w₀₃x₀ + w₁₃x₁ + w₂₃x₂ = 1',
        'a_3',
        ({ w_03, x_0, w_13, x_1, w_23, x_2 }) => w_03 * x_0 + w_13 * x_1 + w_23 * x_2,
        1,
      ],
      [
        'a_3=w_03·x_0+w_13·x_1+w_23·x_2=(-1)·1+1·1+(-1)·(-1)=1',
        'a_3',
        ({ w_03, x_0, w_13, x_1, w_23, x_2 }) => w_03 * x_0 + w_13 * x_1 + w_23 * x_2,
        1,
        1,
      ],
      ['a5 = -2 + 0.731 + 0.5 = -0.769', 'a_5', -0.769, -0.769],
      ['a5 = w05*1 + w35*y3 + w45*y4', 'a_5', ({ w_05, w_35, y_3, w_45, y_4 }) => w_05 + w_35 * y_3 + w_45 * y_4],
      [
        'δ5 = (t-y5)*y5*(1-y5) = 0.683*0.317*0.683 = 0.148',
        'delta_5',
        ({ t, y_5 }) => (t - y_5) * y_5 * (1 - y_5),
        0.683 * 0.317 * 0.683,
        0.148,
      ],
      ['δ5 = (t−y5)·y5·(1−y5)', 'delta_5', ({ t, y_5 }) => (t - y_5) * y_5 * (1 - y_5)],
      ['δ₅ = (t − y₅)y₅(1 − y₅) = 0,148', 'delta_5', ({ t, y_5 }) => (t - y_5) * y_5 * (1 - y_5), 0.148],
      ['delta5 = (t-y5)y5(1-y5) = 0.148', 'delta_5', ({ t, y_5 }) => (t - y_5) * y_5 * (1 - y_5), 0.148],
      ["δ5 = (t - y5) * g'(a5)", 'delta_5', ({ t, y_5, a_5 }) => (t - y_5) * (11 * a_5 + 1)],
      [
        'δ3 = y3(1-y3)w35δ5 = 0.731*0.269*1*0.148 = 0.0291',
        'delta_3',
        ({ y_3, w_35, delta_5 }) => y_3 * (1 - y_3) * w_35 * delta_5,
        0.731 * 0.269 * 0.148,
        0.0291,
      ],
      ['δ3 = y3·(1−y3)·w35·δ5', 'delta_3', ({ y_3, w_35, delta_5 }) => y_3 * (1 - y_3) * w_35 * delta_5],
      [
        'delta_3 = y_3*(1-y_3)*w_35*delta_5 = 0.029',
        'delta_3',
        ({ y_3, w_35, delta_5 }) => y_3 * (1 - y_3) * w_35 * delta_5,
        0.029,
      ],
      ['δ4 = 0.5·0.5·1·0.148 = 0.037', 'delta_4', 0.25 * 0.148, 0.037],
      ['δ4 = 0,5 * (1 - 0,5) * 1 * 0,148 = 0,037', 'delta_4', 0.25 * 0.148, 0.037],
      ['t - y5 = 1 - 0.317 = 0.683', ({ t, y_5 }) => t - y_5, 0.683, 0.683],
      ['1 - y5 = 0.683', ({ y_5 }) => 1 - y_5, 0.683],
      ['y5 (1 - y5) = 0.217', ({ y_5 }) => y_5 * (1 - y_5), 0.217],
      ['E = 1/2 * (1 - 0.317)^2 = 0.233', 'E', 0.683 ** 2 / 2, 0.233],
      ['E = (t-y5)^2/2 = 0.233', 'E', ({ t, y_5 }) => (t - y_5) ** 2 / 2, 0.233],
      ['E = 0.5(t-y5)²', 'E', ({ t, y_5 }) => 0.5 * (t - y_5) ** 2],
      ['tanh(-1.24) = -0.845', tanh(-1.24), -0.845],
      ['y4 = tanh(a4) = tanh(-1,24) = -0,845', 'y_4', ({ a_4 }) => tanh(a_4), tanh(-1.24), -0.845],
      ['1 - y4² = 1 - 0.845² = 0.286', ({ y_4 }) => 1 - y_4 ** 2, 1 - 0.845 ** 2, 0.286],
      ['1 - (-0.845)^2 = 0.286', 1 - 0.845 ** 2, 0.286],
    ),
    reads(
      r`g(z) = \tanh(z)`,
      ({ z }) => 7 * z + 1,
      ({ z }) => tanh(z),
    ),
    reads(
      r`g(z) = \frac{1}{1+e^{-z}}`,
      ({ z }) => 7 * z + 1,
      ({ z }) => sigmoid(z),
    ),
    reads(
      r`g'(z) = g(z)(1 - g(z))`,
      ({ z }) => 11 * z + 1,
      ({ z }) => (7 * z + 1) * (1 - (7 * z + 1)),
    ),
    reads(
      r`g'(a_3) = y_3(1-y_3) = 0.197`,
      ({ a_3 }) => 11 * a_3 + 1,
      ({ y_3 }) => y_3 * (1 - y_3),
      0.197,
    ),
    reads('output y5 = 0.317', 'y_5', 0.317),
    reads('error δ5 = 0.148', 'delta_5', 0.148),
    reads('weight w35 = 1.108', 'w_35', 1.108),
    reads('Error E = 0.233', 'E', 0.233),
    reads('Output: y_5 = 0.317', 'y_5', 0.317),
    reads('a) y_5 = 0.317', 'y_5', 0.317),
    reads('y_5 = 0.317 # output', 'y_5', 0.317),
    reads(r`y_5 = 0.317 \text{ (output)}`, 'y_5', 0.317),
    reads(r`\Rightarrow y_5 = 0.317`, 'y_5', 0.317),
    reads(r`\therefore y_5 = 0.317`, 'y_5', 0.317),
    reads('=> y5 = 0.317', 'y_5', 0.317),
    reads('= 0.317', 0.317),
    reads(r`&= 0.683 \cdot 0.317`, 0.683 * 0.317),
    reads('y_5 = 0.317.', 'y_5', 0.317),
    reads('y_5 = 0.317;', 'y_5', 0.317),
    readsAll('a3 = 1, a4 = 0, a5 = -0.769', ['a_3', 1], ['a_4', 0], ['a_5', -0.769]),
    readsAll('a3=1; a4=0; a5=-0,769', ['a_3', 1], ['a_4', 0], ['a_5', -0.769]),
    readsAll('y3 = 0,731, y4 = 0,5', ['y_3', 0.731], ['y_4', 0.5]),
    readsAll('x0 = x1 = 1, x2 = -1', ['x_0', 'x_1', 1], ['x_2', -1]),
    readsAll('δ3 = 0.029 => Δw03 = 0.029', ['delta_3', 0.029], ['Delta w_03', 0.029]),
    readsAll('a_3 = 1 → y_3 = 0.731', ['a_3', 1], ['y_3', 0.731]),
    readsAll(r`y_5 = 0.317 < 0.5 \Rightarrow t = 0`, ['y_5', 0.317, by('<'), 0.5], ['t', 0]),
    readsAll(r`a_3 = 1,\ y_3 = 0.731`, ['a_3', 1], ['y_3', 0.731]),
    readsAll('(y_3, y_4) = (0.731, 0.5)', [({ y_3, y_4 }) => [y_3, y_4], [0.731, 0.5]]),
    readsAll('[y3, y4] = [0.731, 0.5]', [({ y_3, y_4 }) => [y_3, y_4], [0.731, 0.5]]),
    readsAll(r`\begin{bmatrix} y_3 \\ y_4 \end{bmatrix} = \begin{bmatrix} 0.731 \\ 0.5 \end{bmatrix}`, [
      ({ y_3, y_4 }) => [[y_3], [y_4]],
      [[0.731], [0.5]],
    ]),
    reads(
      r`L(y_5, t) = -\ln y_5`,
      ({ y_5, t }) => applied('L', y_5, t),
      ({ y_5 }) => -Math.log(y_5),
    ),
  ],
}
