import { applied, by, type Chapter, type Meaning, reads, readsAll, readsEach, refuses } from './fragment.js'

const r = String.raw
const { abs, exp, max, sqrt, tanh } = Math
const column = (...entries: readonly number[]) => entries.map((entry) => [entry])

type Rows = readonly (readonly string[])[]
const cells = (rows: Rows, between: string, end: string) => rows.map((row) => row.join(between)).join(end)
const wide = (rows: Rows) => rows.every((row) => row.length > 1)

/** Ways of writing a matrix; the last three only where every row has two entries and more. */
const matrixNotations: readonly ((rows: Rows) => string)[] = [
  (rows) => r`\begin{bmatrix} ${cells(rows, ' & ', r` \\ `)} \end{bmatrix}`,
  (rows) => r`\begin{pmatrix}${cells(rows, '&', r`\\`)}\end{pmatrix}`,
  (rows) => r`\left[\begin{array}{${'c'.repeat(rows[0].length)}} ${cells(rows, ' & ', r` \\ `)} \end{array}\right]`,
  (rows) => r`\left( \begin{matrix} ${cells(rows, ' & ', r` \\ `)} \\ \end{matrix} \right)`,
  (rows) => r`\bigl[\begin{smallmatrix} ${cells(rows, ' & ', r` \\ `)} \end{smallmatrix}\bigr]`,
  (rows) => `[${rows.map((row) => `[${row.join(', ')}]`).join(', ')}]`,
  (rows) => `np.array([${rows.map((row) => `[${row.join(', ')}]`).join(', ')}])`,
  ...[
    (rows: Rows) => `[${cells(rows, ' ', '; ')}]`,
    (rows: Rows) => `[${cells(rows, ', ', '; ')}]`,
    (rows: Rows) => r`\begin{bmatrix} ${cells(rows, ', ', r` \\ `)} \end{bmatrix}`,
  ].map((write) => (rows: Rows) => (wide(rows) ? write(rows) : '')),
]

/** Statements about matrices, the matrices being put in by a notation, and what their sides mean. */
const statements: readonly (readonly [(m: (...rows: Rows) => string) => string, ...Meaning[]])[] = [
  [
    (m) => `A = ${m(['1', '-2'], ['0.5', '3'])}`,
    'A',
    [
      [1, -2],
      [0.5, 3],
    ],
  ],
  [(m) => `x = ${m(['1'], ['0'], ['-1'])}`, 'x', column(1, 0, -1)],
  [
    (m) => r`${m(['1', '2'], ['3', '4'])} \cdot ${m(['1', '0'], ['0', '-1'])} = ${m(['1', '-2'], ['3', '-4'])}`,
    [
      [1, -2],
      [3, -4],
    ],
    [
      [1, -2],
      [3, -4],
    ],
  ],
  [
    (m) => r`2 \cdot ${m(['1', '2'], ['3', '4'])} = ${m(['2', '4'], ['6', '8'])}`,
    [
      [2, 4],
      [6, 8],
    ],
    [
      [2, 4],
      [6, 8],
    ],
  ],
  [
    (m) => `${m(['1', '2'], ['3', '4'])}^T = ${m(['1', '3'], ['2', '4'])}`,
    [
      [1, 3],
      [2, 4],
    ],
    [
      [1, 3],
      [2, 4],
    ],
  ],
  [
    (m) => `${m(['1', '2'], ['3', '4'])} + ${m(['0.5', '0.5'], ['-1', '0'])}`,
    [
      [1.5, 2.5],
      [2, 4],
    ],
  ],
  [
    (m) => r`\tanh\left(${m(['0', '1'], ['-1', '0'])}\right)`,
    [
      [0, tanh(1)],
      [tanh(-1), 0],
    ],
  ],
  [
    (m) => r`${m(['1', '2'], ['3', '4'])} \odot ${m(['2', '0'], ['0', '2'])}`,
    [
      [2, 0],
      [0, 8],
    ],
  ],
]

const everyMatrix = matrixNotations.flatMap((notation) =>
  statements.flatMap(([write, ...meanings]) => {
    const written: string[] = []
    const text = write((...rows) => {
      written.push(notation(rows))
      return written[written.length - 1]
    })
    return written.includes('') ? [] : [reads(text, ...meanings)]
  }),
)

/** Matrices and vectors in every notation, products, transposes, norms and entries; and as code. */
export const matrices: Chapter = {
  title: 'Matrices, vectors, sets; and as code',
  symbols: [],
  functions: [],
  fragments: [
    ...everyMatrix,
    ...readsEach(
      // Products and transposes.
      [r`x^T x`, ({ x }) => x * x],
      [r`x^\top A x`, ({ x, A }) => x * A * x],
      [r`x^{\mathsf{T}} y`, ({ x, y }) => x * y],
      [r`x^{\intercal} y`, ({ x, y }) => x * y],
      [r`\mathbf{x}^T \mathbf{w} + b`, ({ x, w, b }) => x * w + b],
      [r`\boldsymbol{w}^\top \boldsymbol{x}`, ({ w, x }) => w * x],
      [r`\vec{w} \cdot \vec{x} + b`, ({ w, x, b }) => w * x + b],
      [r`\bm{W}\bm{x}`, ({ W, x }) => W * x],
      [r`(AB)^T = B^T A^T`, ({ A, B }) => A * B, ({ A, B }) => B * A],
      [r`A^{-1} b`, ({ A, b }) => b / A],
      [r`(X^T X)^{-1} X^T y`, ({ X, y }) => (1 / (X * X)) * X * y],
      [r`(X^T X + \lambda I)^{-1} X^T y`, ({ X, lambda, I, y }) => (1 / (X * X + lambda * I)) * X * y],
      [r`W^{(2)T} \delta`, (x) => x['W^(2)'] * x.delta],
      [r`{W^{(2)}}^T \delta`, (x) => x['W^(2)'] * x.delta],
      ['A·Bᵀ', ({ A, B }) => A * B],
      ['A Bᵀ C', ({ A, B, C }) => A * B * C],
      ['A.T @ B', ({ A, B }) => A * B],
      ['W @ x + b', ({ W, x, b }) => W * x + b],
      ['x.T @ x', ({ x }) => x * x],
      ['np.dot(W, x) + b', ({ W, x, b }) => W * x + b],
      ['np.matmul(Q, K.T)', ({ Q, K }) => Q * K],
      ['W.dot(x)', ({ W, x }) => W * x],
      ['torch.matmul(Q, K.transpose())', ({ Q, K }) => Q * K],
      ['np.transpose(W)', ({ W }) => W],
      ['np.multiply(a, b)', ({ a, b }) => a * b],
      ['np.square(t - y)', ({ t, y }) => (t - y) ** 2],
      ['np.power(2, 3) = 8', 8, 8],
      ['pow(x, 2)', ({ x }) => x ** 2],
      ['math.pow(10, -3)', 0.001],
      ['np.exp(1.2) = 3.3201', exp(1.2), 3.3201],
      ['math.exp(-1)', exp(-1)],
      ['np.sqrt(2)', Math.SQRT2],
      ['torch.tanh(x)', ({ x }) => tanh(x)],
      ['torch.nn.functional.relu(x)', ({ x }) => x],
      ['F.relu(-2)', 0],
      ['tf.nn.softmax([0, 0])', [0.5, 0.5]],
      ['F.softmax(z)', 1],
      ['np.maximum(0, x)', ({ x }) => max(0, x)],
      ['np.maximum(0, np.array([-1, 2]))', [0, 2]],
      ['np.minimum(x, y)', ({ x, y }) => Math.min(x, y)],
      ['np.max([1, 5, 3]) = 5', 5, 5],
      ['np.mean([1, 2, 3]) = 2', 2, 2],
      ['np.sum([1, 2, 3]) = 6', 6, 6],
      ['sum([1, 2, 3]) / 3 = 2', 2, 2],
      ['np.abs(-3) = 3', 3, 3],
      ['abs(x - y)', ({ x, y }) => abs(x - y)],
      ['np.argmax([0.1, 0.7, 0.2]) = 1', 1, 1],
      ['np.log(0.4) = -0.916', Math.log(0.4), -0.916],
      ['np.log2(8)', 3],
      ['np.tanh(W @ h + b)', ({ W, h, b }) => tanh(W * h + b)],
      ['1 / (1 + np.exp(-x))', ({ x }) => 1 / (1 + exp(-x))],
      ['x**2 + y**2', ({ x, y }) => x ** 2 + y ** 2],
      ['-x**2', ({ x }) => -(x ** 2)],
      ['2**-1 = 0.5', 0.5, 0.5],
      ['(1 - y5**2) * delta', ({ y_5, delta }) => (1 - y_5 ** 2) * delta],
      ['10**3', 1000],
      ['1e-3 * 5 = 0.005', 0.005, 0.005],
      ['5E-1', 0.5],
      ['w[0][1] = 0.3', (x) => x['w[0][1]'], 0.3],
      ['w[0, 1] = 0.3', (x) => x['w[0][1]'], 0.3],
      ['W[1][0] * x[0]', (x) => x['W[1][0]'] * x['x[0]']],
      ['x[0] + x[1]', (x) => x['x[0]'] + x['x[1]']],
      ['x[n] = x[n-1] + 1', 'x_n', (x) => x['x_n-1'] + 1],
      ['z.sum()', ({ z }) => z],
      ['np.array([1, 2, 3]).sum() = 6', 6, 6],
      ['np.array([[1], [2]])', column(1, 2)],
      ['torch.tensor([1., 2.])', [1, 2]],
      ['np.array([0.5, -0.5]) * 2', [1, -1]],
      ['h = np.tanh(0.5)', 'h', tanh(0.5)],
      ['loss = (y - t)**2', 'loss', ({ y, t }) => (y - t) ** 2],
      ['y_hat = sigmoid(z)', 'hat y', ({ z }) => 1 / (1 + exp(-z))],
      ['grad = delta * x', 'grad', ({ delta, x }) => delta * x],
      ['log_softmax([0, 0])', [-Math.LN2, -Math.LN2]],
      // Lists and vectors.
      ['[[1, 2, 3]]', [[1, 2, 3]]],
      ['[[1], [2], [3]]', column(1, 2, 3)],
      [
        '((1, 2), (3, 4))',
        [
          [1, 2],
          [3, 4],
        ],
      ],
      [
        '[(1, 2), (3, 4)]',
        [
          [1, 2],
          [3, 4],
        ],
      ],
      [
        '[[0,5, 1,5], [2,5, 3,5]]',
        [
          [0.5, 1.5],
          [2.5, 3.5],
        ],
      ],
      [
        r`\begin{bmatrix} [1, 2] \\ [3, 4] \end{bmatrix}`,
        [
          [1, 2],
          [3, 4],
        ],
      ],
      [r`[1 \quad 2 \quad 3]^T`, column(1, 2, 3)],
      [r`(1, 2, 3)^T`, column(1, 2, 3)],
      [r`(1, 2, 3)^{\top} = \begin{pmatrix} 1 \\ 2 \\ 3 \end{pmatrix}`, column(1, 2, 3), column(1, 2, 3)],
      [r`x = (1, -1)^T`, 'x', column(1, -1)],
      ['x = [1; -1]', 'x', column(1, -1)],
      ['(0,731; 0,5)', [0.731, 0.5]],
      ['(0,5; 1; -2)', [0.5, 1, -2]],
      ['[t]', ({ t }) => [t]],
      [r`\left[ 0.5,\; 0.3,\; 0.2 \right]`, [0.5, 0.3, 0.2]],
      [r`[0{,}5;\; 0{,}3]`, column(0.5, 0.3)],
      [r`[ 10,\ 5,\ 10 ]`, [10, 5, 10]],
      ['10×0 + 5×1 + 10×1 = 15', 15, 15],
      ['[0+5+0+0, 0+0+0+0, 0+1+0+0] = [5, 0, 1]', [5, 0, 1], [5, 0, 1]],
      [
        r`\begin{bmatrix} 1 & 0 \\ 0 & 1 \end{bmatrix} \begin{bmatrix} 3 \\ 4 \end{bmatrix} = \begin{bmatrix} 3 \\ 4 \end{bmatrix}`,
        column(3, 4),
        column(3, 4),
      ],
      [r`\begin{bmatrix} 1 & 2 \end{bmatrix} \begin{bmatrix} 3 \\ 4 \end{bmatrix} = 11`, [[11]], 11],
      [
        r`\begin{bmatrix} 1 \\ 2 \end{bmatrix} \begin{bmatrix} 3 & 4 \end{bmatrix} = \begin{bmatrix} 3 & 4 \\ 6 & 8 \end{bmatrix}`,
        [
          [3, 4],
          [6, 8],
        ],
        [
          [3, 4],
          [6, 8],
        ],
      ],
      [
        r`\begin{bmatrix} 1 & 2 \\ 3 & 4 \end{bmatrix} + \begin{bmatrix} 10 & 20 \end{bmatrix}`,
        [
          [11, 22],
          [13, 24],
        ],
      ],
      [
        r`\begin{bmatrix} 1 & 2 \\ 3 & 4 \end{bmatrix} + [10, 20]`,
        [
          [11, 22],
          [13, 24],
        ],
      ],
      [
        r`\begin{bmatrix} 1 & 2 & 3 \\ 4 & 5 & 6 \end{bmatrix} + \begin{bmatrix} 10 \\ 20 \end{bmatrix}`,
        [
          [11, 12, 13],
          [24, 25, 26],
        ],
      ],
      [
        r`\begin{bmatrix} 1 & 2 \\ 3 & 4 \end{bmatrix} - 1`,
        [
          [0, 1],
          [2, 3],
        ],
      ],
      [r`\frac{1}{2} \begin{bmatrix} 1 & 2 \end{bmatrix}`, [[0.5, 1]]],
      [r`\begin{bmatrix} 4 \\ 2 \end{bmatrix} / 2`, column(2, 1)],
      [
        r`\frac{1}{\sqrt{2}} \begin{pmatrix} 1 & 1 \\ 1 & -1 \end{pmatrix}`,
        [
          [1 / sqrt(2), 1 / sqrt(2)],
          [1 / sqrt(2), -1 / sqrt(2)],
        ],
      ],
      [
        r`\begin{bmatrix} \frac{1}{2} & \sqrt{4} \\ e^0 & 2^3 \end{bmatrix}`,
        [
          [0.5, 2],
          [1, 8],
        ],
      ],
      [r`\begin{bmatrix} 1 \cdot 2 + 0 \cdot 3 \\ -1 + 1 \end{bmatrix}`, column(2, 0)],
      [
        r`\begin{bmatrix} x_1 & x_2 \\ x_3 & x_4 \end{bmatrix}`,
        ({ x_1, x_2, x_3, x_4 }) => [
          [x_1, x_2],
          [x_3, x_4],
        ],
      ],
      [
        r`\begin{bmatrix} 1 & 2 \\ 3 & 4 \end{bmatrix}_{2 \times 2}`,
        [
          [1, 2],
          [3, 4],
        ],
      ],
      [
        r`\begin{array}{c|c} 1 & 2 \\ \hline 3 & 4 \end{array}`,
        [
          [1, 2],
          [3, 4],
        ],
      ],
      [
        r`\left[\begin{array}{rr|r} 1 & 2 & 3 \\ 0 & 1 & 1 \end{array}\right]`,
        [
          [1, 2, 3],
          [0, 1, 1],
        ],
      ],
      [r`\begin{array}{cc} \hline 1 & 2 \\ \hline \end{array}`, [[1, 2]]],
      [r`\begin{pmatrix} 1 \\[2pt] 2 \\[2pt] 3 \end{pmatrix}`, column(1, 2, 3)],
      [
        r`\mathrm{ReLU}\begin{bmatrix} -1 \\ 2 \end{bmatrix} = \begin{bmatrix} 0 \\ 2 \end{bmatrix}`,
        column(0, 2),
        column(0, 2),
      ],
      [r`\mathrm{ReLU}([-1, 0, 2]) = [0, 0, 2]`, [0, 0, 2], [0, 0, 2]],
      [r`\max\left(0, \begin{bmatrix} -1 \\ 2 \end{bmatrix}\right)`, column(0, 2)],
      [r`\sigma\left(\begin{bmatrix} 0 \\ 1 \end{bmatrix}\right)`, column(1, 8)],
      [r`g\left(\begin{bmatrix} 0 & 1 \end{bmatrix}\right)`, [[1, 8]]],
      [r`e^{\begin{bmatrix} 0 \\ 1 \end{bmatrix}}`, column(1, Math.E)],
      // Norms, absolute values, entries.
      [r`\|x\|`, ({ x }) => x],
      [r`\|x\|^2 = x^T x`, ({ x }) => x ** 2, ({ x }) => x * x],
      [r`\|x\|_2^2`, ({ x }) => x ** 2],
      [r`\|x\|^2_2`, ({ x }) => x ** 2],
      [r`\|W\|_F^2`, ({ W }) => W ** 2],
      [r`\|w\|_1 = |w_1| + |w_2|`, ({ w }) => w, ({ w_1, w_2 }) => w_1 + w_2],
      [r`\lVert x \rVert_\infty`, ({ x }) => x],
      [r`\left\lVert (3, 4) \right\rVert = 5`, 5, 5],
      [r`\|(1, -2, 3)\|_1 = 6`, 6, 6],
      [r`\|[1, -2, 3]\|_{\infty} = 3`, 3, 3],
      ['||x - y||', ({ x, y }) => abs(x - y)],
      ['||x - y||^2', ({ x, y }) => (x - y) ** 2],
      ['||(3, 4)||₂ = 5', 5, 5],
      ['‖x − y‖² = 4', ({ x, y }) => (x - y) ** 2, 4],
      ['|x - y| = 2', ({ x, y }) => abs(x - y), 2],
      [r`\left| -0.5 \right| = 0.5`, 0.5, 0.5],
      [r`\lvert -0.5 \rvert`, 0.5],
      [r`\sqrt{(1-4)^2 + (2-6)^2} = 5`, 5, 5],
      [r`\frac{x}{\|x\|}`, ({ x }) => x / abs(x)],
      [r`\cos\theta = \frac{a \cdot b}{\|a\|\,\|b\|}`, ({ theta }) => Math.cos(theta), ({ a, b }) => (a * b) / (a * b)],
      [r`\frac{a^T b}{\|a\| \|b\|}`, ({ a, b }) => (a * b) / (a * b)],
      [r`\begin{bmatrix} 1 & 2 \\ 3 & 4 \end{bmatrix}_{12} = 2`, 2, 2],
      [r`\begin{bmatrix} 1 & 2 \\ 3 & 4 \end{bmatrix}_{2,1} = 3`, 3, 3],
      [r`(5, 6, 7)_2 = 6`, 6, 6],
      [r`\text{softmax}([0, 0])_1 = 0.5`, 0.5, 0.5],
      [r`(Wx)_i`, ({ W, x, i }) => applied('entry', W * x, i)],
      [r`[Wx + b]_j`, ({ W, x, b, j }) => applied('entry', W * x + b, j)],
    ),
    // Sets, memberships, intervals, domains, quantifiers.
    readsAll(r`S = \{1, 2, 3\}`),
    readsAll(r`y \in \{0, 1\}`),
    readsAll(r`y_i \in \{-1, +1\}, \quad i = 1, \ldots, n`),
    readsAll(r`x \in \mathbb{R}`),
    readsAll(r`x \in \mathbb{R}^{n}`),
    readsAll(r`W \in \mathbb{R}^{n\times m}`),
    readsAll('W ∈ ℝ^{3×2}'),
    readsAll('x ∈ [0, 1]'),
    readsAll(r`p \notin (0, 1)`),
    readsAll(r`\eta \in (0, 1]`),
    readsAll(r`A \subset B`),
    readsAll(r`A \subseteq \mathbb{R}^2`),
    readsAll(r`f : \mathbb{R}^n \to \mathbb{R}`),
    readsAll(r`f\colon \mathbb{R} \to [0, 1]`),
    readsAll(r`\forall i`),
    readsAll(r`\forall x \in \mathbb{R}`),
    readsAll(r`i = 1, \dots, n`),
    readsAll(r`i = 1, 2, \ldots, n`),
    readsAll(r`t = 1, \ldots, T`),
    readsAll(r`x_i \geq 0, \quad i = 1, \ldots, n`, ['x_i', by('≥'), 0]),
    readsAll(r`x_1, \ldots, x_n`, ['x_1'], ['x_n']),
    readsAll(r`\epsilon \sim \mathcal{N}(0, 1)`),
    readsAll(r`x \sim p`),
    readsAll(r`y \propto x`),
    readsAll(r`n \gg 1`),
    readsAll(r`\eta \ll 1`),
    readsAll(r`\delta_3 \neq \delta_4`),
    readsAll('w_1 ≠ w_2'),
    readsAll(r`A \neq B = C`, ['B', 'C']),
    readsAll(r`q = Wp + b \in \mathbb{R}^3`, ['q', ({ W, p, b }) => W * p + b]),
    readsAll(r`a = 1 \in \mathbb{N}, b = 2`, ['a', 1], ['b', 2]),
    refuses('[[1, 2], [3]]', 'different lengths'),
    refuses('[[[1], [2]]]', 'lists inside lists'),
    refuses(r`\begin{bmatrix} 1 \\ \hline 2 \end{bmatrix}`, 'a rule between'),
  ],
}
