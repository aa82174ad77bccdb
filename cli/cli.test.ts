import { spawn, spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { contract } from '../oracle/index.js'

const program = fileURLToPath(new URL('../dist/cli/main.js', import.meta.url))
const root = fileURLToPath(new URL('..', import.meta.url))
const folder = mkdtempSync(join(tmpdir(), 'answerkey-'))

/** Runs the built command line as a user does. */
function answerkey(args: readonly string[], environment: Readonly<Record<string, string>> = {}) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [program, ...args], {
    cwd: root,
    encoding: 'utf8',
    env: { ...process.env, ...environment },
  })
  return { status, stdout, stderr }
}

/** A file with this content, in a folder of the test's own. */
function file(name: string, content: string | Uint8Array): string {
  const path = join(folder, name)
  writeFileSync(path, content)
  return path
}

const markReport = z.object({
  version: z.literal(1),
  files: z.array(
    z.object({
      file: z.string(),
      exercises: z.array(z.object({ exercise: z.string(), convention: z.string().nullable() })),
      claims: z.array(
        z.object({
          line: z.number(),
          column: z.number(),
          exercise: z.string().nullable(),
          text: z.string(),
          quantity: z.string().nullable(),
          verdict: z.string(),
          root: z.boolean(),
          carriedFrom: z.number().nullable(),
          message: z.string(),
          explanations: z.array(z.unknown()),
        }),
      ),
      unread: z.array(z.object({ line: z.number(), text: z.string(), why: z.string() })),
      summary: z.record(z.string(), z.number()),
    }),
  ),
})

function marked(path: string) {
  const { status, stdout, stderr } = answerkey(['mark', path, '--format', 'json'])
  const report = markReport.parse(JSON.parse(stdout)).files[0]
  return { status, stderr, report }
}

describe('usage', () => {
  it('explains itself', () => {
    const { status, stdout } = answerkey(['--help'])
    expect(status).toBe(0)
    for (const command of ['mark', 'test', 'gpu', 'list', 'show']) expect(stdout).toContain(command)
  })

  it.each([
    ['a misspelt command', ['marc', 'x.md'], /Did you mean mark/],
    ['a misspelt option', ['test', 'oracle', '--rums', '5'], /Did you mean --runs/],
    [
      'a misspelt operator',
      ['test', 'oracle', '--operators', 'sofmax'],
      /no operator is called sofmax; did you mean softmax\?/,
    ],
    ['a misspelt exercise', ['show', 'ntua/1.1e'], /no exercise is called ntua\/1.1e; did you mean ntua\/1.1a\?/],
    ['a misspelt backend', ['gpu', '--require', 'webgup'], /no backend is called webgup; did you mean webgpu\?/],
    ['no number of runs', ['test', 'oracle', '--runs', 'many'], /it should be a whole number from 1 up/],
    ['runs of 0', ['test', 'oracle', '--runs', '0'], /it should be a whole number from 1 up/],
    ['a format that is none', ['test', 'oracle', '--format', 'xml'], /Allowed choices are text, json/],
    ['a path without its operator', ['test', 'oracle', '--path', '0:1'], /it needs --seed and --operators/],
    ['a subject that is none', ['test', 'orakle'], /no such subject; it should be oracle,.* gpu:BACKEND/],
    ['a backend that is none', ['test', 'gpu:webgl7'], /no such backend; known: webgpu/],
    ['a file that is not there', ['mark', 'absent.md'], /absent.md.*(no such file|not there)/],
    ['workers of what is no command', ['test', 'oracle', '--workers', '2'], /--workers is for commands/],
    ['a module that is not there', ['test', './absent.ts'], /there is no such file/],
    ['a report that cannot be written', ['list', '--output', '/absent/folder/report'], /cannot write/],
  ])('%s is refused with status 2', (_, args, message) => {
    const { status, stderr } = answerkey(args)
    expect(stderr).toMatch(message)
    expect(status).toBe(2)
  })
})

describe('mark', () => {
  it('finds arithmetic that is false in a line of any exercise', () => {
    const { status, report } = marked(
      file('plain.md', '# Exercise 1.1 (b)\n\n$$y_{target} - y_5 = 1 - 0.317 = 0.983$$\n'),
    )
    expect(status).toBe(1)
    const wrong = report.claims.find(({ verdict }) => verdict === 'arithmetic')
    expect(wrong).toMatchObject({ line: 3, exercise: 'ntua/1.1b', quantity: 'error', root: true })
    expect(wrong?.message).toContain('1 - 0.317 is 0.683, not 0.983')
  })

  it('marks an answer sheet', () => {
    const sheet = 'ntua/1.2:\n  output dimensions: [55, 55, 96]\n  units: 290400\n  parameters: 34945\n'
    const { status, report } = marked(file('sheet.yaml', sheet))
    expect(status).toBe(1)
    expect(report.claims.filter(({ verdict }) => verdict === 'correct').map(({ line }) => line)).toEqual([2, 3])
    expect(report.claims.find(({ line }) => line === 4)?.verdict).toBe('wrong')
  })

  it.each([
    ['an empty file', 'empty.md', ''],
    ['a binary file', 'binary.md', Uint8Array.of(0x89, 0x50, 0, 0xff, 0xfe, 0, 1)],
    ['a sheet for an unknown exercise', 'unknown.yaml', 'ntua/9.9:\n  y5: 0.317\n'],
    ['a sheet that is no mapping', 'list.json', '[1, 2]'],
  ])('%s ends with status 2 and says why', (_, name, content) => {
    const path = file(name, content)
    const { status, stdout, stderr } = answerkey(['mark', path])
    expect(status).toBe(2)
    expect(`${stdout}${stderr}`).toContain(name)
    expect(stderr).toContain('nothing could be marked')
  })

  it.each([
    ['an unknown quantity', 'y_55: 0.3', /y_55/],
    ['not a number', 'y5: .nan', /NaN|nan/],
    ['more than a number can be', 'y5: 1e999', /1e999/],
    ['text where a number belongs', 'y5: about a third', /number/],
  ])('a sheet with %s lists that line as unread and marks the rest', (_, line, why) => {
    const { status, report } = marked(file('partly.yaml', `ntua/1.1b:\n  ${line}\n  a3: 1\n`))
    expect(report.unread).toHaveLength(1)
    expect(report.unread[0].line).toBe(2)
    expect(`${report.unread[0].text} ${report.unread[0].why}`).toMatch(why)
    expect(report.claims.some(({ line, verdict }) => line === 3 && verdict === 'correct')).toBe(true)
    expect(status).not.toBe(2)
  })

  it('a broken YAML line is said with its line, and the lines before it are marked', () => {
    const { report } = marked(file('broken.yaml', 'ntua/1.1b:\n  a3: 1\n  y5: [0.3\n  a4: 0\n'))
    expect(report.unread.some(({ line }) => line >= 3)).toBe(true)
    expect(report.claims.some(({ line, verdict }) => line === 2 && verdict === 'correct')).toBe(true)
  })

  it('a broken formula is said with its line, and the rest is marked', () => {
    const { report } = marked(
      file('broken.md', '# Exercise 1.1 (b)\n\n$$a_3 = \\frac{1}{$$\n\n$$a_4 = 2 - 1 - 1 = 0$$\n'),
    )
    expect(report.unread.map(({ line }) => line)).toEqual([3])
    expect(report.claims.some(({ line, verdict }) => line === 5 && verdict === 'correct')).toBe(true)
  })

  it('a vector of the wrong length is said to be one', () => {
    const { report } = marked(file('short.yaml', 'ntua/1.3:\n  h1: [5, 2, 1]\n  h2: [5, 2]\n'))
    const all = [
      ...report.claims.map(({ line, message }) => ({ line, text: message })),
      ...report.unread.map(({ line, why }) => ({ line, text: why })),
    ]
    expect(all.find(({ line, text }) => line === 2 && /3|2/.test(text))?.text).toMatch(/length|entries|shape/)
    expect(report.claims.some(({ line, verdict }) => line === 3 && verdict === 'correct')).toBe(true)
  })

  it('marks the files that can be read beside one that cannot', () => {
    const good = file('good.yaml', 'ntua/1.1b:\n  a3: 1\n')
    const { status, stdout, stderr } = answerkey(['mark', good, join(folder, 'absent.md')])
    expect(stderr).toContain('absent.md')
    expect(stdout).toContain('good.yaml')
    expect(status).toBe(1)
  })
})

describe('mark, a class', () => {
  const wrong = '# Exercise 1.1 (b)\n\n$$y_{target} - y_5 = 1 - 0.317 = 0.983$$\n'
  const right = wrong.replace('0.983', '0.683')
  const sheet = 'ntua/1.1b:\n  a3: 1\n'
  const submissions = mkdtempSync(join(folder, 'class-'))
  const handIn = (name: string, content: string): string => {
    const path = join(submissions, name)
    mkdirSync(dirname(path), { recursive: true })
    writeFileSync(path, content)
    return path
  }
  handIn('ada/solution.md', wrong)
  handIn('bob/part-1.md', right)
  handIn('bob/part-2.yaml', sheet)
  handIn('cyd/solution.md', wrong)
  handIn('cyd/scan.pdf', 'a picture')
  handIn('dan/solution.md', '')
  const scheme = file('scheme.yaml', 'exercises:\n  ntua/1.1b:\n    quantities: { error: 2, a3: 1 }\n')

  it('marks a folder: every file, then what the class has in common, byte for byte the same each time', () => {
    const { status, stdout, stderr } = answerkey(['mark', submissions, '--scheme', scheme])
    expect(status).toBe(1)
    expect(stderr).toMatch(/dan.solution\.md: is empty/)
    expect(stderr).toMatch(/left out.*scan\.pdf/)
    const files = [...stdout.matchAll(/^\S*(?:solution|part-\d)\.(?:md|yaml)$/gm)].map(([line]) => line)
    expect(files.map((path) => path.slice(submissions.length + 1))).toEqual([
      ...['ada/solution.md', 'bob/part-1.md', 'bob/part-2.yaml', 'cyd/solution.md'],
    ])
    expect(stdout).toContain('The class: 3 solutions')
    expect(stdout).toMatch(/ntua\/1\.1b error: 2 of 3; 2 slips/)
    expect(stdout).toMatch(/bob +3 /)
    expect(answerkey(['mark', submissions, '--scheme', scheme]).stdout).toBe(stdout)
  })

  it('marks a file once that is named in several ways', () => {
    const path = join(submissions, 'ada', 'solution.md')
    const { stdout } = answerkey([
      'mark',
      path,
      submissions,
      `${submissions}/bob/../ada/solution.md`,
      '--format',
      'json',
    ])
    const files = JSON.parse(stdout).files.map((report: { file: string }) => report.file.slice(submissions.length + 1))
    expect(files).toEqual(['ada/solution.md', 'bob/part-1.md', 'bob/part-2.yaml', 'cyd/solution.md'])
  })

  it('has points in every format that gives them', () => {
    const report = JSON.parse(answerkey(['mark', submissions, '--scheme', scheme, '--format', 'json']).stdout)
    expect(report.points.map(({ score, maximum }: Record<string, number>) => [score, maximum])).toEqual([
      [1, 3],
      [3, 3],
      [1, 3],
    ])
    expect(report.class.points).toMatchObject({ maximum: 3, mean: 1.67, median: 1 })
    const csv = answerkey(['mark', submissions, '--scheme', scheme, '--format', 'csv']).stdout.trim().split('\n')
    expect(csv).toHaveLength(4)
    expect(csv.map((row) => row.split(',').slice(-2).join(' of '))).toEqual([
      'score of maximum',
      '1 of 3',
      '3 of 3',
      '1 of 3',
    ])
    const one = ['mark', join(submissions, 'ada'), '--scheme', scheme, '--format', 'gradescope']
    expect(JSON.parse(answerkey(one).stdout)).toMatchObject({ score: 1 })
  })

  it('writes a page a file and one of the class', () => {
    const pages = join(folder, 'pages')
    expect(answerkey(['mark', submissions, '--format', 'html', '--output', pages, '--scheme', scheme]).status).toBe(1)
    const index = readFileSync(join(pages, 'index.html'), 'utf8')
    const links = [...index.matchAll(/href="([^"]+)"/g)].map(([, link]) => decodeURI(link))
    expect(links).toHaveLength(4)
    for (const link of links) expect(readFileSync(join(pages, link), 'utf8')).toContain('<main>')
  })

  it('hides what --reveal keeps back from the class too', () => {
    const shown = ['arithmetic', '0.68309', '1 − 0.317', '1 - 0.317 is']
    const hidden = answerkey(['mark', submissions, '--reveal', 'verdict', '--format', 'json']).stdout
    expect(hidden).toContain(shown[0])
    for (const secret of shown.slice(1)) expect(hidden).not.toContain(secret)
  })

  it('adds annotations on GitHub Actions, where they spoil no report', () => {
    const path = join(submissions, 'ada/solution.md')
    const { stdout, stderr } = answerkey(['mark', path, '--format', 'json'], { GITHUB_ACTIONS: 'true' })
    expect(JSON.parse(stdout)).toHaveProperty('files')
    expect(stderr).toMatch(/^::error file=.*solution\.md,line=3,/m)
    expect(answerkey(['mark', path, '--format', 'json'], { GITHUB_ACTIONS: '' }).stderr).not.toContain('::')
    expect(answerkey(['mark', path, '--format', 'github']).stdout).toMatch(/^::error /)
  })

  it('mends a solution as a diff', () => {
    const { status, stdout } = answerkey(['mark', join(submissions, 'ada/solution.md'), '--repair'])
    expect(status).toBe(1)
    expect(stdout).toMatch(/^-.*= 0\.983\$\$$/m)
    expect(stdout).toMatch(/^\+.*= 0\.683\$\$$/m)
    const flawless = join(root, 'exercises/solutions/correct/1.1c.yaml')
    expect(answerkey(['mark', flawless, '--repair'])).toMatchObject({ status: 0, stdout: '' })
  })

  it('reads standard input', () => {
    const { status, stdout } = spawnSync(process.execPath, [program, 'mark', '-', '--format', 'json'], {
      encoding: 'utf8',
      input: wrong,
    })
    expect(status).toBe(1)
    expect(JSON.parse(stdout).files[0]).toMatchObject({ file: 'standard input', summary: { arithmetic: 1 } })
  })

  it('ends quietly where nobody reads its report', () => {
    const { stdout, stderr } = spawnSync(
      'sh',
      [
        '-c',
        `"${process.execPath}" "${program}" mark exercises/solutions/ntua-1.1-1.4.md --format json --timeout 100 | head -1; echo end`,
      ],
      { cwd: root, encoding: 'utf8' },
    )
    expect(stdout).toBe('{\nend\n')
    expect(stderr).not.toMatch(/EPIPE|at .*:\d+/)
  })

  it.each([
    ['an empty folder', [mkdtempSync(join(folder, 'empty-'))], /holds no solution \(a file that ends in \.md/],
    ['a scheme that is not there', [submissions, '--scheme', 'absent.yaml'], /cannot read the scheme absent\.yaml/],
    [
      'a scheme with a typing error',
      [submissions, '--scheme', file('typing-error.yaml', 'exercises:\n  ntua/1.1b:\n    quantities: { eror: 2 }\n')],
      /typing-error\.yaml:3: ntua\/1\.1b has no quantity eror; did you mean error\?/,
    ],
    [
      'an unknown exercise',
      [submissions, '--exercise', 'ntua/1.1x'],
      /no exercise is called ntua\/1\.1x; did you mean/,
    ],
    ['an unknown level', [submissions, '--reveal', 'all'], /Allowed choices are verdict, hint, cause, answer/],
    ['no time at all', [submissions, '--timeout', '0'], /it should be a number of seconds above 0/],
    ['pages without a folder', [submissions, '--format', 'html'], /several pages need a folder: --output FOLDER/],
    ['one result for several people', [submissions, '--format', 'gradescope'], /those of one solution/],
    ['a repair that keeps things back', [submissions, '--repair', '--reveal', 'hint'], /--repair gives all away/],
    ['a repair as a page', [submissions, '--repair', '--format', 'html'], /--repair writes a diff, or JSON/],
    ['a place that cannot be written', [submissions, '--output', '/absent/folder/report'], /cannot write/],
    [
      'time that does not suffice',
      [join(root, 'exercises/solutions/ntua-1.1-1.4.md'), '--timeout', '0.01'],
      /took longer than 0\.01 s; --timeout gives it more\n.*nothing could be marked/,
    ],
    [
      'memory that does not suffice',
      [join(root, 'exercises/solutions/ntua-1.1-1.4.md'), '--memory', '8'],
      /took more than 8 MB of memory; --memory gives it more\n.*nothing could be marked/,
    ],
  ])('%s is refused with status 2', (_, args, message) => {
    const { status, stderr } = answerkey(['mark', ...args])
    expect(stderr).toMatch(message)
    expect(stderr).not.toMatch(/^\s+at /m)
    expect(status).toBe(2)
  })
})

describe('test', () => {
  it('holds for the oracle', () => {
    const { status, stdout } = answerkey([
      'test',
      'oracle',
      '--operators',
      'relu,oneHot',
      '--runs',
      '10',
      '--seed',
      '1',
      '--format',
      'json',
    ])
    expect(status).toBe(0)
    const report = JSON.parse(stdout)
    expect(report).toMatchObject({ version: 1, subject: 'oracle', precision: 'float64', seed: 1, runs: 10 })
    expect(report.summary.held).toBeGreaterThan(10)
  })

  it('says what is wrong with a module, law by law, and runs the rest', () => {
    const { status, stdout, stderr } = answerkey([
      ...['test', join(root, 'subjects/fixtures/misbehaving.ts'), '--runs', '3', '--seed', '1', '--timeout', '0.5'],
      ...['--format', 'json'],
    ])
    expect(status).toBe(1)
    const { operators, notImplemented } = JSON.parse(stdout)
    const oracleLaw = (operator: string) =>
      operators[operator].laws.find(({ law }: { law: string }) => law.includes('agrees with the oracle'))
    expect(oracleLaw('relu').status).toBe('held')
    expect(oracleLaw('sigmoid')).toMatchObject({
      status: 'errored',
      message: expect.stringContaining('x.map is not a function'),
    })
    expect(oracleLaw('tanh')).toMatchObject({
      status: 'errored',
      message: expect.stringMatching(/did not return within 0.5 s/),
    })
    expect(oracleLaw('logSoftmax')).toMatchObject({
      status: 'errored',
      message: expect.stringContaining('ended its worker'),
    })
    expect(oracleLaw('matmul')).toMatchObject({
      status: 'errored',
      message: expect.stringContaining('answered "sorry"'),
    })
    expect(notImplemented).toContain('conv2d')
    expect(stderr).toContain('printed by the subject')
  })

  it('finds a wrong softmax, shrinks the case, names the mistake, and its replay command replays it', () => {
    const module = file(
      'softmax.mjs',
      `export const tensors = 'nested'
       export const operators = { softmax: { forward({ x }, { axis }) {
         const along = (v, d) => d === 0 ? soft(v) : v.map((row) => along(row, d - 1))
         const soft = (v) => { if (!Array.isArray(v[0])) { const e = v.map(Math.exp), s = e.reduce((a, b) => a + b); return e.map((y) => y / s) }
           const columns = v[0].map((_, j) => soft(v.map((row) => row[j]))); return v.map((row, i) => row.map((_, j) => columns[j][i])) }
         const rank = (v) => Array.isArray(v) ? 1 + rank(v[0]) : 0
         return { y: along(x, axis < 0 ? axis + rank(x) : axis) }
       } } }`,
    )
    const { status, stdout } = answerkey(['test', module, '--operators', 'softmax', '--seed', '4', '--format', 'json'])
    expect(status).toBe(1)
    const broken = JSON.parse(stdout).operators.softmax.laws.filter(
      ({ status }: { status: string }) => status !== 'held' && status !== 'skipped',
    )
    const failing = broken.find(({ law }: { law: string }) => law.includes('agrees with the oracle'))
    expect(failing.counterexample.inputs.x.data.length).toBeLessThanOrEqual(12)
    const words: string[] = failing.replay.match(/'[^']*'|\S+/g).map((word: string) => word.replaceAll("'", ''))
    const replayed = answerkey([...words.slice(1), '--format', 'json'])
    expect(replayed.status).toBe(1)
    expect(JSON.parse(replayed.stdout).operators.softmax.laws[0]).toMatchObject({
      law: failing.law,
      status: failing.status,
    })
  })
})

describe('test --search', () => {
  it('reports what the climb finds, and its replay command finds it again', () => {
    const module = file(
      'large.mjs',
      `export const tensors = 'nested'
       const relu = (x) => Array.isArray(x) ? x.map(relu) : x > 3 ? x * (1 + 1e-9) : Math.max(x, 0)
       export const operators = { relu: { forward: ({ x }) => ({ y: relu(x) }) } }`,
    )
    const { status, stdout } = answerkey([
      ...['test', module, '--operators', 'relu', '--law', 'agrees with the oracle', '--search', '--runs', '40'],
      ...['--seed', '1', '--format', 'json', '--no-database'],
    ])
    expect(status).toBe(1)
    const [law] = JSON.parse(stdout).operators.relu.laws
    expect(law).toMatchObject({ status: 'broken', replay: expect.stringMatching(/--seed 1 --runs 40 --search$/) })
    expect(law).not.toHaveProperty('path')
    const words: string[] = law.replay.match(/'[^']*'|\S+/g).map((word: string) => word.replaceAll("'", ''))
    const again = answerkey([...words.slice(1), '--format', 'json', '--no-database'])
    const replayed = JSON.parse(again.stdout).operators.relu.laws[0]
    expect(replayed).toMatchObject({ status: 'broken', runs: law.runs, counterexample: law.counterexample })
  })
})

describe('test --workers', () => {
  const subject = file(
    'relu-process.mjs',
    `import { appendFileSync } from 'node:fs'
     import { createInterface } from 'node:readline'
     appendFileSync(process.argv[2], process.pid + ' ')
     const say = (answer) => console.log(JSON.stringify(answer))
     createInterface({ input: process.stdin }).on('line', (line) => {
       const { id, hello, inputs } = JSON.parse(line)
       if (hello) say({ id, name: 'small', precision: 'float64', operators: { relu: ['forward'] } })
       else say({ id, outputs: { y: { shape: inputs.x.shape, data: inputs.x.data.map((x) => Math.max(x, 0)) } } })
     })`,
  )

  it.each([1, 2, 3])('%i: so many processes of a command share the calls', (workers) => {
    const log = join(folder, `processes-${workers}`)
    const { status, stdout } = answerkey([
      ...['test', `'${process.execPath}' '${subject}' '${log}'`, '--workers', String(workers)],
      ...['--operators', 'relu', '--law', 'agrees with the oracle', '--runs', '50', '--seed', '1', '--format', 'json'],
    ])
    expect(JSON.parse(stdout)).toMatchObject({ subject: 'small', summary: { held: 1, broken: 0, errored: 0 } })
    expect(status).toBe(0)
    const processes = readFileSync(log, 'utf8').trim().split(' ')
    expect(new Set(processes).size).toBe(workers)
    expect(processes).toHaveLength(workers)
  })
})

describe('gpu', () => {
  it('cross-checks operators and an exercise on the backends that run anywhere', () => {
    const { status, stdout } = answerkey([
      'gpu',
      '--backend',
      'webasm,cpu',
      '--operators',
      'matmul,softmax',
      '--runs',
      '5',
      '--seed',
      '1',
    ])
    expect(stdout).toMatch(/matmul/)
    expect(stdout).toMatch(/webasm.*ran as webasm/)
    expect(status).toBe(0)
    const exercise = answerkey(['gpu', '--backend', 'webasm', '--exercise', 'ntua/1.3', '--runs', '5', '--seed', '1'])
    expect(exercise.stdout).toMatch(/ntua\/1.3/)
    expect(exercise.status).toBe(0)
  })

  it('a required backend that is missing is an error that says how to get it', () => {
    const nowhere = { VK_DRIVER_FILES: '/absent/driver.json', VK_ICD_FILENAMES: '/absent/driver.json' }
    const { status, stdout, stderr } = answerkey(
      ['gpu', '--require', 'webgpu', '--operators', 'relu', '--runs', '2'],
      nowhere,
    )
    expect(status).toBe(2)
    expect(stdout).toContain('missing')
    expect(stderr).toContain('required, and missing here: webgpu')
  })
})

describe('gpu reports', () => {
  const requireHardware = ['gpu', '--require', 'webasm', '--require-hardware', '--operators', 'relu', '--runs', '2']

  it('software is not enough where hardware is required', () => {
    const { status, stdout, stderr } = answerkey([...requireHardware, '--format', 'junit'])
    expect(status).toBe(2)
    expect(stderr).toContain('required, and missing here: webasm: whether host is hardware cannot be known')
    expect(stdout).toMatch(/<testsuite name="gpu:webasm" tests="2" failures="0" errors="1" skipped="0">/)
    expect(stdout).toMatch(/<error message="whether host is hardware cannot be known">/)
    expect(answerkey(['gpu', '--require-hardware']).stderr).toContain('--require-hardware goes with --require')
  })

  it('adds the matrix to the summary of a job', () => {
    const file = join(mkdtempSync(join(tmpdir(), 'answerkey-')), 'summary.md')
    const { status } = answerkey(['gpu', '--backend', 'cpu', '--operators', 'relu', '--runs', '2'], {
      GITHUB_STEP_SUMMARY: file,
    })
    expect(status).toBe(0)
    const summary = readFileSync(file, 'utf8')
    expect(summary).toContain('- **cpu**: host, ran as cpu')
    expect(summary).toContain('| relu | ✅ 0× |')
  })
})

describe('Ctrl-C', () => {
  it('ends a run over a subject that never waits', async () => {
    const child = spawn(process.execPath, [program, 'test', 'oracle', '--runs', '1000'], {
      stdio: 'ignore',
    })
    const ended = new Promise<unknown>((resolve) => child.on('exit', (_, signal) => resolve(signal)))
    // By then it is at work, for minutes.
    await new Promise((resolve) => setTimeout(resolve, 3000))
    const asked = performance.now()
    child.kill('SIGINT')
    expect(await ended).toBe('SIGINT')
    expect(performance.now() - asked).toBeLessThan(20_000)
  })
})

describe('list and show', () => {
  it('lists exercises, operators, mistakes and backends', () => {
    const { status, stdout } = answerkey(['list', '--format', 'json'])
    expect(status).toBe(0)
    const listed = JSON.parse(stdout)
    expect(listed.exercises.map(({ id }: { id: string }) => id)).toContain('ntua/1.1b')
    expect(listed.operators).toHaveLength(Object.keys(contract).length)
    expect(listed.mistakes.length).toBeGreaterThanOrEqual(72)
    expect(listed.backends).toHaveLength(4)
  })

  it('shows the worked solution of an exercise with its numbers', () => {
    const { status, stdout } = answerkey(['show', 'ntua/1.1b'])
    expect(status).toBe(0)
    for (const number of ['0.7311', '0.3167', '0.6833', '0.1479']) expect(stdout).toContain(number)
  })

  it('writes a report to a file', () => {
    const path = join(folder, 'shown.json')
    expect(answerkey(['show', 'ntua/1.2', '--format', 'json', '--output', path]).stdout).toBe('')
    expect(JSON.parse(readFileSync(path, 'utf8'))).toHaveProperty('steps')
  })
})
