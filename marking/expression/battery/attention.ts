import { type Chapter, reads, readsAll, refuses } from './fragment.js'

const r = String.raw
const column = (...entries: readonly number[]) => entries.map((entry) => [entry])
const root3 = Math.sqrt(3)

/** The formulas of ntua/2.1 as they were handed in. */
export const attention: Chapter = {
  title: 'Attention: ntua/2.1',
  symbols: [
    'X',
    'q',
    'Q',
    'K',
    'V',
    'W_Q',
    'W_K',
    'W_V',
    'd_k',
    'Z',
    'z',
    'x^(1)',
    'x^(2)',
    'x^(3)',
    'x^(4)',
    'y_1',
    'y_2',
    'y_3',
    'y_4',
  ],
  functions: [],
  fragments: [
    readsAll(
      r`x^{(1)} = [-2 \quad 1 \quad 0.5]^T, \qquad x^{(2)} = [1 \quad 1.5 \quad -0.5]^T,`,
      ['x^(1)', column(-2, 1, 0.5)],
      ['x^(2)', column(1, 1.5, -0.5)],
    ),
    readsAll(
      r`x^{(3)} = [-1.5 \quad 1 \quad -0.5]^T, \qquad x^{(4)} = [-2 \quad -2.5 \quad 1.5]^T`,
      ['x^(3)', column(-1.5, 1, -0.5)],
      ['x^(4)', column(-2, -2.5, 1.5)],
    ),
    reads(r`X = \begin{bmatrix} x^{(1)}, x^{(2)} \end{bmatrix}^T \in R^{4 \times 3}`, 'X', (x) =>
      column(x['x^(1)'], x['x^(2)']),
    ),
    reads(r`q = [-2.0, -1.0, -1.0]^T`, 'q', column(-2, -1, -1)),
    reads(
      r`Score = X \cdot q = \begin{bmatrix} -2 & 1 & 0.5 \\ 1 & 1.5 & -0.5 \\ -1.5 & 1 & -0.5 \\ -2 & -2.5 & 1.5 \end{bmatrix} \cdot \begin{bmatrix} -2 \\ 1 \\ -1 \end{bmatrix} = \begin{bmatrix} 4+1-0.5 \\ -2+1.5+0.5 \\ 3+1+0.5 \\ 4-2.5-1.5 \end{bmatrix} = \begin{bmatrix} 4.5 \\ 0 \\ 4.5 \\ 0 \end{bmatrix}`,
      'score',
      ({ X, q }) => X * q,
      column(4.5, 0, 4.5, 0),
      column(4.5, 0, 4.5, 0),
      column(4.5, 0, 4.5, 0),
    ),
    reads(r`d_k = columns = 3`, 'd_k', 'columns', 3),
    refuses(
      r`\frac{\text{score}}{\sqrt{d_k}} = \begin{bmatrix} \frac{4.5}{\sqrt{3}} \\ 0 \\ 4.5 \\ \hline \sqrt{3} \\ 0 \end{bmatrix} = \begin{bmatrix} 2.598 \\ 0 \\ 2.598 \\ 0 \end{bmatrix}`,
      'a rule',
      [({ score, d_k }) => score / Math.sqrt(d_k), column(2.598, 0, 2.598, 0)],
    ),
    refuses(
      r`\sum_{i=1}^{4} e^{xi} = e^{\frac{4.5}{\sqrt{3}}} + e^{0} + e^{\frac{4.5}{\sqrt{3}}} + e^{0} = 28.876`,
      'a sum over i of what does not depend on it',
      [2 * Math.exp(4.5 / root3) + 2, 28.876],
    ),
    reads(
      r`softmax([2.598 \quad 0 \quad 2.598 \quad 0]) = \begin{bmatrix} \frac{2.598}{28.876} & \frac{1}{28.876} & \frac{2.598}{28.876} & \frac{1}{28.876} \end{bmatrix} = = [0.465 \quad 0.035 \quad 0.465 \quad 0.035]`,
      [Math.exp(2.598), 1, Math.exp(2.598), 1].map((e) => e / (2 * Math.exp(2.598) + 2)),
      [[2.598 / 28.876, 1 / 28.876, 2.598 / 28.876, 1 / 28.876]],
      [0.465, 0.035, 0.465, 0.035],
    ),
    reads(
      r`y_1 = 0.465 \cdot x^{(1)} = [0.93 \quad 0.465 \quad 0.232]`,
      'y_1',
      (x) => 0.465 * x['x^(1)'],
      [0.93, 0.465, 0.232],
    ),
    reads(
      r`y_2 = 0.035 \cdot x^{(2)} = [0.035 \quad 0.525 \quad -0.018]`,
      'y_2',
      (x) => 0.035 * x['x^(2)'],
      [0.035, 0.525, -0.018],
    ),
    reads(
      r`y_3 = 0.465 \cdot x^{(3)} = [-0.698 \quad 0.465 \quad -0.232]`,
      'y_3',
      (x) => 0.465 * x['x^(3)'],
      [-0.698, 0.465, -0.232],
    ),
    reads(
      r`y_4 = 0.035 \cdot x^{(4)} = \begin{bmatrix} -0.07 & -0.088 & 0.018 \end{bmatrix}`,
      'y_4',
      (x) => 0.035 * x['x^(4)'],
      [[-0.07, -0.088, 0.018]],
    ),
    reads(r`W_Q = \begin{bmatrix} 1 & -1.5 \\ 0 & 2 \\ -0.5 & 1 \end{bmatrix}`, 'W_Q', [
      [1, -1.5],
      [0, 2],
      [-0.5, 1],
    ]),
    reads(r`W_K = \begin{bmatrix} -1.5 & -1 \\ 2.5 & 0 \\ 0.5 & -1 \end{bmatrix}`, 'W_K', [
      [-1.5, -1],
      [2.5, 0],
      [0.5, -1],
    ]),
    reads(
      r`Q = X \cdot W_Q = \begin{bmatrix} -2 & 1 & 0.5 \\ 1 & 1.5 & -0.5 \end{bmatrix} \cdot \begin{bmatrix} 1 & -1.5 \\ 0 & 2 \\ -0.5 & 1 \end{bmatrix} = \begin{bmatrix} -2.25 & 5.5 \\ 1.25 & 1 \end{bmatrix}`,
      'Q',
      ({ X, W_Q }) => X * W_Q,
      [
        [-2.25, 5.5],
        [1.25, 1],
      ],
      [
        [-2.25, 5.5],
        [1.25, 1],
      ],
    ),
    reads(
      r`K = X \cdot W_K = \begin{bmatrix} 5.75 & 1.5 \\ 2 & -0.5 \\ 4.5 & 2 \\ -2.5 & 0.5 \end{bmatrix}`,
      'K',
      ({ X, W_K }) => X * W_K,
      [
        [5.75, 1.5],
        [2, -0.5],
        [4.5, 2],
        [-2.5, 0.5],
      ],
    ),
    reads(
      r`V = X \cdot W_V = \begin{bmatrix} -2.5 & -6.5 \\ 0.25 & -1 \\ -2 & -6.25 \\ 0.75 & 1.5 \end{bmatrix}`,
      'V',
      ({ X, W_V }) => X * W_V,
      [
        [-2.5, -6.5],
        [0.25, -1],
        [-2, -6.25],
        [0.75, 1.5],
      ],
    ),
    readsAll(r`z = softmax \left(\frac{QK^T}{\sqrt{d_k}} \right) V, \qquad d_k = 2`, ['z', ({ V }) => V], ['d_k', 2]),
    reads(
      r`QK^T = \begin{bmatrix} -2.25 & 4.5 \\ 1.25 & 2 \end{bmatrix} \begin{bmatrix} 5.75 & 2 \\ 1.5 & -0.5 \end{bmatrix} = \begin{bmatrix} -6.188 & -6.75 \\ 10.188 & 1.5 \end{bmatrix}`,
      ({ Q, K }) => Q * K,
      [
        [-2.25 * 5.75 + 4.5 * 1.5, -2.25 * 2 - 4.5 * 0.5],
        [1.25 * 5.75 + 3, 2.5 - 1],
      ],
      [
        [-6.188, -6.75],
        [10.188, 1.5],
      ],
    ),
    refuses(
      r`z = softmax \left(\begin{bmatrix} -6.188 & -6.75 \\ 10.188 & 1.5 \end{bmatrix} \cdot V = = \begin{bmatrix} 0 & 1 \\ 0.6 & 0.4 \end{bmatrix}`,
      'never closed',
      [
        'z',
        [
          [0, 1],
          [0.6, 0.4],
        ],
      ],
    ),
    reads(
      r`\text{Attention}(Q, K, V) = \text{softmax}\left(\frac{QK^T}{\sqrt{d_k}}\right)V`.replace(/^.*? = /, ''),
      ({ V }) => V,
    ),
    reads(r`\mathrm{softmax}\left(QK^\top / \sqrt{d_k}\right)V`, ({ V }) => V),
    reads('QKᵀ/√2', ({ Q, K }) => (Q * K) / Math.SQRT2),
    reads(r`\frac{1}{\sqrt{d_k}} QK^{\mathsf{T}}`, ({ Q, K, d_k }) => (Q * K) / Math.sqrt(d_k)),
    reads(r`q^T K V`, ({ q, K, V }) => q * K * V),
    reads(r`K^TV`, ({ K, V }) => K * V),
    reads(r`XW_Q`, ({ X, W_Q }) => X * W_Q),
    reads(r`4.5/\sqrt{3} = 2.598`, 4.5 / root3, 2.598),
    reads('4.5/√3 ≈ 2.598', 4.5 / root3, { relation: '≈' }, 2.598),
    reads(r`e^{2.598} = 13.437`, Math.exp(2.598), 13.437),
    reads(r`\exp(2.598) = 13.437`, Math.exp(2.598), 13.437),
    reads(r`\frac{e^{2.598}}{2e^{2.598} + 2} = 0.465`, Math.exp(2.598) / (2 * Math.exp(2.598) + 2), 0.465),
  ],
}
