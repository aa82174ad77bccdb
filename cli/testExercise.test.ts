import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, expect, test } from 'vitest'
import { encodeModel } from '../subjects/onnx/messages.js'

const program = fileURLToPath(new URL('../dist/cli/main.js', import.meta.url))
const folder = mkdtempSync(join(tmpdir(), 'answerkey-exercise-file-'))
afterAll(() => rmSync(folder, { recursive: true }))

/** The scores of ntua/2.1a, or half of them. */
function scores(name: string, factor: number): string {
  const path = join(folder, name)
  const value = (own: string, sizes: number[]) => ({
    ...{ name: own, type: { tensorType: { elemType: 1, shape: { dim: sizes.map((dimValue) => ({ dimValue })) } } } },
  })
  const graph = {
    node: [
      { opType: 'MatMul', input: ['X', 'q'], output: ['product'] },
      { opType: 'Mul', input: ['product', 'factor'], output: ['scores'] },
    ],
    initializer: [{ name: 'factor', dims: [], dataType: 1, floatData: [factor] }],
    input: [value('X', [4, 3]), value('q', [3])],
    output: [value('scores', [4])],
  }
  writeFileSync(path, encodeModel({ irVersion: 8, opsetImport: [{ version: 17 }], graph }))
  return path
}

function run(...args: string[]) {
  const more = ['--seed', '1', '--runs', '5', '--no-database']
  return spawnSync(process.execPath, [program, 'test', ...args, ...more], { encoding: 'utf8' })
}

test('a model file of an exercise ends with 0 where its quantities are right, and with 1 where one is not', () => {
  const right = run(scores('right.onnx', 1), '--as', 'ntua/2.1a')
  expect([right.status, right.stderr]).toEqual([0, ''])
  expect(right.stdout).toContain('ntua/2.1a  1 of 1 law held, 6 cases')
  const wrong = run(scores('wrong.onnx', 0.5), '--as', 'ntua/2.1a', '--format', 'json')
  expect(wrong.status).toBe(1)
  const { replay } = JSON.parse(wrong.stdout).operators['ntua/2.1a'].laws[0]
  expect(replay).toMatch(/--law 'scores matches the reference' --seed 1 --runs 5 --as ntua\/2\.1a --path source$/)
})

test.each([
  ['the exercise is unknown', ['--as', 'ntua/2.1'], 'did you mean ntua/2.1a?'],
  [
    'an input is nothing that it gives',
    ['--as', 'fer/1'],
    'it cannot be tested: its input q is affineOutput, which fer/1 does not give but computes',
  ],
  ['operators are chosen', ['--as', 'ntua/2.1a', '--operators', 'softmax'], '--operators is for operators'],
  ['a path has no law', ['--as', 'ntua/2.1a', '--path', '1'], 'it needs --seed and --law'],
])('it ends with 2 where %s', (_, args, message) => {
  const { status, stderr, stdout } = run(scores('any.onnx', 1), ...args)
  expect([status, stdout]).toEqual([2, ''])
  expect(stderr).toContain(message)
})
