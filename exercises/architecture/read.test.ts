import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import pc from 'picocolors'
import { describe, expect, it } from 'vitest'
import { architectureText } from '../../reports/architectureText.js'
import { readArchitecture } from './read.js'
import { layerKinds } from './schema.js'
import { walk } from './walker.js'

const folder = fileURLToPath(new URL('../../examples/architectures/', import.meta.url))
const plain = pc.createColors(false)

/** A file with these lines behind its head; layers begin in line 3. */
function file(...lines: readonly string[]): string {
  return ['name: net', 'input: { kind: image, channels: 3, height: 8, width: 8 }', ...lines].join('\n')
}

describe('a file that holds an architecture', () => {
  it.each(readdirSync(folder))('is read: %s', (name) => {
    const architecture = readArchitecture(name, readFileSync(`${folder}${name}`, 'utf8'))
    expect(walk(architecture).totals.parameters).toBeGreaterThan(0)
    expect(architectureText(walk(architecture), plain)).toContain('parameters (')
  })

  it('holds the classifier of fer/2 with 18,538 parameters', () => {
    const name = 'classifier.yaml'
    const text = architectureText(walk(readArchitecture(name, readFileSync(`${folder}${name}`, 'utf8'))), plain)
    expect(text).toMatch(/^conv1 +conv +16×28×28 +2,368 +7 +2 +1,843,968 +12,544$/m)
    expect(text).toMatch(/^linear1 +linear +10 +11,530 +61 +— /m)
    expect(text).toContain('in all: 18,538 parameters (18,480 weights, 58 biases)')
  })
})

describe('a file that does not', () => {
  const cases: readonly (readonly [string, string, string])[] = [
    [
      'no layers',
      'name: x\ninput: { kind: vector, size: 3 }',
      'net.yaml:1: the architecture has no layers; it should hold a list of layers',
    ],
    ['broken YAML', file('layers: ['), 'net.yaml:3: broken YAML: '],
    [
      'an unknown kind',
      file('layers:', '  - { kind: relu }', '  - { kind: convolution, filters: 3 }'),
      'net.yaml:5: layers[1].kind holds «convolution»; it should hold one of conv, depthwiseSeparableConv, ',
    ],
    [
      'a missing key',
      file('layers:', '  - { kind: conv, filters: 3 }'),
      'net.yaml:4: layers[0] (conv) has no kernel; it should hold a whole number from 1 to 1,000,000, or two of them: [height, width]',
    ],
    [
      'a key that is misspelt',
      file('layers:', '  - kind: conv', '    filters: 3', '    kernel: 3', '    strid: 2'),
      'net.yaml:7: layers[0] has no key strid; did you mean stride? (it may have name, from, kind, filters, ',
    ],
    [
      'a number out of range',
      file('layers:', '  - { kind: dropout, p: 1.5 }'),
      'net.yaml:4: layers[0].p holds «1.5»; it should hold a number from 0 up to 1, 1 left out',
    ],
    [
      'a fraction',
      file('layers:', '  - { kind: linear, units: 2.5 }'),
      'net.yaml:4: layers[0].units holds «2.5»; it should hold a whole number from 1 to 1,000,000',
    ],
    [
      'a word for a number',
      file('layers:', '  - { kind: linear, units: ten }'),
      'net.yaml:4: layers[0].units holds «ten»; it should hold a whole number',
    ],
    [
      'an even neighbourhood',
      file('layers:', '  - { kind: localResponseNorm, size: 4 }'),
      'net.yaml:4: layers[0].size holds «4»; it should hold an odd whole number',
    ],
    [
      'a wrong layer inside a block',
      file('layers:', '  - kind: block', '    layers:', '      - { kind: relu }', '      - 7'),
      'net.yaml:7: layers[0].layers[1] holds «7»; it should hold a layer: a mapping with kind',
    ],
    [
      'a shortcut that is none',
      file('layers:', '  - kind: residual', '    shortcut: projection', '    layers: [{ kind: relu }]'),
      'net.yaml:5: layers[0].shortcut holds «projection»; it should hold identity, or a mapping with kind projection or zeroPadding',
    ],
    [
      'layers that do not fit',
      file('layers:', '  - { kind: maxPool, kernel: 2 }', '  - { kind: conv, filters: 4, kernel: 5 }'),
      'net.yaml:5: layers[1].kernel: conv1: the window reaches over 5 and the padded image has only 4',
    ],
    [
      'a name that there is not',
      file('layers:', '  - { kind: relu, from: stem }'),
      'net.yaml:4: layers[0].from: from is stem; it should name an input or an earlier layer (input)',
    ],
    [
      'a list',
      '- 1',
      'net.yaml:1: the architecture holds a list of 1; it should hold a mapping with name, input and layers',
    ],
  ]
  it.each(cases)('%s', (_, content, message) => {
    expect(() => readArchitecture('net.yaml', content)).toThrow(message)
  })

  it('has a line for each thing that is wrong', () => {
    const content = file('layers:', '  - { kind: conv, filters: 0, kernel: 3 }', '  - { kind: rely }')
    const message = (() => {
      try {
        readArchitecture('net.yaml', content)
        return ''
      } catch (error) {
        return String(error)
      }
    })()
    expect(message.match(/net\.yaml:\d+/g)).toEqual(['net.yaml:4', 'net.yaml:5'])
  })
})

describe('the documentation', () => {
  it('names every kind of layer', () => {
    const page = readFileSync(new URL('../../docs/architectures.md', import.meta.url), 'utf8')
    for (const kind of layerKinds) expect(page).toContain(`\`${kind}\``)
  })
})
