import { playwright } from '@vitest/browser-playwright'
import { defineConfig } from 'vitest/config'
import type { Reporter, TestCase, TestModule } from 'vitest/node'
import { chromiumPath, softwareFlags } from './bench/chromium.js'

const ignored = ['node_modules/**', 'dist/**']

/** Closes the run with the tests that were skipped, each with its reason, and one line that counts them all. */
class ClosingLine implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], unhandledErrors: readonly unknown[]): void {
    const tests = modules.flatMap((module) => [...module.children.allTests()])
    const failedModules = modules.filter((module) => module.state() === 'failed' && module.errors().length > 0)
    const count = (state: string) => tests.filter((test) => test.result().state === state).length
    const skipped = tests.filter((test) => test.result().state === 'skipped')
    for (const test of skipped) console.log(`skipped: ${test.fullName}${reason(test)}`)
    const failed = count('failed') + failedModules.length + unhandledErrors.length
    console.log(`${count('passed')} passed, ${failed} failed${skipped.length > 0 ? `, ${skipped.length} skipped` : ''}`)
  }
}

function reason(test: TestCase): string {
  const result = test.result()
  return result.state === 'skipped' && result.note !== undefined ? `: ${result.note}` : ''
}

const node = {
  extends: true as const,
  test: {
    name: 'node',
    include: ['*/**/*.test.ts'],
    exclude: [...ignored, '**/*.browser.test.ts'],
    globalSetup: 'bench/fixtures/temporaryFolder.ts',
  },
}

const browser = {
  extends: true as const,
  test: {
    name: 'browser',
    include: ['*/**/*.browser.test.ts'],
    browser: {
      enabled: true,
      headless: true,
      screenshotFailures: false,
      provider: playwright({
        launchOptions: {
          executablePath: chromiumPath,
          args: softwareFlags,
        },
      }),
      instances: [{ browser: 'chromium' as const }],
    },
  },
}

if (chromiumPath === undefined && process.env.ANSWERKEY_REQUIRE_BROWSER !== undefined)
  throw new Error(
    'ANSWERKEY_REQUIRE_BROWSER is set, and there is no Chromium: install it, or name it in ANSWERKEY_CHROMIUM',
  )

export default defineConfig({
  test: {
    // Every core: a machine of two would otherwise run one file after the other.
    maxWorkers: '100%',
    testTimeout: 120_000,
    hookTimeout: 60_000,
    reporters: ['default', new ClosingLine()],
    projects: chromiumPath === undefined ? [node] : [node, browser],
  },
})
