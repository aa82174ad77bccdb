import { type Mail, mails } from '../data/text.js'
import { shuffled } from '../training.js'

/** A text as the numbers of its words, with its class: 1 is spam. */
export interface Text {
  readonly words: readonly number[]
  readonly label: number
}

/** Mails to learn from, mails held out, each half of them spam, and all others, whose classes are not used. */
export interface Split {
  readonly training: readonly Mail[]
  readonly test: readonly Mail[]
  readonly unlabelled: readonly Mail[]
}

/** Mails drawn at random, none of them twice: `sizes.training` and `sizes.test` of them, even numbers. */
export function splitMails(sizes: { readonly training: number; readonly test: number }, random: () => number): Split {
  const all = inRandomOrder(mails(), random)
  const classes = [all.filter(({ spam }) => !spam), all.filter(({ spam }) => spam)]
  const [trained, held] = [sizes.training / 2, sizes.test / 2]
  return {
    training: inRandomOrder(
      classes.flatMap((mails) => mails.slice(0, trained)),
      random,
    ),
    test: classes.flatMap((mails) => mails.slice(trained, trained + held)),
    unlabelled: classes.flatMap((mails) => mails.slice(trained + held)),
  }
}

/** The beginning of a mail: those of its first `length` words that have a vector. */
export function knownWords({ words, spam }: Mail, length: number): Text {
  return { words: words.slice(0, length).filter((word) => word > 0), label: spam ? 1 : 0 }
}

function inRandomOrder<T>(things: readonly T[], random: () => number): readonly T[] {
  return shuffled(things.length, random).map((i) => things[i])
}
