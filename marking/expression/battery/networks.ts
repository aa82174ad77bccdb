import { type Chapter, reads, readsAll, refuses } from './fragment.js'

const r = String.raw

/** The formulas of ntua/1.2 to 1.4 as they were handed in, and as others write them. */
export const convolution: Chapter = {
  title: 'A convolution, counted: ntua/1.2',
  symbols: [
    'w_1',
    'h_1',
    'd_1',
    'w_2',
    'h_2',
    'd_2',
    'F',
    'K',
    'S',
    'P',
    'units',
    'parameters',
    'input units',
    'output units',
  ],
  functions: [],
  fragments: [
    reads(r`F = 11 \times 11 \times 3`, 'F', 363),
    readsAll(r`w_1 = 227, h_1 = 227, d_1 = 3`, ['w_1', 227], ['h_1', 227], ['d_1', 3]),
    reads(
      r`w_2 = \left(\frac{w_1 - F + 2 \cdot P}{S}\right) + 1 = \left(\frac{227 - 11 + 2 \cdot 0}{S}\right) + 1 = 55`,
      'w_2',
      ({ w_1, F, P, S }) => (w_1 - F + 2 * P) / S + 1,
      ({ S }) => 216 / S + 1,
      55,
    ),
    reads(
      r`h_2 = \left(\frac{h_1 - F + 2 \cdot P}{S}\right) + 1 = 55`,
      'h_2',
      ({ h_1, F, P, S }) => (h_1 - F + 2 * P) / S + 1,
      55,
    ),
    reads(r`d_2 = K = 96`, 'd_2', 'K', 96),
    reads(r`55 \times 55 \times 96`, 290400),
    reads(
      'Units = \nw_2 \\cdot h_2 \\cdot d_2 = 55 \\cdot 55 \\cdot 96 = 290.400',
      'units',
      ({ w_2, h_2, d_2 }) => w_2 * h_2 * d_2,
      290400,
      290.4,
    ),
    reads(r`Parameters = (F \cdot F \cdot d_1 + 1) \cdot K`, 'parameters', ({ F, d_1, K }) => (F * F * d_1 + 1) * K),
    reads(
      r`Parameters = (F \cdot F \cdot d_1 + 1) \cdot K = (11 \cdot 11 \cdot 3 + 1) \cdot 96 = 34,944`,
      'parameters',
      ({ F, d_1, K }) => (F * F * d_1 + 1) * K,
      34944,
      34944,
    ),
    reads(
      r`Parameters = (Input Units + 1) \cdot Output Units`,
      'parameters',
      (x) => (x['input units'] + 1) * x['output units'],
    ),
    reads(r`Input units = 227 \cdot 227 \cdot 3 = 154,588`, 'input units', 154587, 154588),
    reads(r`Parameters = 154,588 \cdot 256 = 39,574,528`, 'parameters', 154588 * 256, 39574528),
    reads('227x227x3', 154587),
    reads('11 x 11 x 3', 363),
    reads('55×55×96', 290400),
    reads(r`w_2 = h_2 = \frac{227 - 11}{4} + 1 = 55`, 'w_2', 'h_2', 55, 55),
    reads(r`w_2 = \left\lfloor \frac{227 - 11}{4} \right\rfloor + 1 = 55`, 'w_2', 55, 55),
    reads(r`w_2 = (227 - 11)/4 + 1 = 55`, 'w_2', 55, 55),
    reads(r`\text{Parameters} = (11^2 \cdot 3 + 1)\cdot 96 = 34{,}944`, 'parameters', 34944, 34944),
    reads(r`(11 \cdot 11 \cdot 3 + 1) \times 96 = 34\,944 \text{ parameters}`, 34944, 34944),
    reads('Parameters = 34944', 'parameters', 34944),
    reads('(227·227·3 + 1)·256 = 39.574.528', 39574528, 39574528),
    reads(r`\text{Input units} = 227^2 \cdot 3 = 154\,587`, 'input units', 154587, 154587),
    reads(r`\underbrace{55 \cdot 55}_{\text{area}} \cdot 96 = 290400`, 290400, 290400),
    reads('290400 units', 290400),
    reads(r`\mathrm{Units} = 290{,}400`, 'units', 290400),
  ],
}

const vocabulary = [
  [0, -1, 2],
  [1, -2, 0],
]
const column = (...entries: readonly number[]) => entries.map((entry) => [entry])
const softmax = (...logits: readonly number[]) => {
  const sum = logits.reduce((total, logit) => total + Math.exp(logit), 0)
  return column(...logits.map((logit) => Math.exp(logit) / sum))
}
const readout = r`\begin{bmatrix} 0 & 1 \\ 1 & 0 \\ 2 & -1 \end{bmatrix}`
const zero = r`\begin{bmatrix} 0 \\ 0 \end{bmatrix}`

export const recurrence: Chapter = {
  title: 'A recurrent network and an autoencoder: ntua/1.3 and 1.4',
  symbols: [
    'h_0',
    'h_1',
    'h_2',
    'h_3',
    'h',
    'x_1',
    'x_2',
    'x_3',
    'W_wh',
    'W_hh',
    'W_hy',
    'U',
    'V',
    'W',
    'b',
    'C',
    'y',
    'x_i',
    'y_i',
    'u_o',
    'u_c',
  ],
  functions: ['g'],
  fragments: [
    readsAll(
      r`W_{wh} = \begin{bmatrix} 0 & -1 & 2 \\ 1 & -2 & 0 \end{bmatrix}, \qquad W_{hy} = ${readout}`,
      ['W_wh', vocabulary],
      [
        'W_hy',
        [
          [0, 1],
          [1, 0],
          [2, -1],
        ],
      ],
    ),
    reads(
      r`\mathcal{V} = \begin{bmatrix} 0 & -1 & 2 \\ 1 & -2 & 0 \end{bmatrix} \begin{array}{l} \text{\# this} \\ \text{\# is} > \\ \end{array}`.replace(
        ' >',
        '',
      ),
      'cal V',
      vocabulary,
    ),
    readsAll(
      r`h_0 = ${zero}, \qquad h_t = g(V \cdot x_t + U \cdot h_{t-1} + C), \qquad y = softmax(W \cdot h_t + b)`,
      ['h_0', column(0, 0)],
      ['h_t', (v) => 7 * (v.V * v.x_t + v.U * v['h_t-1'] + v.C) + 1],
      ['y', () => 1],
    ),
    refuses(r`Bias C = b = ${zero}, \qquad U = W_{hh} = I`, 'Bias', ['b', column(0, 0)], ['U', 'W_hh', 'I']),
    readsAll(r`g = ReLU, ReLU: f(x) = max(0, x)`, ['g', 'relu'], [({ x }) => 7 * x + 1, ({ x }) => Math.max(0, x)]),
    reads(r`Was: x_2 = \begin{bmatrix} 0 \\ 0 \\ 0 \end{bmatrix}`, 'x_2', column(0, 0, 0)),
    reads(r`Horrible: x_3 = \begin{bmatrix} -2 \\ -2 \\ 1 \end{bmatrix}`, 'x_3', column(-2, -2, 1)),
    reads(
      r`h_{1} = ReLU \left(\begin{bmatrix} 0 \cdot 0 + (-1) \cdot (-1) + 2 \cdot 2 \\ 1 \cdot 0 + (-2) \cdot (-1) + 0 \cdot 2 \end{bmatrix} + ${zero} + ${zero} \right) = \begin{bmatrix} 5 \\ 2 \end{bmatrix}`,
      'h_1',
      column(5, 2),
      column(5, 2),
    ),
    reads(
      r`h_{2} = ReLU \left(${zero} + \begin{bmatrix} 5 \\ 2 \end{bmatrix} + ${zero} \right) = \begin{bmatrix} 5 \\ 2 \end{bmatrix}`,
      'h_2',
      column(5, 2),
      column(5, 2),
    ),
    reads(
      r`h_{3} = ReLU \left(\begin{bmatrix} 0 \cdot (-2) + (-1) \cdot (-2) + 2 \cdot 1 \\ 1 \cdot (-2) + (-2) \cdot (-2) + 0 \cdot 1 \end{bmatrix} + \begin{bmatrix} 5 \\ 2 \end{bmatrix} + ${zero} \right) = \begin{bmatrix} 4 \\ 2 \end{bmatrix} + \begin{bmatrix} 5 \\ 2 \end{bmatrix} = \begin{bmatrix} 9 \\ 4 \end{bmatrix}`,
      'h_3',
      column(9, 4),
      column(9, 4),
      column(9, 4),
    ),
    reads(
      r`y = softmax \left(${readout} \cdot \begin{bmatrix} 9 \\ 4 \end{bmatrix} + ${zero.replace('0 \\\\ 0', '0 \\\\ 0 \\\\ 0')} \right) = softmax \left(\begin{bmatrix} 4 \\ 9 \\ 14 \end{bmatrix} \right)`,
      'y',
      softmax(4, 9, 14),
      softmax(4, 9, 14),
    ),
    reads(
      r`h = \frac{h_1 + h_2 + h_3}{3} = \begin{bmatrix} \frac{5+5+9}{3} \\ \frac{2+2+4}{3} \end{bmatrix} = \begin{bmatrix} \frac{19}{3} \\ \frac{8}{3} \end{bmatrix}`,
      'h',
      ({ h_1, h_2, h_3 }) => (h_1 + h_2 + h_3) / 3,
      column(19 / 3, 8 / 3),
      column(19 / 3, 8 / 3),
    ),
    reads(
      r`y = softmax \begin{pmatrix} ${readout} \cdot \begin{bmatrix} 19/3 \\ 8/3 \end{bmatrix} \end{pmatrix} = softmax \begin{pmatrix} \begin{bmatrix} 8/3 \\ 19/3 \\ 10 \end{bmatrix} \end{pmatrix} = softmax \begin{pmatrix} \begin{bmatrix} 2.67 \\ 6.33 \\ 10 \end{bmatrix} \end{pmatrix}`,
      'y',
      softmax(8 / 3, 19 / 3, 10),
      softmax(8 / 3, 19 / 3, 10),
      softmax(2.67, 6.33, 10),
    ),
    reads(r`x_i = 1500 \cdot 512 = 768,000`, 'x_i', 768000, 768000),
    reads('Dimension per word = 256 + 256 = 512', 'dimension per word', 512, 512),
    refuses(r`\alpha\pi\delta u_o`, 'spell a word'),
    reads('h_1 = [5, 2]', 'h_1', [5, 2]),
    reads('h1 = (5, 2)', 'h_1', [5, 2]),
    reads('h₃ = [9 4]ᵀ', 'h_3', column(9, 4)),
    reads(r`h_3 = (9, 4)^\top`, 'h_3', column(9, 4)),
    reads(r`x_1 = \begin{pmatrix} 0 \\ -1 \\ 2 \end{pmatrix}`, 'x_1', column(0, -1, 2)),
    reads(r`x_1 = \left[\begin{array}{r} 0 \\ -1 \\ 2 \end{array}\right]`, 'x_1', column(0, -1, 2)),
    reads(r`x_1 = \left(\begin{smallmatrix} 0 \\ -1 \\ 2 \end{smallmatrix}\right)`, 'x_1', column(0, -1, 2)),
    reads(
      r`h_1 = \max(0, Vx_1) = \begin{bmatrix} 5 \\ 2 \end{bmatrix}`,
      'h_1',
      (v) => Math.max(0, v.V * v.x_1),
      column(5, 2),
    ),
    reads(r`h_1 = \operatorname{ReLU}(W_{wh} x_1 + W_{hh} h_0)`, 'h_1', (v) =>
      Math.max(0, v.W_wh * v.x_1 + v.W_hh * v.h_0),
    ),
    reads(r`\bar{h} = \frac{1}{3}(h_1 + h_2 + h_3)`, 'bar h', ({ h_1, h_2, h_3 }) => (h_1 + h_2 + h_3) / 3),
    reads(
      r`\frac13 \left( \begin{bmatrix} 5 \\ 2 \end{bmatrix} + \begin{bmatrix} 5 \\ 2 \end{bmatrix} + \begin{bmatrix} 9 \\ 4 \end{bmatrix} \right) = \begin{bmatrix} 6{,}33 \\ 2{,}67 \end{bmatrix}`,
      column(19 / 3, 8 / 3),
      column(6.33, 2.67),
    ),
    reads(
      r`\begin{bmatrix} 0 & -1 & 2 \\ 1 & -2 & 0 \end{bmatrix} \begin{bmatrix} 0 \\ -1 \\ 2 \end{bmatrix} = \begin{bmatrix} 5 \\ 2 \end{bmatrix}`,
      column(5, 2),
      column(5, 2),
    ),
    reads(r`W_{hy} h_3 = (4, 9, 14)^T`, ({ W_hy, h_3 }) => W_hy * h_3, column(4, 9, 14)),
    reads(r`\arg\max y = 2`.replace(r`\arg\max`, r`\operatorname{argmax}`), 0, 2),
    reads('[500,250,50,250,500]', [500, 250, 50, 250, 500]),
    reads('256×1', 256),
    reads('y = [0.00005, 0.00669, 0.99326]', 'y', [0.00005, 0.00669, 0.99326]),
    readsAll(r`C = \{0; 1; 2; \}`),
    readsAll(r`h_1, \dots, h_3`, ['h_1'], ['h_3']),
  ],
}
