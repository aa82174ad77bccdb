import type { Exercise, Values } from '../../exercises/index.js'
import { Failure } from '../../oracle/contract.js'
import type { ExerciseSubject } from '../exercises/subject.js'
import type { ProcessOptions } from '../process.js'
import { bindExercise, type ExerciseBinding, fedTensor, quantitiesOf } from './exerciseBinding.js'
import { chosenNames } from './exerciseNames.js'
import { decodeModel, elementTypes, type ModelMessage } from './messages.js'
import { explained, readModel } from './modelFile.js'
import { openModel } from './runningProcess.js'

/** An exercise as a model file has it, until it is closed. */
export interface OpenExercise extends ExerciseSubject {
  /** Outputs of the file that stand for no quantity. */
  readonly leftOver: readonly string[]
  close(): Promise<void>
}

/**
 * A model file as an implementation of an exercise: its inputs are given data, what it holds under the name of given data are the
 * exercise's with these numbers, and its outputs are quantities. `settings` say what names do not: see chosenNames. It runs in a process of its own: see openRuntimeProcess. Throws
 * SubjectUnavailable with the reason.
 */
export async function openExerciseFile(
  path: string,
  exercise: Exercise,
  settings: readonly string[],
  timeoutSeconds: number,
  options: ProcessOptions = {},
): Promise<OpenExercise> {
  const model = explained(path, () => decodeModel(readModel(path)))
  const binding = explained(path, () => bindExercise(exercise, model, chosenNames(exercise, settings)))
  const running = await openModel(path, timeoutSeconds, options)
  return {
    name: `${path} as ${exercise.id} (${running.runtime})`,
    precision: precisionOf(binding, model),
    exercise,
    fed: binding.slots.flatMap(({ names }) => names),
    held: binding.held,
    quantities: binding.outputs.flatMap(({ names }) => names),
    leftOver: binding.leftOver,
    takes: (given) => binding.slots.every((slot) => fedTensor(slot, given) !== undefined),
    async answer(given) {
      const answers = await running.run(feedsOf(binding, given))
      return Object.assign(
        {},
        ...binding.outputs.map((part): Values => quantitiesOf(part, answers[part.own], exercise)),
      )
    },
    close: () => running.close(),
  }
}

function feedsOf({ slots }: ExerciseBinding, given: Values): Values {
  return Object.fromEntries(
    slots.map((slot) => {
      const x = fedTensor(slot, given)
      if (x === undefined) throw new Failure('unimplemented', `${slot.names.join(', ')} of other sizes than it takes`)
      return [slot.name, x]
    }),
  )
}

/** float32 where anything is, that goes in, is held or comes out. */
function precisionOf({ slots, outputs }: ExerciseBinding, { graph }: ModelMessage): 'float32' | 'float64' {
  const answered = graph.output.filter(({ name }) => outputs.some(({ own }) => own === name))
  const types = [
    ...slots.map(({ type }) => elementTypes[type]),
    ...answered.map(({ type }) => type?.tensorType?.elemType),
  ]
  return types.includes(elementTypes.float64) && !types.includes(elementTypes.float32) ? 'float64' : 'float32'
}
