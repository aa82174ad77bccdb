import { type Chapter, type Fragment, reads, readsAll, type SymbolValues } from './fragment.js'

const r = String.raw
const gradient =
  (delta: string, input: string) =>
  (x: SymbolValues): number =>
    x.eta * x[delta] * x[input]
const net =
  (j: number) =>
  (x: SymbolValues): number =>
    x[`w_0${j}`] * x.x_0 + x[`w_1${j}`] * x.x_1 + x[`w_2${j}`] * x.x_2
const sigmoidPrime =
  (j: number) =>
  (x: SymbolValues): number =>
    x[`y_${j}`] * (1 - x[`y_${j}`]) * x[`w_${j}5`] * x.delta_5
const tanhPrime =
  (j: number) =>
  (x: SymbolValues): number =>
    (1 - x[`y_${j}`] ** 2) * x[`w_${j}5`] * x.delta_5

/** Δw = ηδx = a product of three written numbers = its result. */
function update(
  ij: string,
  delta: string,
  input: string,
  [a, b, c]: readonly [number, number, number],
  result: number,
): Fragment {
  const written = c < 0 ? `(${c})` : `${c}`
  const [j] = delta.slice(-1)
  const text = r`\Delta w_{${ij}} = \eta \cdot \delta_${j} \cdot ${input} = ${a} \cdot ${b} \cdot ${written} = ${result}`
  return reads(text, `Delta w_${ij}`, gradient(delta, input), a * b * c, result)
}

/** The formulas of ntua/1.1a to 1.1c as they were handed in. */
export const perceptron: Chapter = {
  title: 'A multilayer perceptron: ntua/1.1',
  symbols: [
    ...['w_03', 'w_13', 'w_23', 'w_04', 'w_14', 'w_24', 'w_05', 'w_15', 'w_25', 'w_35', 'w_45'].flatMap((w) => [
      w,
      `Delta ${w}`,
    ]),
    ...[
      'x_0',
      'x_1',
      'x_2',
      'a_3',
      'y_3',
      'a_4',
      'y_4',
      'a_5',
      'y_5',
      'y_target',
      'delta_3',
      'delta_4',
      'delta_5',
      'd_3',
      'd_4',
      'eta',
      'E',
      't',
    ],
  ],
  functions: ['g'],
  fragments: [
    readsAll(
      r`\Delta w_{03} = \eta \cdot \delta_3 \cdot x_0 \to \eta \cdot \delta_3 = \frac{\Delta w_{03}}{x_0} = \frac{d_3}{x_0}`,
      ['Delta w_03', gradient('delta_3', 'x_0')],
      [({ eta, delta_3 }) => eta * delta_3, (x) => x['Delta w_03'] / x.x_0, ({ d_3, x_0 }) => d_3 / x_0],
    ),
    readsAll(
      r`\Delta w_{04} = \eta \cdot \delta_4 \cdot x_0 \to \eta \cdot \delta_4 = \frac{\Delta w_{04}}{x_0} = \frac{d_4}{x_0}`,
      ['Delta w_04', gradient('delta_4', 'x_0')],
      [({ eta, delta_4 }) => eta * delta_4, (x) => x['Delta w_04'] / x.x_0, ({ d_4, x_0 }) => d_4 / x_0],
    ),
    reads(
      r`\Delta w_{13} = \eta \cdot \delta_3 \cdot x_1 = \frac{d_3 \cdot x_1}{x_0} = d_3`,
      'Delta w_13',
      gradient('delta_3', 'x_1'),
      ({ d_3, x_1, x_0 }) => (d_3 * x_1) / x_0,
      'd_3',
    ),
    reads(
      r`\Delta w_{23} = \eta \cdot \delta_3 \cdot x_2 = \frac{d_3 \cdot x_2}{x_0} = -d_3`,
      'Delta w_23',
      gradient('delta_3', 'x_2'),
      ({ d_3, x_2, x_0 }) => (d_3 * x_2) / x_0,
      ({ d_3 }) => -d_3,
    ),
    reads(
      r`\Delta w_{14} = \eta \cdot \delta_4 \cdot x_1 = \frac{d_4 \cdot x_1}{x_0} = d_4`,
      'Delta w_14',
      gradient('delta_4', 'x_1'),
      ({ d_4, x_1, x_0 }) => (d_4 * x_1) / x_0,
      'd_4',
    ),
    reads(
      r`\Delta w_{24} = \eta \cdot \delta_4 \cdot x_2 = \frac{d_4 \cdot x_2}{x_0} = -d_4`,
      'Delta w_24',
      gradient('delta_4', 'x_2'),
      ({ d_4, x_2, x_0 }) => (d_4 * x_2) / x_0,
      ({ d_4 }) => -d_4,
    ),
    readsAll(r`x_1=1, x_2=-1`, ['x_1', 1], ['x_2', -1]),
    readsAll(
      r`\Delta w_{13}, \Delta w_{23}, \Delta w_{14}, \Delta w_{24}`,
      ['Delta w_13'],
      ['Delta w_23'],
      ['Delta w_14'],
      ['Delta w_24'],
    ),
    readsAll(r`w_{03} = -1, w_{13} = 1, w_{23} = -1`, ['w_03', -1], ['w_13', 1], ['w_23', -1]),
    readsAll(r`w_{04} = 2, w_{14} = -1, w_{24} = 1`, ['w_04', 2], ['w_14', -1], ['w_24', 1]),
    reads(r`w_{35}=w_{45}=1.`, 'w_35', 'w_45', 1),
    reads(
      r`g(x)=1/(1+e^{-x})`,
      ({ x }) => 7 * x + 1,
      ({ x }) => 1 / (1 + Math.exp(-x)),
    ),
    reads(
      r`a_3 = w_{03} \cdot x_0 + w_{13} \cdot x_1 + w_{23} \cdot x_2 = (-1) \cdot 1 + 1 \cdot 1 + (-1) \cdot (-1) = 1`,
      'a_3',
      net(3),
      1,
      1,
    ),
    reads(
      r`a_4 = w_{04} \cdot x_0 + w_{14} \cdot x_1 + w_{24} \cdot x_2 = 2 \cdot 1 + (-1) \cdot 1 + 1 \cdot (-1) = 0`,
      'a_4',
      net(4),
      0,
      0,
    ),
    reads(
      r`a_5 = w_{05} \cdot x_0 + w_{15} \cdot x_1 + w_{25} \cdot x_2 = (-2) \cdot 1 + 0.731 \cdot 1 + 0.5 \cdot 1 = -0.769`,
      'a_5',
      net(5),
      -2 + 0.731 + 0.5,
      -0.769,
    ),
    reads(r`y_3 = \frac{1}{1 + e^{-1}} = 0.731`, 'y_3', 1 / (1 + Math.exp(-1)), 0.731),
    reads(r`y_4 = \frac{1}{1 + e^0} = 0.5`, 'y_4', 0.5, 0.5),
    reads(r`y_5 = \frac{1}{1 + e^{0.317}} = 0.317`, 'y_5', 1 / (1 + Math.exp(0.317)), 0.317),
    reads(r`y_{target} - y_5 = 1 - 0.317 = 0.983`, ({ y_target, y_5 }) => y_target - y_5, 0.683, 0.983),
    reads(
      r`\delta_5 = \left(y_{target} - y_5\right) \cdot y_5 \cdot (1 - y_5) = 0.683 \cdot 0.317 \cdot 0.683 = 0.148`,
      'delta_5',
      ({ y_target, y_5 }) => (y_target - y_5) * y_5 * (1 - y_5),
      0.683 * 0.317 * 0.683,
      0.148,
    ),
    readsAll(
      r`\begin{split} \delta_3 &= y_3 \cdot (1 - y_3) \cdot w_{35} \cdot \delta_5 = 0.731 \cdot 0.269 \cdot 1 \cdot 0.148 = 0.037 \\ \delta_4 &= y_4 \cdot (1 - y_4) \cdot w_{45} \cdot \delta_5 = 0.5 \cdot 0.5 \cdot 1 \cdot 0.148 = 0.029 \end{split}`,
      ['delta_3', sigmoidPrime(3), 0.731 * 0.269 * 0.148, 0.037],
      ['delta_4', sigmoidPrime(4), 0.25 * 0.148, 0.029],
    ),
    update('03', 'delta_3', 'x_0', [1, 0.029, 1], 0.029),
    update('04', 'delta_4', 'x_0', [1, 0.037, 1], 0.037),
    update('05', 'delta_5', 'x_0', [1, 0.148, 1], 0.148),
    update('13', 'delta_3', 'x_1', [1, 0.029, 1], 0.029),
    update('14', 'delta_4', 'x_1', [1, 0.037, 1], 0.037),
    update('23', 'delta_3', 'x_2', [1, 0.029, -1], -0.029),
    update('24', 'delta_4', 'x_2', [1, 0.037, -1], -0.037),
    update('35', 'delta_5', 'y_3', [1, 0.148, 0.5], 0.074),
    update('45', 'delta_5', 'y_4', [1, 0.148, 0.731], 0.108),
    update('03', 'delta_3', 'x_0', [1, 0.221, 1], 0.221),
    update('04', 'delta_4', 'x_0', [1, 0.528, 1], 0.528),
    update('23', 'delta_3', 'x_2', [1, 0.221, -1], -0.221),
    update('24', 'delta_4', 'x_2', [1, 0.528, -1], -0.528),
    update('35', 'delta_5', 'y_3', [1, 0.528, 0], 0),
    update('45', 'delta_5', 'y_4', [1, 0.528, 0.762], 0.402),
    readsAll(
      r`\begin{aligned} w_{03} &= -0.971, w_{13} = 1.029, w_{23} = -1.029 \\ w_{04} &= 2.037, w_{14} = -0.963, w_{24} = 0.963 \\ w_{05} &= -1.852, w_{35} = 1.108, w_{45} = 1.074 \end{aligned}`,
      ['w_03', -0.971],
      ['w_13', 1.029],
      ['w_23', -1.029],
      ['w_04', 2.037],
      ['w_14', -0.963],
      ['w_24', 0.963],
      ['w_05', -1.852],
      ['w_35', 1.108],
      ['w_45', 1.074],
    ),
    reads(
      r`a_3 &= w_{03} \cdot x_0 + w_{13} \cdot x_1 + w_{23} \cdot x_2 = (-0.971) \cdot 1 + 1.029 \cdot 1 + (-1.029) \cdot (-1) = 1.087`,
      'a_3',
      net(3),
      1.087,
      1.087,
    ),
    reads(r`y_3 = \frac{1}{1 + e^{-1.087}} = 0.748`, 'y_3', 1 / (1 + Math.exp(-1.087)), 0.748),
    reads(r`a_4 = 2.037 \cdot 1 + (-0.963) \cdot 1 + 0.983 \cdot (-1) = 0.111`, 'a_4', 2.037 - 0.963 - 0.983, 0.111),
    reads(
      r`a_5 = -1.852 \cdot 1 + 0.748 \cdot 1.108 + 0.528 \cdot 1.074 = -0.456`,
      'a_5',
      -1.852 + 0.748 * 1.108 + 0.528 * 1.074,
      -0.456,
    ),
    reads(r`y_5 = \frac{1}{1 + e^{-0.456}} = 0.388`, 'y_5', 1 / (1 + Math.exp(-0.456)), 0.388),
    reads(r`y_{target} - y_5 = 1 - 0.388 = 0.612`, ({ y_target, y_5 }) => y_target - y_5, 0.612, 0.612),
    reads(r`y_3 = \tanh(1) = 0.762`, 'y_3', Math.tanh(1), 0.762),
    reads(r`y_4 = \tanh(0) = 0`, 'y_4', 0, 0),
    reads(
      r`a_5 = w_{05} \cdot x_0 + w_{35} \cdot y_3 + w_{45} \cdot y_4 = (-2) \cdot 1 + 1 \cdot 0.762 + 1 \cdot 0 = -1.238`,
      'a_5',
      ({ w_05, x_0, w_35, y_3, w_45, y_4 }) => w_05 * x_0 + w_35 * y_3 + w_45 * y_4,
      -2 + 0.762,
      -1.238,
    ),
    reads(r`y_5 = r = tanh(-1.238) = -0.845`, 'y_5', 'r', Math.tanh(-1.238), -0.845),
    reads(r`y_{target} - y_5 = 1 + 0.845 = 1.845`, ({ y_target, y_5 }) => y_target - y_5, 1.845, 1.845),
    readsAll(
      r`g(x) = tanh(x), \qquad g'(x) = 1 - tanh^{2}(x)`,
      [({ x }) => 7 * x + 1, ({ x }) => Math.tanh(x)],
      [({ x }) => 11 * x + 1, ({ x }) => 1 - Math.tanh(x) ** 2],
    ),
    reads(
      r`\Delta_{wkj} = \varepsilon \cdot (t_{k} - a_{k}) \cdot (1 - a_{k}^{2}) \cdot a_{j} \rightarrow`,
      'Delta w_kj',
      ({ epsilon, t_k, a_k, a_j }) => epsilon * (t_k - a_k) * (1 - a_k ** 2) * a_j,
    ),
    reads(
      r`\rightarrow \delta_{k} = \left(y_{target} - y_{k}\right) \cdot \left(1 - y_{k}^{2}\right) \text{ # output}`,
      'delta_k',
      ({ y_target, y_k }) => (y_target - y_k) * (1 - y_k ** 2),
    ),
    reads(
      r`\delta_{5} = \left(y_{target} - y_{5}\right) \cdot \left(1 - y_{5}^{2}\right) = 1.845 \cdot (1 - 0.845^{2}) = 0.528`,
      'delta_5',
      ({ y_target, y_5 }) => (y_target - y_5) * (1 - y_5 ** 2),
      1.845 * (1 - 0.845 ** 2),
      0.528,
    ),
    reads(
      r`\delta_{3} = \left(1 - y_{3}^{2}\right) \cdot w_{35} \cdot \delta_{5} = 0.419 \cdot 1 \cdot 0.528 = 0.221`,
      'delta_3',
      tanhPrime(3),
      0.419 * 0.528,
      0.221,
    ),
    reads(
      r`\delta_{4} = \left(1 - y_{4}^{2}\right) \cdot w_{45} \cdot \delta_{5} = 1 \cdot 1 \cdot 0.528 = 0.528`,
      'delta_4',
      tanhPrime(4),
      0.528,
      0.528,
    ),
    readsAll(r`w_{05} = -1.472, w_{35} = 1.402, w_{45} = 1`, ['w_05', -1.472], ['w_35', 1.402], ['w_45', 1]),
    reads(r`a_3 = (-0.779) \cdot 1 + 1.221 \cdot 1 + (-1.221) \cdot (-1) = 1.663`, 'a_3', 1.663, 1.663),
    reads(r`y_3 = \tanh(1.663) = 0.931`, 'y_3', Math.tanh(1.663), 0.931),
    reads(
      r`a_5 = w_{05} \cdot x_0 + y_3 \cdot w_{15} + y_4 \cdot w_{25} = -1.472 \cdot 1 + 0.931 \cdot 1.402 + 0.919 \cdot 1 = 0.752`,
      'a_5',
      ({ w_05, x_0, y_3, w_15, y_4, w_25 }) => w_05 * x_0 + y_3 * w_15 + y_4 * w_25,
      -1.472 + 0.931 * 1.402 + 0.919,
      0.752,
    ),
    reads(r`y_5 = \tanh(0.752) = 0.636`, 'y_5', Math.tanh(0.752), 0.636),
    // The same facts as other people write them.
    reads('δ₅ = (t − y₅)·y₅·(1 − y₅) = 0.148', 'delta_5', ({ t, y_5 }) => (t - y_5) * y_5 * (1 - y_5), 0.148),
    reads('Δw₀₃ = ηδ₃x₀ = 0.029', 'Delta w_03', gradient('delta_3', 'x_0'), 0.029),
    reads('Δw03 = η·δ3·x0 = 1·0.029·1', 'Delta w_03', gradient('delta_3', 'x_0'), 0.029),
    reads('w35 = 1 + 0.108 = 1.108', 'w_35', 1.108, 1.108),
    reads(r`\eta\delta_3x_1 = 0.037`, gradient('delta_3', 'x_1'), 0.037),
    reads(
      r`w_{35} = w_{35} + \Delta w_{35} = 1 + 0.108 = 1.108`,
      'w_35',
      (x) => x.w_35 + x['Delta w_35'],
      1.108,
      1.108,
    ),
    reads(r`E = \frac{1}{2}(t - y_5)^2 = 0.233`, 'E', ({ t, y_5 }) => 0.5 * (t - y_5) ** 2, 0.233),
    reads(
      r`E = \tfrac12 \left(t - y_5\right)^{2} \approx 0.2333`,
      'E',
      ({ t, y_5 }) => 0.5 * (t - y_5) ** 2,
      { relation: '≈' },
      0.2333,
    ),
    reads('E = 1/2 (t - y5)^2 = 0.2333', 'E', ({ t, y_5 }) => 0.5 * (t - y_5) ** 2, 0.2333),
    reads(
      r`\delta_5 = -(t - y_5)\, y_5 (1 - y_5) = -0.148`,
      'delta_5',
      ({ t, y_5 }) => -(t - y_5) * y_5 * (1 - y_5),
      -0.148,
    ),
    reads(r`\delta_5 = 2 (t-y_5) g'(a_5)`, 'delta_5', ({ t, y_5, a_5 }) => 2 * (t - y_5) * (11 * a_5 + 1)),
    reads(r`y_3 = g(a_3) = g(1) = 0{,}731`, 'y_3', ({ a_3 }) => 7 * a_3 + 1, 8, 0.731),
    reads(r`\boxed{y_5 = 0.317}`, 'y_5', 0.317),
    reads(r`\boldsymbol{\delta}_5 = 0.148`, 'delta_5', 0.148),
    reads(r`\mathbf{w}_{35} := 1.108`, 'w_35', 1.108),
    reads(
      r`\frac{\partial E}{\partial w_{35}} = -\delta_5 y_3`,
      (x) => x['∂E/∂w_35'],
      ({ delta_5, y_3 }) => -delta_5 * y_3,
    ),
    reads(
      '∂E/∂w₃₅ = −δ₅·y₃ = −0.108',
      (x) => x['∂E/∂w_35'],
      ({ delta_5, y_3 }) => -delta_5 * y_3,
      -0.108,
    ),
    reads(r`\frac{dE}{dw_{35}} = -0.108`, (x) => x['∂E/∂w_35'], -0.108),
    reads(r`w_{35}' = 1.108`, "w_35'", 1.108),
    reads(
      r`w_{35}^{new} = w_{35} + \eta \delta_5 y_3 = 1.108`,
      'w_35^new',
      ({ w_35, eta, delta_5, y_3 }) => w_35 + eta * delta_5 * y_3,
      1.108,
    ),
    reads(r`w_{35}^{(\text{new})} = 1.108`, 'w_35^new', 1.108),
  ],
}
