import { dialectForms } from '../subjects/dialects.js'

/** docs/dialects.md: the choices of an implementation's own that can be declared instead of failing every law. */
export function dialectsPage(): string {
  return `# Dialects

Some choices are free: whether a weight is [outputs, inputs] or [inputs, outputs], in which order the gates of an LSTM stand, where the
channels of an image are. The contract ([operators.md](operators.md)) makes one choice of each. An implementation that makes another one
declares it, and its calls and answers are translated, gradients too; everything else is judged as ever:

\`\`\`sh
answerkey test ./impl.ts --dialect linear.weight=IO,lstm.gates=iofg
\`\`\`

A module may say so itself (\`export const dialects = ['linear.weight=IO']\`), a command in its hello
(\`"dialects":["linear.weight=IO"]\`, see [protocol.md](protocol.md)). The report names the dialects.

| dialect | what the implementation has |
|---|---|
${dialectForms.map(([form, meaning]) => `| \`${form}\` | ${meaning} |`).join('\n')}

A choice that is an attribute of the operator (GELU's \`approximate\`, an \`epsilon\`) is no dialect: an implementation that has only one
value of it says so with \`supports\` ([protocol.md](protocol.md)), as in
\`{ "gelu": { "attributes": { "approximate": ["tanh"] } }, "layerNorm": { "attributes": { "epsilon": [0.001] } } }\`. Cases are drawn
with that value then.

A GRU that applies its reset gate before the matrix, n = tanh(W·x + b + U·(r⊙h) + c), as first published, as Keras has it with
\`reset_after=False\` and ONNX with \`linear_before_reset\` 0, computes another function than \`gru\`, so that no translation makes the one
of the other. The contract has it as \`gruResetBefore\`. With \`gru.reset=before\` an implementation's \`gru\` is tested as that operator:
\`--operators gru\` means it, the implementation is still asked for its \`gru\` and says what it \`supports\` under that name, and the other
dialects of \`gru\` may go with it. Reports and lists of expected failures (\`--xfail\`) call it \`gruResetBefore\`:

\`\`\`sh
answerkey test "python3 impl.py" --operators gru --dialect gru.reset=before,gru.gates=zrn,gru.weight=IO    # as Keras has it
\`\`\`

The calls of a report are printed as the implementation is given them: in its dialects, and with its own name of the operator.
`
}
